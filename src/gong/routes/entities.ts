import type { FastifyRequest } from 'fastify'
import { sendPaid } from '../../ask/routes.ts'
import type { RequestKey } from '../../ask/service/deps.ts'
import { canonical } from '../../kit/canonical.ts'
import type { App } from '../../platform/app.ts'
import { EntityAnswer, EntityBrief } from '../answers.ts'
import { gongAnswers } from '../errors.ts'
import type { GongDeps } from '../service/deps.ts'
import { askEntity, getBrief } from '../service/entities.ts'
import { BriefQuestion, EntityQuestion, KeyHeader } from '../shapes.ts'

const tags = ['gong']

/** The two requests that cost credits. They are GETs, as clients of that API send them. */
export function gongEntityRoutes(app: App, house: GongDeps): void {
  app.get(
    '/v2/entities/ask-entity',
    {
      // A HEAD would cost as much as a GET.
      exposeHeadRoute: false,
      config: { access: 'ai:ask' },
      schema: {
        summary: 'Ask anything about an entity of the CRM; consumes credits',
        tags,
        headers: KeyHeader,
        querystring: EntityQuestion,
        response: gongAnswers({ 200: EntityAnswer }, 402, 409, 502),
      },
    },
    async (request, reply) => {
      const { fromDateTime: from, toDateTime: to, ...asked } = request.query
      const terms = { door: { feature: 'ask_anything', trigger: 'api' }, key: keyOf(request) }
      const done = await askEntity(house, request.caller, terms, { ...asked, from, to })
      return { requestId: request.id, ...sendPaid(reply, done) }
    },
  )
  app.get(
    '/v2/entities/get-brief',
    {
      exposeHeadRoute: false,
      config: { access: 'ai:brief' },
      schema: {
        summary: 'Generate a brief about an entity of the CRM; consumes credits',
        tags,
        headers: KeyHeader,
        querystring: BriefQuestion,
        response: gongAnswers({ 200: EntityBrief }, 402, 409, 502),
      },
    },
    async (request, reply) => {
      const { fromDateTime: from, toDateTime: to, ...asked } = request.query
      const terms = { door: { feature: 'ai_briefer', trigger: 'api' }, key: keyOf(request) }
      const done = await getBrief(house, request.caller, terms, { ...asked, from, to })
      return { requestId: request.id, ...sendPaid(reply, done) }
    },
  )
}

/** The key of a GET: what is asked under it is in its query. */
function keyOf(request: {
  headers: { 'idempotency-key'?: string | undefined }
  query: object
  routeOptions: FastifyRequest['routeOptions']
}): RequestKey | undefined {
  const key = request.headers['idempotency-key']
  if (!key) return undefined
  const operation = `GET ${request.routeOptions.url}`
  // By way of JSON, so that dates are told apart.
  const asked = canonical(JSON.parse(JSON.stringify(request.query)))
  return { operation, key, asked: `${operation}\n${asked}` }
}
