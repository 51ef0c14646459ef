import { setTimeout as pause } from 'node:timers/promises'
import { companyFacts } from '../../companies/service/companies.ts'
import { bringEmails, type RawEmail } from '../../conversations/service/bring-emails.ts'
import { MESSAGE_BYTES_MAX } from '../../conversations/service/import-reading.ts'
import { type CompanyNo, theHouse } from '../../kit/caller.ts'
import { MailSourceError, type OpenFolder } from '../../platform/imap.ts'
import { OutboundError } from '../../platform/outbound.ts'
import { type Mailbox, nextCheck, type Progress, progressIn, wasThere } from '../mailbox.ts'
import { advance, claimMailbox, readDue, settle } from '../store.ts'
import type { MailboxDeps } from './deps.ts'
import { placeOf } from './mailboxes.ts'

const LOOK_EVERY_MS = 1_000
const AT_ONCE = 4
/** Whoever looks into a mailbox says so again with every batch; after this silence another takes over. */
const LEASE_MS = 5 * 60_000
const BATCH_EMAILS = 100
const BATCH_BYTES = 4 * 1024 * 1024

/** The mailbox was changed or ended while it was read: nothing more of it is written. */
class Superseded extends Error {}

/**
 * Looks into the mailboxes that are due, on every server that works; any number may do it side by side.
 * Gives what stops it: connections end, and what was written stays.
 */
export function startFollowing(deps: MailboxDeps): () => Promise<void> {
  const stopping = new AbortController()
  const running = new Set<Promise<void>>()

  async function look(): Promise<void> {
    while (!stopping.signal.aborted) {
      await round().catch((err) => deps.log.warn({ err }, 'Mailboxes could not be looked up'))
      await pause(LOOK_EVERY_MS, undefined, { signal: stopping.signal, ref: false }).catch(() => {})
    }
  }

  async function round(): Promise<void> {
    const free = AT_ONCE - running.size
    if (free <= 0) return
    const due = await deps.db.shared((tx) => readDue(tx, deps.clock.now(), free))
    for (const { companyNo, id } of due) {
      if (stopping.signal.aborted) return
      const task = followOne(deps, companyNo, id, stopping.signal)
        .catch((err) => deps.log.error({ err, companyNo, mailbox: id }, 'A mailbox failed'))
        .finally(() => running.delete(task))
      running.add(task)
    }
  }

  const looking = look()
  return async () => {
    stopping.abort()
    await looking
    await Promise.allSettled(running)
  }
}

/** Looks into one mailbox, unless somebody else has it, and writes down how that went. */
export async function followOne(
  deps: MailboxDeps,
  companyNo: CompanyNo,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  const { db, clock } = deps
  const mailbox = await db.company(companyNo, (tx) => {
    const now = clock.now()
    return claimMailbox(tx, companyNo, id, now, new Date(now.getTime() + LEASE_MS))
  })
  if (!mailbox) return
  let error: string | null = null
  try {
    await bringNew(deps, companyNo, mailbox, signal)
  } catch (cause) {
    if (cause instanceof Superseded) return
    // A server that stops leaves the mailbox to the next one.
    if (!signal.aborted) {
      const isTold = cause instanceof MailSourceError || cause instanceof OutboundError
      error = isTold ? cause.message : 'Something went wrong on our side.'
      if (!isTold) deps.log.error({ err: cause, companyNo, mailbox: id }, 'A mailbox failed')
    }
  }
  const now = clock.now()
  const failures = error === null ? 0 : mailbox.failures + 1
  const wait = signal.aborted ? now : nextCheck(mailbox.everySeconds, failures, now)
  await db.company(companyNo, (tx) =>
    settle(tx, companyNo, mailbox, {
      ...{ failures, error, nextCheckAt: wait },
      failingSince: error === null ? null : (mailbox.failingSince ?? now),
      checkedAt: error === null && !signal.aborted ? now : mailbox.checkedAt,
    }),
  )
}

async function bringNew(
  deps: MailboxDeps,
  companyNo: CompanyNo,
  mailbox: Mailbox,
  signal: AbortSignal,
): Promise<void> {
  const { host, port, tls, user, folder: name } = mailbox
  const password = deps.secrets.open(mailbox.sealedPassword, placeOf(companyNo, mailbox.id))
  if (password === undefined) {
    throw new MailSourceError('The password was sealed with another key: give it anew.')
  }
  const address = await deps.outbound.addressOf(host)
  const source = { host, address, port, tls, user, password, folder: name }
  const folder = await deps.openFolder(source, MESSAGE_BYTES_MAX, signal)
  try {
    await readFolder(deps, companyNo, mailbox, folder)
  } finally {
    folder.close()
  }
}

async function readFolder(
  deps: MailboxDeps,
  companyNo: CompanyNo,
  mailbox: Mailbox,
  folder: OpenFolder,
): Promise<void> {
  const { db } = deps
  const start = progressIn(mailbox, folder)
  const facts = await db.snapshot(companyNo, (tx) => companyFacts(tx, companyNo))
  const caller = theHouse(companyNo, facts.id)
  const note = writerOf(deps, companyNo, mailbox, start)
  if (start.uidValidity !== mailbox.uidValidity) {
    await db.company(companyNo, (tx) =>
      note(tx, { accepted: 0, rejected: [] }, Number(start.lastUid)),
    )
  }
  for await (const { emails, upTo } of batches(folder, mailbox, start)) {
    await bringEmails(deps, caller, emails, note)
    // Behind the last one that was written there may be some that were known.
    await db.company(companyNo, (tx) => note(tx, { accepted: 0, rejected: [] }, upTo))
  }
}

/** Writes how far the folder is read, in the transaction that brings the emails in. */
function writerOf(
  { clock }: MailboxDeps,
  companyNo: CompanyNo,
  mailbox: Mailbox,
  start: Progress,
): Parameters<typeof bringEmails>[3] {
  let lastUid = start.lastUid
  return async (tx, { accepted, rejected }, upTo) => {
    if (BigInt(upTo) > lastUid) lastUid = BigInt(upTo)
    const leasedUntil = new Date(clock.now().getTime() + LEASE_MS)
    const faults = rejected.map(({ line, error }) => ({ uid: line, error }))
    const outcome = { accepted, rejected: faults }
    const mayGoOn = await advance(
      ...([tx, companyNo, mailbox, { ...start, lastUid }, outcome, leasedUntil] as const),
    )
    if (!mayGoOn) throw new Superseded()
  }
}

async function* batches(
  folder: OpenFolder,
  { existing }: Mailbox,
  start: Progress,
): AsyncGenerator<{ emails: RawEmail[]; upTo: number }> {
  let emails: RawEmail[] = []
  let bytes = 0
  let upTo = 0
  for await (const message of folder.messagesAfter(Number(start.lastUid))) {
    const isOld = wasThere(start, message)
    upTo = message.uid
    if (!isOld || existing !== 'skip') {
      const history = isOld && existing === 'history'
      emails.push({ place: message.uid, raw: message.raw, history })
      bytes += message.raw?.length ?? 0
    }
    if (emails.length < BATCH_EMAILS && bytes < BATCH_BYTES) continue
    yield { emails, upTo }
    emails = []
    bytes = 0
  }
  if (upTo > 0) yield { emails, upTo }
}
