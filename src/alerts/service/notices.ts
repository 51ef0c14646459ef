import { companyFacts } from '../../companies/service/companies.ts'
import { type Caller, requireScope } from '../../kit/caller.ts'
import { pageOf, readCursor } from '../../kit/cursor.ts'
import { notFound } from '../../kit/problem.ts'
import type { Clock } from '../../platform/clock.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Database } from '../../platform/database.ts'
import type { Alert } from '../alert.ts'
import * as store from '../store/alerts.ts'
import { type Words, wordsOf } from '../words.ts'

/** An alert as somebody sees it in the app. */
export interface Notice {
  alert: Alert
  words: Words
  readAt: Date | null
}

/** The notices of a member, newest first; those of the whole company for a program that may do everything. */
export async function listNotices(
  { db }: { db: Database },
  caller: Caller,
  asked: { limit: number; cursor?: string | undefined; unread: boolean },
) {
  const memberId = readerOf(caller)
  const after = readCursor(asked.cursor, 'time', 'text')
  const { rows, timezone } = await db.snapshot(caller.companyNo, async (tx) => ({
    rows: await store.listAlerts(tx, caller.companyNo, {
      ...{ memberId, unread: asked.unread, after, most: asked.limit + 1 },
    }),
    timezone: (await companyFacts(tx, caller.companyNo)).timezone,
  }))
  const { data, nextCursor } = pageOf(rows, asked.limit, ({ alert }) => [alert.at, alert.id])
  return {
    data: data.map((row): Notice => ({ ...row, words: wordsOf(row.alert, timezone) })),
    nextCursor,
  }
}

/** Marks a notice as read, by the member who asks or by a program for the company; once is enough. */
export async function readNotice(
  { db, clock }: { db: Database; clock: Clock },
  caller: Caller,
  id: string,
): Promise<Notice> {
  const no = caller.companyNo
  const memberId = readerOf(caller)
  return db.company(no, async (tx) => {
    await store.markRead(tx, no, id, memberId, await companyTime(tx, no, clock))
    const found = await store.findAlert(tx, no, id, memberId)
    if (!found) throw notFound('notification', id)
    const { timezone } = await companyFacts(tx, no)
    return { ...found, words: wordsOf(found.alert, timezone) }
  })
}

/** Whose notices a caller sees; undefined for the company's. */
function readerOf(caller: Caller): string | undefined {
  if (caller.memberId === undefined) requireScope(caller, 'admin')
  return caller.memberId
}
