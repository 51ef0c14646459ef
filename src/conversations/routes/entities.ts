import { z } from 'zod'
import type { App } from '../../platform/app.ts'
import type { Clock } from '../../platform/clock.ts'
import { answers, id, listOf, nothing, page, text } from '../../platform/shapes.ts'
import {
  type EntityChanges,
  entityChanges,
  entityOut,
  newEntity,
  presentEntity,
} from '../entities.ts'
import type { EntityType } from '../selection.ts'
import {
  changeEntity,
  listEntities,
  putEntity,
  readOneEntity,
  removeEntity,
} from '../service/entities.ts'
import { words } from './question.ts'

const tags = ['data']
const params = z.strictObject({ id })

const querystring = z.strictObject({
  ...page,
  accountId: id.optional(),
  externalId: text(200).optional(),
  q: words.meta({ description: 'Words of the name, address or domains.' }),
  email: text(320)
    .transform((value) => value.toLowerCase())
    .optional(),
})

/** Accounts, deals, contacts and leads: the same doors for each. */
export function entityRoutes(app: App, house: { clock: Clock }): void {
  addRoutes(app, house, 'account', 'an')
  addRoutes(app, house, 'deal', 'a')
  addRoutes(app, house, 'contact', 'a')
  addRoutes(app, house, 'lead', 'a')
}

function addRoutes(app: App, house: { clock: Clock }, type: EntityType, article: string): void {
  const shape: z.ZodType = entityOut[type]
  // One function for four bodies: their union is what the verbs take.
  const body = newEntity(type) as unknown as z.ZodType<EntityChanges & { id?: string }>
  const changes = entityChanges(type) as unknown as z.ZodType<EntityChanges>

  app.post(
    `/v1/${type}s`,
    {
      config: { access: 'data:write' },
      schema: {
        summary: `Make ${article} ${type}, or change one by its id or externalId`,
        tags,
        body,
        response: answers({ 200: shape, 201: shape }, 409, 422),
      },
    },
    async (request, reply) => {
      const deps = { ...house, db: request.db }
      const { entity, created } = await putEntity(deps, request.caller, type, request.body)
      return reply.code(created ? 201 : 200).send(presentEntity(entity))
    },
  )
  app.get(
    `/v1/${type}s`,
    {
      config: { access: 'data:read' },
      schema: {
        summary: `List ${type}s, newest first`,
        tags,
        querystring,
        response: answers({ 200: listOf(shape) }),
      },
    },
    async (request) => {
      const { limit, cursor, q, ...filter } = request.query
      const page = { limit, cursor }
      const asked = { ...filter, words: q }
      const { data, nextCursor } = await listEntities(request, request.caller, type, asked, page)
      return { data: data.map(presentEntity), nextCursor }
    },
  )
  app.get(
    `/v1/${type}s/:id`,
    {
      config: { access: 'data:read' },
      schema: { summary: `One ${type}`, tags, params, response: answers({ 200: shape }) },
    },
    async (request) =>
      presentEntity(await readOneEntity(request, request.caller, type, request.params.id)),
  )
  app.patch(
    `/v1/${type}s/:id`,
    {
      config: { access: 'data:write' },
      schema: {
        summary: `Change ${article} ${type}; what is left out stays`,
        tags,
        params,
        body: changes,
        response: answers({ 200: shape }, 409, 422),
      },
    },
    async (request) => {
      const deps = { ...house, db: request.db }
      const { id } = request.params
      return presentEntity(await changeEntity(deps, request.caller, type, id, request.body))
    },
  )
  app.delete(
    `/v1/${type}s/:id`,
    {
      config: { access: 'data:write' },
      schema: {
        summary: `Delete ${article} ${type}`,
        tags,
        params,
        response: answers({ 204: nothing }),
      },
    },
    async (request, reply) => {
      const deps = { ...house, db: request.db }
      await removeEntity(deps, request.caller, type, request.params.id)
      return reply.code(204).send()
    },
  )
}
