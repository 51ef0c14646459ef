import type { Caller } from '../../kit/caller.ts'
import type { Tx } from '../../platform/database.ts'
import { bareMessageId } from '../changes.ts'
import type { Imports } from '../deps.ts'
import type { Brought, Rejection } from '../imports.ts'
import { readKnown } from '../store/items.ts'
import { writeBatch } from './import-batch.ts'
import { parseEmail } from './import-reading.ts'
import { keysOf } from './put-items.ts'

/** The bytes of a message, and where it stands in what it was taken from. */
export interface RawEmail {
  place: number
  /** Undefined: it was too large to be read. */
  raw: Buffer | undefined
  history: boolean
}

/** Called in the transaction that writes: what became of the messages up to a place. */
export type NoteEmails = (
  tx: Tx,
  outcome: { accepted: number; rejected: readonly Rejection[] },
  upTo: number,
) => Promise<void>

/**
 * Brings emails in that are not there yet, each told by its message id, else by its bytes. One that is
 * known stays as it is, also when it was deleted or came another way. What cannot be read is told by place.
 */
export async function bringEmails(
  deps: Imports,
  caller: Caller,
  emails: readonly RawEmail[],
  note: NoteEmails,
): Promise<void> {
  const parsed: Brought[] = []
  for (const { place, raw, history } of emails) {
    const one = raw ? await parseEmail(place, raw) : tooLarge(place)
    parsed.push(one.kind === 'email' ? { ...one, asked: { ...one.asked, history } } : one)
  }
  const fresh = await withoutKnown(deps, caller, parsed)
  await writeBatch(deps, caller, fresh, { history: false, dryRun: false, note })
}

async function withoutKnown(
  { db }: Imports,
  { companyNo }: Caller,
  emails: readonly Brought[],
): Promise<Brought[]> {
  const ids = emails.flatMap((one) => (one.kind === 'email' ? (one.asked.id ?? []) : []))
  const messageIds = emails.flatMap((one) =>
    one.kind === 'email' && one.asked.messageId ? bareMessageId(one.asked.messageId) : [],
  )
  const known = await db.snapshot(companyNo, (tx) =>
    readKnown(tx, companyNo, { call: [], email: ids }, messageIds),
  )
  const seen = new Set(
    known.flatMap(({ id, messageId }) =>
      keysOf({ type: 'email', id, asked: { messageId } }).map((key) => key.toString('hex')),
    ),
  )
  return emails.filter((one) => {
    if (one.kind !== 'email') return true
    const keys = keysOf({ type: 'email', id: one.asked.id, asked: one.asked }).map((key) =>
      key.toString('hex'),
    )
    const isFresh = !keys.some((key) => seen.has(key))
    for (const key of keys) seen.add(key)
    return isFresh
  })
}

function tooLarge(line: number): Brought {
  return { line, kind: 'nothing', error: 'is larger than 40 MB' }
}
