import { randomBytes } from 'node:crypto'
import { uuidv7obj } from 'uuidv7'

/**
 * A new id: its kind, then 26 characters that sort by time of making (`acc_01k9…`). Callers may also
 * choose ids of their own for the things they bring in, so nothing is ever read out of an id's text.
 */
export function newId(kind: string): string {
  return `${kind}_${base32(uuidv7obj().bytes)}`
}

/** `bytes` random bytes as text fit for a secret. */
export function randomText(bytes: number): string {
  return base32(randomBytes(bytes))
}

const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz'

/** Crockford's base 32, most significant bits first, so that text sorts as the bytes do. */
function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += DIGITS[(held >> bits) & 31]
    }
    held &= (1 << bits) - 1
  }
  return bits ? text + DIGITS[(held << (5 - bits)) & 31] : text
}
