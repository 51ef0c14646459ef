import { createHash } from 'node:crypto'
import type { Key } from '../ledger/commands.ts'

/**
 * An idempotency key as the ledger remembers it. It belongs to one integration (or member) and one
 * operation; `asked` is the canonical text of the whole request, without prices, which may change.
 */
export function keyOf(owner: string, operation: string, key: string, asked: string): Key {
  const hash = createHash('sha256').update(`${owner}\n${operation}\n${key}`).digest('hex')
  const fingerprint = createHash('sha256').update(asked).digest().readBigInt64BE(0)
  return { hash: hash.slice(0, 32), fingerprint }
}
