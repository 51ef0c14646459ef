import type { ItemType } from '../conversations/items.ts'
import type { ItemQuery, PriceClasses } from '../conversations/selection.ts'
import type { Part, Side } from '../conversations/sides.ts'
import { type Credits, micros } from '../kit/credits.ts'
import { priceOf, type RateCard } from '../rating/rate-card.ts'

export const kinds = ['question', 'pretrained', 'keyword'] as const
export type Kind = (typeof kinds)[number]

/** What a tracker looks for, and where. A change of any of this but name and filters is a new version. */
export interface Definition {
  question: string | null
  instructions: string | null
  itemTypes: ItemType[]
  side: Side
  part: Part | null
  filters: Filters
  keywords: string[]
  pretrainedId: string | null
}

export type Filters = Pick<
  ItemQuery,
  | 'direction'
  | 'scope'
  | 'minDurationSeconds'
  | 'maxDurationSeconds'
  | 'memberIds'
  | 'teamIds'
  | 'accountIds'
  | 'folders'
  | 'labels'
>

export type Stored = 'draft' | 'published' | 'unpublished'
export type Stopped = 'out_of_credits' | 'over_budget'
export type Status = Stored | Stopped

/** A tracker as it is kept. */
export interface Tracker {
  id: string
  kind: Kind
  name: string
  version: number
  definition: Definition
  stored: Stored
  storedSince: Date
  stopped: Stopped | null
  stoppedSince: Date | null
  /** The price of the item it stopped at. */
  stoppedPrice: Credits | null
  runningSeq: number
  cursor: bigint
  waitsForHold: boolean
  teamId: string | null
  createdBy: string | null
  createdAt: Date
}

/** What the pool says of when it last had nothing left. */
export interface Exhaustion {
  exhaustedSeq: number | null
  exhaustedAt: number | null
}

/**
 * What a tracker is right now. A question tracker stops in the very commit in which the pool reached zero
 * since it was published or resumed, by the one mark on the pool, and stays stopped until it is resumed.
 */
export function statusOf(tracker: Tracker, pool: Exhaustion): { status: Status; since: Date } {
  if (tracker.stored !== 'published') return { status: tracker.stored, since: tracker.storedSince }
  if (tracker.stopped) {
    return { status: tracker.stopped, since: tracker.stoppedSince ?? tracker.storedSince }
  }
  const { exhaustedSeq, exhaustedAt } = pool
  if (isCharged(tracker) && exhaustedSeq !== null && exhaustedSeq > tracker.runningSeq) {
    return { status: 'out_of_credits', since: new Date(exhaustedAt ?? 0) }
  }
  return { status: 'published', since: tracker.storedSince }
}

/** Only question trackers spend credits. */
export function isCharged(tracker: Pick<Tracker, 'kind'>): boolean {
  return tracker.kind === 'question'
}

/** Whether a change of the definition is a new version: what was read before would be read otherwise now. */
export function isNewVersion(before: Definition, after: Definition): boolean {
  const read = ({ filters: _, ...rest }: Definition) => JSON.stringify(rest)
  return read(before) !== read(after)
}

/** The items a tracker reads, as a query. */
export function queryOf({ itemTypes, side, filters }: Definition): ItemQuery {
  return { types: itemTypes, side, ...filters }
}

/** What so many items of each price would cost. */
export function costOf(card: RateCard, { callsShort, callsLong, emails }: PriceClasses): Credits {
  const cost = (type: string, count: number) => priceOf(card, type) * BigInt(count)
  return micros(
    cost('call_short', callsShort) + cost('call_long', callsLong) + cost('email', emails),
  )
}

/** What the cheapest item a tracker reads costs: with less than this it can do nothing. */
export function leastPrice(card: RateCard, { itemTypes }: Definition): Credits {
  const types = itemTypes.flatMap((type) =>
    type === 'call' ? (['call_short', 'call_long'] as const) : (['email'] as const),
  )
  const prices = types.map((type) => priceOf(card, type))
  return micros(prices.reduce((least, price) => (price < least ? price : least)))
}

export function countOf({ callsShort, callsLong, emails }: PriceClasses): number {
  return callsShort + callsLong + emails
}

/** A question in the form in which two are compared: two trackers that ask the same are doubled work. */
export function plainQuestion(question: string | null): string {
  return (question ?? '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}
