import type { CompanyNo } from '../../kit/caller.ts'
import { Problem } from '../../kit/problem.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Tx } from '../../platform/database.ts'
import { newId } from '../../platform/ids.ts'
import {
  type Around,
  bareMessageId,
  type Changed,
  changedCall,
  changedEmail,
  type Known,
} from '../changes.ts'
import type { Conversations } from '../deps.ts'
import { domainOf } from '../domains.ts'
import { erasedKey } from '../erased.ts'
import { type Arrival, addressesOf, type Item } from '../items.ts'
import type { CallChanges, EmailChanges } from '../shapes.ts'
import { readLinkable, readOwn } from '../store/entities.ts'
import {
  closeIntake,
  openIntake,
  readContents,
  readErased,
  readKnown,
  writeItems,
} from '../store/items.ts'

/** A call or email to put in, or changes of one. */
export type Put = { id?: string | undefined; history?: boolean | undefined } & (
  | { type: 'call'; asked: CallChanges }
  | { type: 'email'; asked: EmailChanges }
)

export type PutDeps = Pick<Conversations, 'clock' | 'arrivals'>

/**
 * Puts items in, new or known, in one go and in their order; gives for each what it is now, or why it
 * was refused. No id and no message id may occur twice among them (`keysOf` tells).
 */
export async function putItems(
  deps: PutDeps,
  tx: Tx,
  companyNo: CompanyNo,
  puts: readonly Put[],
): Promise<(Changed | Problem)[]> {
  // From here on nobody else puts items of this company in, so the rest is ordinary sequential code.
  let lastNo = await openIntake(tx, companyNo)
  const [find, erased] = await readBefore(tx, companyNo, puts)
  const known = puts.map(find).flatMap((one) => (!one || one instanceof Problem ? [] : one.item))
  const around = await surroundingsOf(deps, tx, companyNo, puts, known)
  const decided = puts.map((put): Changed | Problem => {
    const identity = { id: put.id ?? newId(put.type), history: put.history ?? false }
    const known = find(put)
    if (known instanceof Problem) return known
    // Hashing is felt in bulk, and hardly anything is ever erased.
    const isErased = erased.size > 0 && keysOf(put).some((key) => erased.has(key.toString('hex')))
    if (known?.item.erasedAt || isErased) {
      return new Problem('conflict', 'This was erased; its id cannot be used again.')
    }
    return put.type === 'call'
      ? changedCall(put.asked, known, identity, around)
      : changedEmail(put.asked, known, identity, around)
  })
  const changed = decided.filter((outcome): outcome is Changed => !(outcome instanceof Problem))
  for (const { item, arrives } of changed) {
    if (item.no === 0n) item.no = ++lastNo
    if (arrives) item.arrivalNo = ++lastNo
  }
  await closeIntake(tx, companyNo, lastNo)
  const written = new Set(changed.map(({ item }) => item.no))
  const before = known.filter(({ no }) => written.has(no))
  if (changed.length) await writeItems(tx, companyNo, changed, before)
  const arrivals = changed.filter(({ item, arrives }) => arrives && !item.history).map(arrivalOf)
  if (arrivals.length) for (const told of deps.arrivals) await told(tx, companyNo, arrivals)
  return decided
}

/** The keys by which two puts would be the same item. */
export function keysOf({ type, id, asked }: Put): Buffer[] {
  const keys = id === undefined ? [] : [erasedKey(type, id)]
  if ('messageId' in asked && asked.messageId) {
    keys.push(erasedKey('message', bareMessageId(asked.messageId)))
  }
  return keys
}

/** What is known of each put's item, and which keys are of something erased. */
async function readBefore(tx: Tx, companyNo: CompanyNo, puts: readonly Put[]) {
  const idsOf = (type: Put['type']) =>
    puts.flatMap((put) => (put.type === type ? (put.id ?? []) : []))
  const messageIds = puts.flatMap(({ asked }) =>
    'messageId' in asked && asked.messageId ? bareMessageId(asked.messageId) : [],
  )
  const items = await readKnown(
    tx,
    companyNo,
    { call: idsOf('call'), email: idsOf('email') },
    messageIds,
  )
  const erased = await readErased(tx, companyNo, puts.flatMap(keysOf))
  const byId = new Map(items.map((item) => [`${item.type} ${item.id}`, item]))
  const byMessage = new Map(
    items.flatMap((item) => (item.messageId ? [[item.messageId, item]] : [])),
  )
  const needed = items.filter(({ hasContent }) => hasContent).map(({ no }) => no)
  const contents = needed.length ? await readContents(tx, companyNo, needed) : new Map()

  function find(put: Put): Known | Problem | undefined {
    const own = put.id === undefined ? undefined : byId.get(`${put.type} ${put.id}`)
    const messageId = 'messageId' in put.asked ? put.asked.messageId : undefined
    const twin = messageId ? byMessage.get(bareMessageId(messageId)) : undefined
    if (own && twin && own !== twin) {
      return new Problem('conflict', 'The messageId belongs to another email.', { id: twin.id })
    }
    const item: Item | undefined = own ?? twin
    return item && { item, content: contents.get(item.no) }
  }
  return [find, erased] as const
}

async function surroundingsOf(
  { clock }: PutDeps,
  tx: Tx,
  companyNo: CompanyNo,
  puts: readonly Put[],
  known: readonly Item[],
): Promise<Around> {
  // What a change leaves out it takes from the item as it was.
  const before = known.flatMap(({ parties }) => addressesOf(parties))
  const addresses = puts.flatMap(({ type, asked }) =>
    type === 'call'
      ? (asked.parties ?? []).flatMap(({ email }) => email ?? [])
      : [asked.from, asked.to, asked.cc].flat().flatMap((person) => person?.email ?? []),
  )
  const linkable = await readLinkable(tx, companyNo, await readOwn(tx, companyNo), {
    domains: [...new Set([...before, ...addresses].map(domainOf))],
    accountIds: puts.flatMap(({ asked }) => asked.accountId ?? []),
    dealIds: puts.flatMap(({ asked }) => asked.dealId ?? []),
  })
  return { ...linkable, now: await companyTime(tx, companyNo, clock) }
}

function arrivalOf({ item }: Changed): Arrival {
  const { no, type, id, title, occurredAt, durationSeconds, direction, scope } = item
  const { companyWords, customerWords, accountId, dealId } = item
  return {
    ...{ no, type, id, title, occurredAt, durationSeconds, direction, scope },
    ...{ companyWords, customerWords, accountId, dealId },
    arrivedAt: item.arrivedAt!,
    arrivalNo: item.arrivalNo!,
  }
}
