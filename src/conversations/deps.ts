import type { CompanyNo } from '../kit/caller.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, Tx } from '../platform/database.ts'
import type { Arrival, ItemType } from './items.ts'

/**
 * Told of items that can be read from now on, in the transaction that makes them so, in their order of
 * arrival. Not told of history. An item that was deleted and put again is told again under its number:
 * a listener takes an item once.
 */
export type ArrivalListener = (
  tx: Tx,
  companyNo: CompanyNo,
  items: readonly Arrival[],
) => Promise<void>

/** What goes for good, or is taken out. */
export interface Removed {
  /** `deleted` items may be put again; `erased` ones never. */
  as: 'deleted' | 'erased'
  items: readonly { no: bigint; type: ItemType; id: string }[]
  /** The person whose data is erased; lower case. The last call for a person has no items left. */
  email?: string
}

/**
 * Told of removals, in their transaction: whatever was made of the items (results, evidence, prompts,
 * stored answers) goes with them. Erasing a person comes in several transactions.
 */
export type ErasureListener = (tx: Tx, companyNo: CompanyNo, removed: Removed) => Promise<void>

export interface Conversations {
  db: Database
  clock: Clock
  arrivals: readonly ArrivalListener[]
  erasures: readonly ErasureListener[]
}

/** What one published tracker would charge for some arrivals. */
export interface ArrivalPrice {
  trackerId: string
  name: string
  items: number
  /** Micro-credits. */
  credits: bigint
}

export interface Imports extends Conversations {
  /** What published trackers would charge for items that are there only until the transaction ends. */
  priceArrivals: (
    tx: Tx,
    companyNo: CompanyNo,
    items: readonly Arrival[],
  ) => Promise<ArrivalPrice[]>
  /** Where bodies wait while they are read; a folder of this process's own. */
  spoolDir: string
  /** Told of imports that failed without anybody waiting for the answer. */
  onError: (error: unknown) => void
}
