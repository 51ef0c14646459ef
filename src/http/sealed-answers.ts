import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { Problem } from '../kit/problem.ts'

const IV_BYTES = 12
const TAG_BYTES = 16

/**
 * Seals an answer that shows a secret, so that it can be remembered for replays without the database
 * knowing the secret: only the credential that asked first opens it.
 */
export function sealAnswer(answer: string, credential: string, keyHash: Buffer): Buffer {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', keyFrom(credential, keyHash), iv)
  const sealed = Buffer.concat([cipher.update(answer, 'utf8'), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), sealed])
}

/** Opens a sealed answer; refuses when it was asked for with another credential. */
export function openAnswer(sealed: Buffer, credential: string, keyHash: Buffer): string {
  const iv = sealed.subarray(0, IV_BYTES)
  const decipher = createDecipheriv('aes-256-gcm', keyFrom(credential, keyHash), iv)
  decipher.setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
  try {
    const start = decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES))
    return Buffer.concat([start, decipher.final()]).toString()
  } catch {
    throw new Problem(
      'idempotency-conflict',
      'The answer under this key shows a secret, which only the credential of the first request opens.',
    )
  }
}

function keyFrom(credential: string, keyHash: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', credential, keyHash, 'sluice sealed answer', 32))
}
