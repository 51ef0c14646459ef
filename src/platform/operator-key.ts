import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { keepSecret, makeDataDir } from './data-dir.ts'

/**
 * The key that may create companies: the configured one, else the one kept in the data folder.
 * When there is neither, a new key is stored there (readable by its owner only) and printed, this
 * once and never again. Throws one clear line when the folder or the file cannot be used.
 */
export async function readOperatorKey(options: {
  configured: string | undefined
  dataDir: string
  print?: (line: string) => void
}): Promise<string> {
  const { configured, dataDir, print = console.log } = options
  if (configured !== undefined) return configured

  const file = join(await makeDataDir(dataDir), 'operator-key')
  const { secret, made } = await keepSecret(file, newOperatorKey)
  if (made) print(`Operator key, shown this once and kept in ${file}: ${secret}`)
  return secret
}

function newOperatorKey(): string {
  return `op_${randomBytes(32).toString('base64url')}`
}
