import type { ItemType } from '../conversations/items.ts'
import type { ItemQuery } from '../conversations/selection.ts'
import type { Currency, Stale } from '../trackers/currency.ts'
import type { Filters } from '../trackers/tracker.ts'

/** Which calls and emails are in a stream: all of what it names must hold. */
export interface StreamFilter extends Filters {
  itemTypes?: ItemType[] | undefined
  /** Only items in which each of these trackers found something. */
  trackers?: { trackerId: string; found: true }[] | undefined
  /** By the items' own dates, half-open. */
  from?: Date | undefined
  to?: Date | undefined
}

/** A saved filter over calls and emails. */
export interface Stream {
  id: string
  name: string
  filter: StreamFilter
  /** Since when it has this filter. */
  since: Date
  /** Whether followers are told of entries that a backfill brought. */
  notifyBackfilled: boolean
  createdBy: string | null
  createdAt: Date
}

/** A stream with who follows it and how current it is. */
export interface StreamView {
  stream: Stream
  followers: string[]
  dataAsOf: Date
  stale: Stale | null
  trackers: Currency[]
}

/** The filter as a query on items; tracker hits are a condition of their own. */
export function queryOf({ itemTypes, trackers: _, ...filters }: StreamFilter): ItemQuery {
  return { types: itemTypes, ...filters }
}

/** The trackers a filter names, each once. */
export function trackersIn({ trackers = [] }: StreamFilter): string[] {
  return [...new Set(trackers.map(({ trackerId }) => trackerId))]
}

/** A filter as it is kept; its dates are text. */
export function readFilter(kept: unknown): StreamFilter {
  const { from, to, ...rest } = kept as StreamFilter & { from?: string; to?: string }
  return {
    ...rest,
    ...(from === undefined ? {} : { from: new Date(from) }),
    ...(to === undefined ? {} : { to: new Date(to) }),
  }
}
