import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { keepSecret, makeDataDir } from './data-dir.ts'

/** Seals secrets of others that must be used again, so that the database alone does not give them away. */
export interface SecretBox {
  /** `place` is where the secret belongs; sealed in one place it cannot be opened in another. */
  seal(secret: string, place: string): Buffer
  /** Undefined when it was sealed with another key or for another place. */
  open(sealed: Buffer, place: string): string | undefined
}

const IV_BYTES = 12
const TAG_BYTES = 16

export function openSecretBox(secretKey: string): SecretBox {
  const key = Buffer.from(hkdfSync('sha256', secretKey, '', 'sluice kept secrets', 32))
  return {
    seal(secret, place) {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(place))
      const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
      return Buffer.concat([iv, cipher.getAuthTag(), sealed])
    },
    open(sealed, place) {
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, IV_BYTES))
      decipher.setAAD(Buffer.from(place))
      decipher.setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
      try {
        const start = decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES))
        return Buffer.concat([start, decipher.final()]).toString()
      } catch {
        return undefined
      }
    },
  }
}

/** The key that secrets are sealed with: the configured one, else the one kept in the data folder. */
export async function readSecretKey(options: {
  configured: string | undefined
  dataDir: string
}): Promise<string> {
  if (options.configured !== undefined) return options.configured
  const file = join(await makeDataDir(options.dataDir), 'secret-key')
  const { secret } = await keepSecret(file, () => randomBytes(32).toString('base64url'))
  return secret
}
