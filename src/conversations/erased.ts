import { hash } from 'node:crypto'
import type { ItemType } from './items.ts'

/** What is kept of an erased item's id: enough to know it again, nothing to read. */
export function erasedKey(type: ItemType | 'message', id: string): Buffer {
  return hash('sha256', `${type}\n${id}`, 'buffer')
}
