import { z } from 'zod'
import type { App } from '../platform/app.ts'
import { answers, id, nothing, page } from '../platform/shapes.ts'
import { mailboxOut } from './present.ts'
import type { MailboxDeps } from './service/deps.ts'
import * as service from './service/mailboxes.ts'
import { Mailbox, MailboxChange, Mailboxes, NewMailbox } from './shapes.ts'

const tags = ['mailboxes']
const params = z.strictObject({ id })

/** IMAP mailboxes whose mail comes in by itself. */
export function mailboxRoutes(
  app: App,
  house: Pick<MailboxDeps, 'clock' | 'outbound' | 'secrets'>,
): void {
  app.get(
    '/v1/mailboxes',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'List mailboxes, newest first',
        tags,
        querystring: z.strictObject(page),
        response: answers({ 200: Mailboxes }),
      },
    },
    async (request) => {
      const { data, nextCursor } = await service.listMailboxes(
        request,
        request.caller,
        request.query,
      )
      return { data: data.map(mailboxOut), nextCursor }
    },
  )
  app.post(
    '/v1/mailboxes',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Follow an IMAP mailbox',
        description: `Its mail comes in as emails do in an import; nothing in it is marked or changed.`,
        tags,
        body: NewMailbox,
        response: answers({ 201: Mailbox }, 409, 422),
      },
    },
    async (request, reply) => {
      const deps = { ...house, db: request.db }
      const made = await service.makeMailbox(deps, request.caller, request.body)
      return reply.code(201).send(mailboxOut(made))
    },
  )
  app.get(
    '/v1/mailboxes/:id',
    {
      config: { access: 'admin' },
      schema: { summary: 'One mailbox', tags, params, response: answers({ 200: Mailbox }) },
    },
    async (request) =>
      mailboxOut(await service.readMailbox(request, request.caller, request.params.id)),
  )
  app.patch(
    '/v1/mailboxes/:id',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Change a mailbox, or switch it on or off',
        tags,
        params,
        body: MailboxChange,
        response: answers({ 200: Mailbox }, 422),
      },
    },
    async (request) => {
      const deps = { ...house, db: request.db }
      const { caller, params, body } = request
      return mailboxOut(await service.changeMailbox(deps, caller, params.id, body))
    },
  )
  app.delete(
    '/v1/mailboxes/:id',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Follow a mailbox no more; its emails stay',
        tags,
        params,
        response: answers({ 204: nothing }),
      },
    },
    async (request, reply) => {
      await service.removeMailbox(request, request.caller, request.params.id)
      return reply.code(204).send()
    },
  )
  app.post(
    '/v1/mailboxes/:id/check',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Look into a mailbox at once',
        tags,
        params,
        response: answers({ 202: Mailbox }, 409),
      },
    },
    async (request, reply) => {
      const deps = { ...house, db: request.db }
      const due = await service.checkMailboxNow(deps, request.caller, request.params.id)
      return reply.code(202).send(mailboxOut(due))
    },
  )
}
