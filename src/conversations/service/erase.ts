import { recordAudit } from '../../companies/service/audit.ts'
import { type Caller, requireScope } from '../../kit/caller.ts'
import { notFound } from '../../kit/problem.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Tx } from '../../platform/database.ts'
import type { Conversations } from '../deps.ts'
import { erasedKey } from '../erased.ts'
import type { Item, ItemType } from '../items.ts'
import { deletePeople } from '../store/entities.ts'
import { deleteItems, eraseItems, openIntake, readErased, readKnown } from '../store/items.ts'
import { readItemsOfAddress } from '../store/links.ts'

/** Whose or which data goes. */
export type Erasure = { email: string } | { itemType: ItemType; itemId: string }

/** What went. */
export interface Erased {
  calls: number
  emails: number
  contacts: number
  leads: number
}

const ITEMS_AT_ONCE = 500

/**
 * Erases an item, or a person's data: every call and email the address takes part in, and its contacts
 * and leads. What is left of an item is its number, its type, dates and figures, and a key by which its
 * id is known again: whoever puts it in once more is refused. Erasing again changes nothing.
 */
export async function erase(deps: Conversations, caller: Caller, asked: Erasure): Promise<Erased> {
  requireScope(caller, 'admin')
  return 'email' in asked ? erasePerson(deps, caller, asked.email) : eraseOne(deps, caller, asked)
}

async function eraseOne(
  deps: Conversations,
  caller: Caller,
  { itemType, itemId }: { itemType: ItemType; itemId: string },
): Promise<Erased> {
  const { companyNo } = caller
  return deps.db.company(companyNo, async (tx) => {
    await openIntake(tx, companyNo)
    const ids = { call: [], email: [], [itemType]: [itemId] }
    const items = (await readKnown(tx, companyNo, ids, [])).filter(({ erasedAt }) => !erasedAt)
    if (!items.length) {
      const known = await readErased(tx, companyNo, [erasedKey(itemType, itemId)])
      if (!known.size) throw notFound(itemType, itemId)
    }
    await eraseAll(deps, tx, caller, items)
    return countOf(items, [])
  })
}

async function erasePerson(deps: Conversations, caller: Caller, email: string): Promise<Erased> {
  const { companyNo } = caller
  const erased = { calls: 0, emails: 0, contacts: 0, leads: 0 }
  for (let more = true; more; ) {
    await deps.db.company(companyNo, async (tx) => {
      await openIntake(tx, companyNo)
      const items = await readItemsOfAddress(tx, companyNo, email, ITEMS_AT_ONCE)
      more = items.length > 0
      await eraseAll(deps, tx, caller, items, email)
      const people = more ? [] : await deletePeople(tx, companyNo, email)
      const { calls, emails, contacts, leads } = countOf(items, people)
      erased.calls += calls
      erased.emails += emails
      erased.contacts += contacts
      erased.leads += leads
    })
  }
  return erased
}

async function eraseAll(
  { clock, erasures }: Conversations,
  tx: Tx,
  caller: Caller,
  items: readonly Item[],
  email?: string,
): Promise<void> {
  const { companyNo } = caller
  if (!items.length && email === undefined) return
  const at = await companyTime(tx, companyNo, clock)
  const removed = { as: 'erased' as const, items, ...(email === undefined ? {} : { email }) }
  for (const told of erasures) await told(tx, companyNo, removed)
  const keys = items.flatMap(({ type, id, messageId }) => [
    erasedKey(type, id),
    ...(messageId ? [erasedKey('message', messageId)] : []),
  ])
  if (items.length) {
    await deleteItems(tx, companyNo, items, at)
    await eraseItems(tx, companyNo, items, keys, at)
  }
  // The trail keeps the number, not the id: an id may itself be what had to go.
  for (const { type, no } of items) {
    await recordAudit(tx, caller, `${type}.erase`, { type, id: String(no) }, null, null)
  }
  if (!items.length)
    await recordAudit(tx, caller, 'person.erase', { type: 'person', id: '' }, null, null)
}

function countOf(items: readonly Item[], people: readonly { type: string }[]): Erased {
  const count = (all: readonly { type: string }[], type: string) =>
    all.filter((one) => one.type === type).length
  return {
    calls: count(items, 'call'),
    emails: count(items, 'email'),
    contacts: count(people, 'contact'),
    leads: count(people, 'lead'),
  }
}
