import type { Credits } from '../kit/credits.ts'
import type { Attribution, EntryType, Lines, Moment } from './pool.ts'

/** One line of the ledger, as it is read back. */
export interface EntryRow {
  seq: number
  type: EntryType
  credits: Credits
  fromHold: boolean
  availableAfter: Credits
  heldAfter: Credits
  usedAfter: Credits
  grantNo: number
  chargeAt: Moment | null
  chargeSeq: number | null
  holdId: number | null
  attributionId: number | null
  rateCard: number | null
  lines: Lines | null
  reason: string | null
  actor: string | null
  at: Moment
}

/** A charge with all that was written of it. */
export interface ChargeRow {
  seq: number
  at: Moment
  entries: EntryRow[]
  attribution: Attribution
  rateCard: number
  lines: Lines
  items: unknown
  metadata: unknown
  thresholdsReached: number[]
  refunded: boolean
  /** The last line that the making of the charge wrote: with a capture, the rest's return. */
  last: EntryRow
}
