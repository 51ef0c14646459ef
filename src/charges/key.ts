import { hash as digest } from 'node:crypto'
import type { Key } from '../ledger/commands.ts'

/**
 * An idempotency key as the ledger remembers it. It belongs to one integration (or member) and one
 * operation; `asked` is the canonical text of the whole request, without prices, which may change.
 */
export function keyOf(owner: string, operation: string, key: string, asked: string): Key {
  const hash = digest('sha256', `${owner}\n${operation}\n${key}`).slice(0, 32)
  const fingerprint = digest('sha256', asked).slice(0, 16)
  return { hash, fingerprint: BigInt.asIntN(64, BigInt(`0x${fingerprint}`)) }
}
