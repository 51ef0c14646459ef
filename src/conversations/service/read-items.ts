import type { Caller, CompanyNo } from '../../kit/caller.ts'
import type { Tx } from '../../platform/database.ts'
import type { Content, Item } from '../items.ts'
import type { Condition, ItemQuery, Order, PriceClasses } from '../selection.ts'
import { all, behind, fitting, matching, visibleTo } from '../store/selection.ts'

export type { PriceClasses }
// Conditions for queries of other modules that join their rows to `item`.
export { matching, visibleTo }

import { countWhere, readContents, readItemsWhere } from '../store/items.ts'

/** How to read items that a query selects. */
export interface Reading {
  /** Newest or oldest by their own dates (newest unless said), or in order of arrival. */
  order?: Order
  /** Items behind this one, in the same order. */
  after?: Item | undefined
  limit: number
  /** Only what this caller may see. Without it everything that features may read: for work of the company itself. */
  visibleTo?: Caller | undefined
  /** One more condition on `item`, as a module's own rows need it. */
  where?: Condition | undefined
}

/** Items that features may read: arrived, not private, still there, without content. */
export function readItems(
  tx: Tx,
  companyNo: CompanyNo,
  query: ItemQuery,
  reading: Reading,
): Promise<Item[]> {
  const { order = 'newest', after, limit } = reading
  const where = all([conditionOf(companyNo, query, reading), after && behind(order, after)])
  return readItemsWhere(tx, where, order, limit)
}

/** Items that a caller may see, also those that features may not read, without content. */
export function readSeen(
  tx: Tx,
  caller: Caller,
  query: ItemQuery,
  { order, after, limit, where }: Seen,
): Promise<Item[]> {
  const seen = all([seenBy(caller, query, where), after && behind(order, after)])
  return readItemsWhere(tx, seen, order, limit)
}

/** How to read them: in order of their own dates, behind a place in it. */
export interface Seen {
  order: 'newest' | 'oldest'
  after?: Pick<Item, 'occurredAt' | 'no'> | undefined
  limit: number
  where?: Condition | undefined
}

/** How many items of a query a caller may see. */
export async function countSeen(
  tx: Tx,
  caller: Caller,
  query: ItemQuery,
  where?: Condition,
): Promise<number> {
  const rows = await countWhere(tx, seenBy(caller, query, where), SHORT_UP_TO_SECONDS)
  return rows.reduce((sum, { items }) => sum + Number(items), 0)
}

function seenBy(caller: Caller, query: ItemQuery, where: Condition | undefined): Condition {
  return all([fitting(caller.companyNo, query), visibleTo(caller), where])
}

/** The contents of items by number; a number without content is missing. */
export function readContentsOf(
  tx: Tx,
  companyNo: CompanyNo,
  nos: readonly bigint[],
): Promise<Map<bigint, Content>> {
  return readContents(tx, companyNo, nos)
}

const SHORT_UP_TO_SECONDS = 600

/** How many items of each price a query selects, from an index alone where the query allows it. */
export async function countItems(
  tx: Tx,
  companyNo: CompanyNo,
  query: ItemQuery,
  also: Pick<Reading, 'visibleTo' | 'where'> = {},
): Promise<PriceClasses> {
  const rows = await countWhere(tx, conditionOf(companyNo, query, also), SHORT_UP_TO_SECONDS)
  const count = (type: Item['type'], long?: boolean) =>
    rows
      .filter((row) => row.type === type && (long === undefined || row.long === long))
      .reduce((sum, { items }) => sum + Number(items), 0)
  return {
    callsShort: count('call', false),
    callsLong: count('call', true),
    emails: count('email'),
  }
}

/** What pricing needs of items, by number and in the order asked; items that cannot be read are left out. */
export async function itemFacts(
  tx: Tx,
  companyNo: CompanyNo,
  nos: readonly bigint[],
): Promise<Item[]> {
  const items = await readItems(tx, companyNo, { nos }, { limit: nos.length })
  const byNo = new Map(items.map((item) => [item.no, item]))
  return nos.flatMap((no) => byNo.get(no) ?? [])
}

/** An item as the rate card prices it. Its number is the opaque reference that the ledger may keep. */
export function pricedAs({
  type,
  no,
  durationSeconds,
}: Pick<Item, 'type' | 'no' | 'durationSeconds'>) {
  return type === 'call'
    ? { type: 'call' as const, id: String(no), durationSeconds }
    : { type: 'email' as const, id: String(no) }
}

function conditionOf(
  companyNo: CompanyNo,
  query: ItemQuery,
  { visibleTo: caller, where }: Pick<Reading, 'visibleTo' | 'where'>,
): Condition {
  return all([matching(companyNo, query), caller && visibleTo(caller), where])
}
