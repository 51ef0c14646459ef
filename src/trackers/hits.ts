import type { ItemType } from '../conversations/items.ts'
import type { Evidence } from './reading.ts'

/** Something a tracker found in an item. */
export interface Hit {
  itemNo: bigint
  itemType: ItemType
  itemId: string
  title: string
  occurredAt: Date
  answer: string
  occurrences: Evidence[]
}
