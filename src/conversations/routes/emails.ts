import { z } from 'zod'
import type { App } from '../../platform/app.ts'
import { answers, id, listOf, nothing } from '../../platform/shapes.ts'
import type { Conversations } from '../deps.ts'
import { emailListedOut, emailOut, itemPutOut } from '../present.ts'
import { changeItem, deleteItem, listItems, putEmail, readItem } from '../service/items.ts'
import { Email, EmailChanges, EmailListed, ItemPut, NewEmail } from '../shapes.ts'
import { itemQuestion } from './question.ts'

const tags = ['data']
const params = z.strictObject({ id })

/** The company's emails. */
export function emailRoutes(app: App, house: Omit<Conversations, 'db'>): void {
  app.post(
    '/v1/emails',
    {
      config: { access: 'data:write' },
      schema: {
        summary: 'Put an email in, or change one by its id or message id',
        tags,
        body: NewEmail,
        response: answers({ 200: ItemPut, 201: ItemPut }, 409, 422),
      },
    },
    async (request, reply) => {
      const put = await putEmail({ ...house, db: request.db }, request.caller, request.body)
      return reply.code(put.created ? 201 : 200).send(itemPutOut(put))
    },
  )
  app.get(
    '/v1/emails',
    {
      config: { access: 'data:read' },
      schema: {
        summary: 'List emails, newest first, without content',
        tags,
        querystring: itemQuestion,
        response: answers({ 200: listOf(EmailListed) }),
      },
    },
    async (request) => {
      const { limit, cursor, ...query } = request.query
      const page = { limit, cursor }
      const asked = { ...query, types: ['email' as const] }
      const { data, nextCursor } = await listItems(request, request.caller, asked, page)
      return { data: data.map(emailListedOut), nextCursor }
    },
  )
  app.get(
    '/v1/emails/:id',
    {
      config: { access: 'data:read' },
      schema: {
        summary: 'One email, with its content',
        tags,
        params,
        response: answers({ 200: Email }),
      },
    },
    async (request) =>
      emailOut(await readItem(request, request.caller, 'email', request.params.id)),
  )
  app.patch(
    '/v1/emails/:id',
    {
      config: { access: 'data:write' },
      schema: {
        summary: 'Change an email; what is left out stays',
        tags,
        params,
        body: EmailChanges,
        response: answers({ 200: Email }, 409, 422),
      },
    },
    async (request) => {
      const change = { type: 'email' as const, asked: request.body }
      const deps = { ...house, db: request.db }
      return emailOut(await changeItem(deps, request.caller, request.params.id, change))
    },
  )
  app.delete(
    '/v1/emails/:id',
    {
      config: { access: 'data:write' },
      schema: {
        summary: 'Take an email out, with its content and its results',
        tags,
        params,
        response: answers({ 204: nothing }),
      },
    },
    async (request, reply) => {
      await deleteItem({ ...house, db: request.db }, request.caller, 'email', request.params.id)
      return reply.code(204).send()
    },
  )
}
