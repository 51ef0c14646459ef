import { companyFacts } from '../../companies/service/companies.ts'
import { type Caller, type CompanyNo, requireScope } from '../../kit/caller.ts'
import { pageOf, readCursor } from '../../kit/cursor.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Database, Tx } from '../../platform/database.ts'
import { failpoint } from '../../platform/failpoints.ts'
import type { Handover, Letter } from '../../platform/mail.ts'
import { enqueue } from '../../platform/queue.ts'
import { runIn } from '../../platform/run.ts'
import { DELIVER_MAIL } from '../job-names.ts'
import type { Mail } from '../mail.ts'
import { insertAlerts } from '../store/alerts.ts'
import * as store from '../store/mails.ts'
import { BUSY_MS, MAIL_TRIED_FOR_MS, mailWait } from '../tries.ts'
import { type DeliveryJob, NotYet, withRoom } from './delivery.ts'
import type { AlertDeps } from './deps.ts'
import { INVITATION } from './invitation-mail.ts'
import { newAlertId } from './raise.ts'

/** The company's mails, newest first: those that wait or failed too. */
export async function listMails(
  { db }: { db: Database },
  caller: Caller,
  asked: {
    limit: number
    cursor?: string | undefined
    status?: Mail['status'] | undefined
    kind?: string | undefined
  },
) {
  requireScope(caller, 'admin')
  const { status, kind, limit } = asked
  const after = readCursor(asked.cursor, 'time', 'text')
  const most = limit + 1
  const rows = await db.snapshot(caller.companyNo, (tx) =>
    store.listMails(tx, caller.companyNo, { status, kind, after, most }),
  )
  return pageOf(rows, limit, ({ at, id }) => [at, id])
}

/**
 * Tries to hand a mail over, and plans the next try where it could not be. `turn` is when the mail was to
 * be tried: whoever comes with another has been overtaken. When this process dies after the handover and
 * before that is written down, the mail goes out again, under the same Message-ID.
 */
export async function deliverMail(deps: AlertDeps, job: DeliveryJob): Promise<void> {
  const { db, mailer } = deps
  const { companyNo, id, turn } = job
  const { mail, company } = await db.snapshot(companyNo, async (tx) => ({
    mail: await store.findMail(tx, companyNo, id),
    company: await companyFacts(tx, companyNo),
  }))
  if (!mailer || mail?.status !== 'queued' || turnOf(mail) !== turn) return
  const letter = letterTo(mail)
  const end = company.onTestClock
    ? await withRoom(() => mailer.send(letter, true))
    : await mailer.send(letter)
  failpoint('mail.handed-over')
  const isOver = company.onTestClock ? job.isLastAttempt : isTooOld(mail, deps.clock.now())
  const isFinal = end.kind === 'sent' || end.kind === 'refused' || isOver
  await db.company(companyNo, async (tx) => {
    const locked = await store.findMail(tx, companyNo, id, true)
    if (locked?.status !== 'queued' || turnOf(locked) !== turn) return
    if (isFinal) await conclude(deps, tx, companyNo, locked, end)
    else await putOff(deps, tx, companyNo, locked, end, company.onTestClock)
  })
  // The queue tries it again, which moving the clock does not wait for.
  if (!isFinal && company.onTestClock) throw new NotYet(`mail ${id} could not be handed over`)
}

function isTooOld({ firstTriedAt }: Mail, now: Date): boolean {
  return firstTriedAt !== null && now.getTime() - firstTriedAt.getTime() >= MAIL_TRIED_FOR_MS
}

/** Writes down how it ended for good. */
async function conclude(
  { clock }: AlertDeps,
  tx: Tx,
  companyNo: CompanyNo,
  before: Mail,
  end: Handover,
): Promise<void> {
  const now = clock.now()
  const firstTriedAt = before.firstTriedAt ?? now
  const tried = { ...before, firstTriedAt, attempts: before.attempts + 1, nextAt: null }
  if (before.kind === INVITATION) await store.forgetInvitationLink(tx, companyNo, before.id)
  if (end.kind === 'sent') {
    const sentAt = await companyTime(tx, companyNo, clock)
    await store.updateMail(tx, companyNo, { ...tried, status: 'sent', error: null, sentAt })
    return
  }
  const reason = reasonOf(end)
  await store.updateMail(tx, companyNo, { ...tried, status: 'failed', error: reason })
  const facts = { mailId: tried.id, to: tried.toAddress, subject: tried.subject, reason }
  await insertAlerts(
    runIn(tx),
    [{ companyNo, id: newAlertId(), kind: 'mail_failed', facts, at: null, seq: null }],
    now,
  )
}

/** Writes down that it is tried again, and leaves the job where the company's time goes on by itself. */
async function putOff(
  { clock }: AlertDeps,
  tx: Tx,
  companyNo: CompanyNo,
  before: Mail,
  end: Handover,
  onTestClock: boolean,
): Promise<void> {
  const now = clock.now()
  const tried = {
    ...before,
    firstTriedAt: before.firstTriedAt ?? now,
    attempts: before.attempts + 1,
    error: reasonOf(end),
  }
  if (onTestClock) return store.updateMail(tx, companyNo, tried)
  if (end.kind === 'busy') return planNext(tx, companyNo, before, now, BUSY_MS)
  return planNext(tx, companyNo, tried, now, mailWait(tried.attempts, Math.random()))
}

function reasonOf(end: Handover): string {
  return 'reason' in end ? end.reason : 'Too many mails were on their way.'
}

async function planNext(
  tx: Tx,
  companyNo: CompanyNo,
  mail: Mail,
  now: Date,
  delayMs: number,
): Promise<void> {
  const nextAt = new Date(now.getTime() + delayMs)
  const planned = { ...mail, nextAt }
  await store.updateMail(tx, companyNo, planned)
  const payload = { mailId: mail.id, turn: turnOf(planned) }
  await enqueue(tx, DELIVER_MAIL, payload, { companyNo, delayMs })
}

/** Names a try: the moment it was planned for, null for the first. */
function turnOf({ nextAt }: Mail): string | null {
  return nextAt?.toISOString() ?? null
}

function letterTo(mail: Mail): Letter {
  const { toName: name, toAddress: address, subject, text, html, messageId, at: date } = mail
  return { to: { name, address }, subject, text, html, messageId, date }
}
