import type { Direction, ItemId, ItemScope, ItemType } from './items.ts'
import type { Side } from './sides.ts'

/**
 * One condition on the table `item`, in SQL (a boolean `sql` expression is one): for stores to put into
 * queries in which the table is called `item`, and for everybody else to hand on.
 */
export interface Condition {
  toOperationNode(): object
}

export type EntityType = 'account' | 'deal' | 'contact' | 'lead'

/**
 * What items to take. A condition on something that a type does not have leaves that type alone: an
 * email passes every duration, a call passes every folder and label.
 */
export interface ItemQuery {
  types?: readonly ItemType[] | undefined
  /** By their own date, half-open. */
  from?: Date | undefined
  to?: Date | undefined
  /** By arrival: behind one number, up to another (included). */
  afterArrival?: bigint | undefined
  upToArrival?: bigint | undefined
  /** By the moment of arrival, half-open. */
  arrivedFrom?: Date | undefined
  arrivedTo?: Date | undefined
  nos?: readonly bigint[] | undefined
  ids?: readonly ItemId[] | undefined
  /** An account includes its deals and contacts. */
  entity?: { type: EntityType; id: string } | undefined
  accountIds?: readonly string[] | undefined
  dealIds?: readonly string[] | undefined
  /** Items with each of these words in their title or in the name or address of somebody in them. */
  words?: readonly string[] | undefined
  /** Items in which one of these members takes part. */
  memberIds?: readonly string[] | undefined
  /** Items in which a member of one of these teams takes part. */
  teamIds?: readonly string[] | undefined
  direction?: Direction | readonly Direction[] | undefined
  scope?: ItemScope | readonly ItemScope[] | undefined
  minDurationSeconds?: number | undefined
  maxDurationSeconds?: number | undefined
  folders?: readonly string[] | undefined
  labels?: readonly string[] | undefined
  history?: boolean | undefined
  /** Items in which this side has words. */
  side?: Side | undefined
}

/** By their own dates, or in order of arrival. */
export type Order = 'newest' | 'oldest' | 'arrival'

/** Counts by price: calls up to and above ten minutes, and emails. */
export interface PriceClasses {
  callsShort: number
  callsLong: number
  emails: number
}
