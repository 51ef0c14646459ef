import { z } from 'zod'
import { ledgerIds } from '../../ledger/ids.ts'
import type { App } from '../../platform/app.ts'
import type { Clock } from '../../platform/clock.ts'
import { answers, id } from '../../platform/shapes.ts'
import { mailOut, noticeOut } from '../present.ts'
import { listMails } from '../service/mails.ts'
import { listNotices, readNotice } from '../service/notices.ts'
import { MailQuestion, Mails, Notice, NoticeQuestion, Notices } from '../shapes.ts'

const tags = ['notifications']

/** What people are told in the app, and the mails they are sent. */
export function noticeRoutes(app: App, house: { clock: Clock }): void {
  app.get(
    '/v1/notifications',
    {
      config: { access: 'data:read' },
      schema: {
        summary: "List notifications: a member's own, or all of the company's for an admin key",
        tags,
        querystring: NoticeQuestion,
        response: answers({ 200: Notices }),
      },
    },
    async (request) => {
      const { caller, query } = request
      const { data, nextCursor } = await listNotices(request, caller, query)
      const ids = ledgerIds(caller.companyId)
      return { data: data.map((notice) => noticeOut(notice, ids)), nextCursor }
    },
  )
  app.post(
    '/v1/notifications/:id/read',
    {
      config: { access: 'data:read' },
      schema: {
        summary: 'Mark a notification as read',
        tags,
        params: z.strictObject({ id }),
        response: answers({ 200: Notice }, 409),
      },
    },
    async (request) => {
      const { caller, params } = request
      const notice = await readNotice({ ...house, db: request.db }, caller, params.id)
      return noticeOut(notice, ledgerIds(caller.companyId))
    },
  )
  app.get(
    '/v1/mails',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'List mails: those that were sent, wait, or failed',
        tags,
        querystring: MailQuestion,
        response: answers({ 200: Mails }),
      },
    },
    async (request) => {
      const { data, nextCursor } = await listMails(request, request.caller, request.query)
      return { data: data.map(mailOut), nextCursor }
    },
  )
}
