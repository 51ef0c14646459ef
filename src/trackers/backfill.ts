import type { ItemType } from '../conversations/items.ts'
import type { ItemQuery } from '../conversations/selection.ts'
import type { Credits } from '../kit/credits.ts'
import { type Definition, queryOf } from './tracker.ts'

export type BackfillStatus = 'running' | 'done' | 'stopped' | 'cancelled'

/**
 * Items that are to be processed beside the new ones, oldest first: history by its own dates, or what was
 * missed while the tracker stood still, by its arrival.
 */
export interface Backfill {
  id: string
  trackerId: string
  /** The version it was started under; a new version ends it. */
  version: number
  from: Date | null
  to: Date | null
  /** Only what arrived behind this, in the missed kind. */
  arrivedAfter: bigint | null
  /** Nothing that arrived later: that is the tracker's own. */
  arrivedTo: bigint
  itemTypes: ItemType[] | null
  status: BackfillStatus
  total: number
  /** What all of it was expected to cost at the start; null where that was not written down. */
  estimated: Credits | null
  /** The last item dealt with. */
  at: { occurredAt: Date; no: bigint } | null
  createdAt: Date
  endedAt: Date | null
}

/** What a backfill has made so far. */
export interface Progress {
  done: number
  found: number
  credits: Credits
}

/** The items a backfill is about. Items missed arrived as new; history may have come in either way. */
export function queryOfBackfill(definition: Definition, backfill: Backfill): ItemQuery {
  const query = queryOf(definition)
  const { itemTypes, from, to, arrivedAfter, arrivedTo } = backfill
  const types = itemTypes
    ? (query.types ?? []).filter((type) => itemTypes.includes(type))
    : query.types
  return {
    ...query,
    types,
    from: from ?? undefined,
    to: to ?? undefined,
    afterArrival: arrivedAfter ?? undefined,
    upToArrival: arrivedTo,
    ...(arrivedAfter === null ? {} : { history: false }),
  }
}
