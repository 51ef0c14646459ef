import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify(argon2)

/** How costly it is to try a password: argon2id with 64 MiB and three passes. */
const cost = { memory: 65_536, passes: 3, parallelism: 1 }

/** What is kept of a password: parameters, salt and tag in the usual text form. */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(16)
  const tag = await derive('argon2id', { ...cost, message: password, nonce, tagLength: 32 })
  const { memory, passes, parallelism } = cost
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${plain(nonce)}$${plain(tag)}`
}

/**
 * Whether a password is the one that was hashed. Nothing to compare with takes as long as something,
 * so that the time tells nobody who has a password.
 */
export async function isPassword(password: string, stored: string | null): Promise<boolean> {
  const match = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/.exec(
    stored ?? '',
  )
  if (!match) {
    await hashPassword(password)
    return false
  }
  const [memory, passes, parallelism] = match.slice(1, 4).map(Number) as [number, number, number]
  const [nonce, tag] = match.slice(4).map((text) => Buffer.from(text, 'base64')) as [Buffer, Buffer]
  const parameters = { memory, passes, parallelism, nonce, tagLength: tag.length }
  const found = await derive('argon2id', { ...parameters, message: password })
  return timingSafeEqual(found, tag)
}

function plain(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '')
}
