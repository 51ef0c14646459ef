import { z } from 'zod'
import type { App } from '../../platform/app.ts'
import { answers, id, listOf, nothing } from '../../platform/shapes.ts'
import type { Conversations } from '../deps.ts'
import { callListedOut, callOut, itemPutOut } from '../present.ts'
import { changeItem, deleteItem, listItems, putCall, readItem } from '../service/items.ts'
import { Call, CallChanges, CallListed, ItemPut, NewCall } from '../shapes.ts'
import { itemQuestion } from './question.ts'

const tags = ['data']
const params = z.strictObject({ id })

/** The company's calls. */
export function callRoutes(app: App, house: Omit<Conversations, 'db'>): void {
  app.post(
    '/v1/calls',
    {
      config: { access: 'data:write' },
      schema: {
        summary: 'Put a call in, or change one by its id',
        tags,
        body: NewCall,
        response: answers({ 200: ItemPut, 201: ItemPut }, 409, 422),
      },
    },
    async (request, reply) => {
      const put = await putCall({ ...house, db: request.db }, request.caller, request.body)
      return reply.code(put.created ? 201 : 200).send(itemPutOut(put))
    },
  )
  app.get(
    '/v1/calls',
    {
      config: { access: 'data:read' },
      schema: {
        summary: 'List calls, newest first, without content',
        tags,
        querystring: itemQuestion,
        response: answers({ 200: listOf(CallListed) }),
      },
    },
    async (request) => {
      const { limit, cursor, ...query } = request.query
      const page = { limit, cursor }
      const asked = { ...query, types: ['call' as const] }
      const { data, nextCursor } = await listItems(request, request.caller, asked, page)
      return { data: data.map(callListedOut), nextCursor }
    },
  )
  app.get(
    '/v1/calls/:id',
    {
      config: { access: 'data:read' },
      schema: {
        summary: 'One call, with its content',
        tags,
        params,
        response: answers({ 200: Call }),
      },
    },
    async (request) => callOut(await readItem(request, request.caller, 'call', request.params.id)),
  )
  app.patch(
    '/v1/calls/:id',
    {
      config: { access: 'data:write' },
      schema: {
        summary: 'Change a call; what is left out stays',
        tags,
        params,
        body: CallChanges,
        response: answers({ 200: Call }, 409, 422),
      },
    },
    async (request) => {
      const change = { type: 'call' as const, asked: request.body }
      const deps = { ...house, db: request.db }
      return callOut(await changeItem(deps, request.caller, request.params.id, change))
    },
  )
  app.delete(
    '/v1/calls/:id',
    {
      config: { access: 'data:write' },
      schema: {
        summary: 'Take a call out, with its content and its results',
        tags,
        params,
        response: answers({ 204: nothing }),
      },
    },
    async (request, reply) => {
      await deleteItem({ ...house, db: request.db }, request.caller, 'call', request.params.id)
      return reply.code(204).send()
    },
  )
}
