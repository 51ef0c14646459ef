import { z } from 'zod'
import type { App } from '../../platform/app.ts'
import { id } from '../../platform/shapes.ts'
import { CallMade, Calls, ExtensiveCalls, OneCall, Transcripts } from '../answers.ts'
import { gongAnswers } from '../errors.ts'
import { wishesOf } from '../present.ts'
import { listCalls, listExtensive, listTranscripts, readCall } from '../service/calls.ts'
import type { GongDeps } from '../service/deps.ts'
import { postCall } from '../service/put-call.ts'
import { CallQuestion, ExtensiveQuestion, NewCall, TranscriptQuestion } from '../shapes.ts'

const tags = ['gong']

export function gongCallRoutes(app: App, house: Omit<GongDeps, 'db'>): void {
  app.get(
    '/v2/calls',
    {
      config: { access: 'data:read' },
      schema: {
        summary: 'List calls of a time, oldest first',
        tags,
        querystring: CallQuestion,
        response: gongAnswers({ 200: Calls }),
      },
    },
    async (request) => {
      const { cursor, ...filter } = request.query
      const deps = { ...house, db: request.db }
      return { requestId: request.id, ...(await listCalls(deps, request.caller, filter, cursor)) }
    },
  )
  app.post(
    '/v2/calls',
    {
      config: { access: 'data:write' },
      schema: {
        summary: 'Put a call in',
        tags,
        body: NewCall,
        response: gongAnswers({ 201: CallMade }, 409, 413),
      },
    },
    async (request, reply) => {
      const made = await postCall(
        { ...house, db: request.db } as GongDeps,
        request.caller,
        request.body,
      )
      return reply.code(201).send({ requestId: request.id, ...made })
    },
  )
  app.get(
    '/v2/calls/:id',
    {
      config: { access: 'data:read' },
      schema: {
        summary: 'One call',
        tags,
        params: z.object({ id }),
        response: gongAnswers({ 200: OneCall }),
      },
    },
    async (request) => {
      const deps = { ...house, db: request.db }
      const call = await readCall(deps, request.caller, request.params.id)
      return { requestId: request.id, call }
    },
  )
  app.post(
    '/v2/calls/extensive',
    {
      config: { access: 'data:read', key: 'none' },
      schema: {
        summary: 'Calls with their parties, tracker hits and more',
        tags,
        body: ExtensiveQuestion,
        response: gongAnswers({ 200: ExtensiveCalls }),
      },
    },
    async (request) => {
      const { filter, cursor, contentSelector } = request.body
      const wishes = wishesOf(contentSelector)
      const deps = { ...house, db: request.db }
      const page = await listExtensive(deps, request.caller, filter, cursor, wishes)
      return { requestId: request.id, ...page }
    },
  )
  app.post(
    '/v2/calls/transcript',
    {
      config: { access: 'data:read', key: 'none' },
      schema: {
        summary: 'What was said in calls',
        tags,
        body: TranscriptQuestion,
        response: gongAnswers({ 200: Transcripts }),
      },
    },
    async (request) => {
      const { filter, cursor } = request.body
      const deps = { ...house, db: request.db }
      const page = await listTranscripts(deps, request.caller, filter, cursor)
      return { requestId: request.id, ...page }
    },
  )
}
