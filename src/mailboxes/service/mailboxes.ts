import { recordAudit } from '../../companies/service/audit.ts'
import { type Caller, type CompanyNo, requireScope } from '../../kit/caller.ts'
import { pageOf, readCursor } from '../../kit/cursor.ts'
import { notFound, Problem, unprocessable } from '../../kit/problem.ts'
import { countBeforeAdding } from '../../platform/count.ts'
import type { Tx } from '../../platform/database.ts'
import { newId } from '../../platform/ids.ts'
import type { Mailbox } from '../mailbox.ts'
import type { MailboxChange, NewMailbox } from '../shapes.ts'
import * as store from '../store.ts'
import type { MailboxDeps } from './deps.ts'

const MAILBOXES_MAX = 50
const PUBLIC_PORTS = [143, 993]

/** The company's mailboxes, newest first. */
export async function listMailboxes(
  { db }: Pick<MailboxDeps, 'db'>,
  caller: Caller,
  asked: { limit: number; cursor?: string | undefined },
) {
  requireScope(caller, 'admin')
  const before = readCursor(asked.cursor, 'time', 'text')
  const rows = await db.snapshot(caller.companyNo, (tx) =>
    store.listMailboxes(tx, caller.companyNo, before, asked.limit + 1),
  )
  return pageOf(rows, asked.limit, ({ createdAt, id }) => [createdAt, id])
}

export async function readMailbox({ db }: Pick<MailboxDeps, 'db'>, caller: Caller, id: string) {
  requireScope(caller, 'admin')
  return db.snapshot(caller.companyNo, (tx) => mailboxOf(tx, caller.companyNo, id))
}

type ChangeDeps = Pick<MailboxDeps, 'db' | 'clock' | 'outbound' | 'secrets'>

/** Has a mailbox followed from now on. */
export async function makeMailbox(
  deps: ChangeDeps,
  caller: Caller,
  { password, ...asked }: NewMailbox,
): Promise<Mailbox> {
  requireScope(caller, 'admin')
  const no = caller.companyNo
  const id = newId('mbx')
  const now = deps.clock.now()
  const mailbox: Mailbox = {
    ...asked,
    ...{ id, port: asked.port ?? (asked.tls === 'implicit' ? 993 : 143), revision: 1 },
    sealedPassword: deps.secrets.seal(password, placeOf(no, id)),
    ...{ uidValidity: null, lastUid: 0n, existingBelow: 0n, existingBefore: null },
    ...{ imported: 0n, rejectedCount: 0n, rejected: [], failures: 0, failingSince: null },
    ...{ error: null, checkedAt: null, nextCheckAt: now, createdAt: now },
  }
  checkServer(deps, mailbox)
  return deps.db.company(no, async (tx) => {
    if ((await countBeforeAdding(tx, 'mailbox', no)) >= MAILBOXES_MAX) {
      throw new Problem('invalid-state', `There are ${MAILBOXES_MAX} mailboxes, which is the most.`)
    }
    await store.insertMailbox(tx, no, mailbox)
    const object = { type: 'mailbox', id }
    await recordAudit(tx, caller, 'mailbox.create', object, null, audited(mailbox))
    return mailbox
  })
}

/**
 * Changes a mailbox, and has it looked into at once. A password is sent only where it was typed for: another
 * server or user needs it anew. Another folder is read from its beginning.
 */
export async function changeMailbox(
  deps: ChangeDeps,
  caller: Caller,
  id: string,
  { password, ...asked }: MailboxChange,
): Promise<Mailbox> {
  requireScope(caller, 'admin')
  const no = caller.companyNo
  return deps.db.company(no, async (tx) => {
    const before = await mailboxOf(tx, no, id, true)
    const given = Object.fromEntries(
      Object.entries(asked).filter(([, value]) => value !== undefined),
    )
    const after: Mailbox = {
      ...{ ...before, ...given, revision: before.revision + 1 },
      ...{ failures: 0, failingSince: null, error: null, nextCheckAt: deps.clock.now() },
    }
    const isElsewhere = (['host', 'port', 'tls', 'user'] as const).some(
      (name) => after[name] !== before[name],
    )
    if (isElsewhere && password === undefined) {
      throw unprocessable('password', 'must be given anew with another server or user')
    }
    if (password !== undefined) after.sealedPassword = deps.secrets.seal(password, placeOf(no, id))
    if (isElsewhere || after.folder !== before.folder) {
      Object.assign(after, { uidValidity: null, lastUid: 0n })
      Object.assign(after, { existingBelow: 0n, existingBefore: null })
    }
    checkServer(deps, after)
    await store.updateMailbox(tx, no, after)
    const object = { type: 'mailbox', id }
    const told = { ...audited(after), passwordChanged: password !== undefined }
    await recordAudit(tx, caller, 'mailbox.change', object, audited(before), told)
    return after
  })
}

/** Has a mailbox looked into at once. */
export async function checkMailboxNow(
  { db, clock }: Pick<MailboxDeps, 'db' | 'clock'>,
  caller: Caller,
  id: string,
): Promise<Mailbox> {
  requireScope(caller, 'admin')
  const no = caller.companyNo
  return db.company(no, async (tx) => {
    const before = await mailboxOf(tx, no, id, true)
    if (!before.enabled) throw new Problem('invalid-state', 'The mailbox is switched off.')
    const after = { ...before, nextCheckAt: clock.now() }
    await store.updateMailbox(tx, no, after)
    return after
  })
}

/** Ends a mailbox; the emails that came from it stay. */
export async function removeMailbox(
  { db }: Pick<MailboxDeps, 'db'>,
  caller: Caller,
  id: string,
): Promise<void> {
  requireScope(caller, 'admin')
  const no = caller.companyNo
  await db.company(no, async (tx) => {
    const before = await mailboxOf(tx, no, id, true)
    await store.deleteMailbox(tx, no, id)
    const object = { type: 'mailbox', id }
    await recordAudit(tx, caller, 'mailbox.delete', object, audited(before), null)
  })
}

/** Where a mailbox's password belongs: in another row it cannot be opened. */
export function placeOf(companyNo: CompanyNo, id: string): string {
  return `mailbox ${companyNo} ${id}`
}

async function mailboxOf(tx: Tx, no: CompanyNo, id: string, lock = false): Promise<Mailbox> {
  const mailbox = await store.findMailbox(tx, no, id, lock)
  if (!mailbox) throw notFound('mailbox', id)
  return mailbox
}

function checkServer({ outbound }: Pick<MailboxDeps, 'outbound'>, mailbox: Mailbox): void {
  const fault = outbound.hostFaultOf(mailbox.host)
  if (fault) throw unprocessable('host', fault)
  if (outbound.allowsPrivate) return
  if (mailbox.tls === 'none') throw unprocessable('tls', 'must be implicit or starttls')
  if (!PUBLIC_PORTS.includes(mailbox.port)) throw unprocessable('port', 'must be 143 or 993')
}

function audited({ host, port, tls, user, folder, existing, everySeconds, enabled }: Mailbox) {
  return { host, port, tls, user, folder, existing, everySeconds, enabled }
}
