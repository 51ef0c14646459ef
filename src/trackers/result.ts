import type { Credits } from '../kit/credits.ts'
import type { Evidence } from './reading.ts'

/** A result as it is read, with its item. */
export interface ResultRow {
  itemNo: bigint
  itemType: 'call' | 'email'
  itemId: string
  title: string
  occurredAt: Date
  version: number
  found: boolean
  answer: string
  occurrences: Evidence[]
  model: string
  credits: Credits
  chargeAt: Date | null
  chargeSeq: bigint | null
  processedAt: Date
}

/** So often an item is tried that the model cannot read; then its tracker version gives it up. */
export const ATTEMPTS_MAX = 5

/** An item that a tracker version has given up on. */
export interface FailureRow {
  itemNo: bigint
  itemType: 'call' | 'email'
  itemId: string
  title: string
  occurredAt: Date
  reason: 'invalid-answer' | 'timeout'
  attempts: number
  at: Date
}
