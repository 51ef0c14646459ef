import type { FastifyReply, FastifyRequest } from 'fastify'
import { setCreditHeaders } from '../charges/routes/shapes.ts'
import type { App } from '../platform/app.ts'
import { answers } from '../platform/shapes.ts'
import { ask } from './service/ask.ts'
import type { Answered, AskDeps, RequestKey } from './service/deps.ts'
import { AnswerOut, Question } from './shapes.ts'

export function askRoutes(app: App, house: AskDeps): void {
  app.post(
    '/v1/ask',
    {
      config: { access: 'ai:ask', key: 'own' },
      schema: {
        summary: 'Ask anything of calls and emails',
        tags: ['ask'],
        body: Question,
        response: answers({ 200: AnswerOut }, 402, 409, 422, 502),
      },
    },
    async (request, reply) => {
      const { dryRun, ...question } = request.body
      const door = { feature: 'ask_anything', trigger: 'api' }
      const terms = { door, dryRun, key: keyIn(request) }
      return sendPaid(reply, await ask(house, request.caller, terms, question))
    },
  )
}

/** The key of a request that may cost credits; undefined without one. */
export function keyIn({ idempotencyKey: key, asked }: FastifyRequest): RequestKey | undefined {
  return key ? { operation: asked.slice(0, asked.indexOf('\n')), key, asked } : undefined
}

/** The body of such an answer, after its headers. */
export function sendPaid<Body>(reply: FastifyReply, done: Answered<Body>): Body {
  setCreditHeaders(reply, done)
  return done.body
}
