import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** How many random bytes a key's secret has. */
export const SECRET_BYTES = 32

const KEY = /^slc_([0-9a-z]{1,64})_([0-9a-z]{52})([0-9a-f]{8})$/

/**
 * The key of an integration: `slc_`, the integration's own part of its id, the secret, and a checksum,
 * so that a scanner can tell a leaked key and a mistyped one never reaches the database.
 */
export function keyOf(integrationId: string, secret: string): string {
  const start = `slc_${integrationId.replace(/^int_/, '')}_${secret}`
  return start + checksum(start)
}

/** The integration that a key says it belongs to; undefined for what is no key at all. */
export function readKey(key: string): { integrationId: string } | undefined {
  const match = KEY.exec(key)
  if (!match || checksum(key.slice(0, -8)) !== match[3]) return undefined
  return { integrationId: `int_${match[1]}` }
}

/** What is kept of a key. A fast hash is enough for 256 random bits. */
export function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

/** The start of a key, to tell keys apart on screen. */
export function hintOf(key: string): string {
  return key.slice(0, 14)
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0')
}
