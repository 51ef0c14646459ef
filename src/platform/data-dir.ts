import { randomBytes } from 'node:crypto'
import { chmod, link, mkdir, open, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'

/** True when this program runs as root, which PostgreSQL refuses to do. */
export const isRoot = process.getuid?.() === 0

/**
 * Makes the data folder when it is missing and gives its real path. A new one is closed to
 * others; under root it may be passed through, because the database runs as another user.
 * A folder that exists keeps its mode. Throws one clear line when it cannot be made.
 */
export async function makeDataDir(folder: string): Promise<string> {
  const path = resolve(folder)
  try {
    const mode = isRoot ? 0o711 : 0o700
    const first = await mkdir(path, { recursive: true, mode })
    // The umask may have taken away what the database user needs.
    if (first && isRoot) for (const made of pathsBetween(first, path)) await chmod(made, mode)
    return await realpath(path)
  } catch (error) {
    throw new Error(
      `The data folder ${path} (SLUICE_DATA_DIR) cannot be made: ${reasonOf(error)}`,
      {
        cause: error,
      },
    )
  }
}

/**
 * Takes the data folder for this process, so that two servers never share one; gives the release.
 * The operating system drops the lock with the process, even after kill -9, so nothing stale can
 * block the next start. Waits a moment for a server that is just ending, then throws one line.
 */
export async function lockDataDir(dataDir: string, waitMs = 3000): Promise<() => void> {
  const file = join(dataDir, 'server.lock')
  const holder = join(dataDir, 'server.pid')
  await open(file, 'a', 0o600).then((made) => made.close(), refuse)
  // SQLite's locks are the one kind of file lock that Node brings; the file itself stays empty.
  const lock = new DatabaseSync(file)
  for (const end = Date.now() + waitMs; !tryLock(lock); await sleep(50)) {
    if (Date.now() < end) continue
    lock.close()
    const pid = await readFile(holder, 'utf8').catch(() => 'unknown')
    throw new Error(
      `Another server (process ${pid.trim()}) uses the data folder ${dataDir}: ` +
        'stop it, or choose another folder with SLUICE_DATA_DIR.',
    )
  }
  await writeFile(holder, `${process.pid}\n`, { mode: 0o600 })
  return () => {
    if (lock.isOpen) lock.close()
  }

  function refuse(error: unknown): never {
    throw new Error(
      `The data folder ${dataDir} (SLUICE_DATA_DIR) cannot be written: ${reasonOf(error)}`,
    )
  }
}

/**
 * The secret kept in a file of the data folder, readable by its owner only. Makes it when the file
 * is missing; `made` tells whether it did. Of several processes that make it at once, all get the
 * same. Throws one clear line when the file is empty or cannot be read or written.
 */
export async function keepSecret(
  file: string,
  make: () => string,
): Promise<{ secret: string; made: boolean }> {
  try {
    const kept = await readSecret(file)
    if (kept !== undefined) return { secret: kept, made: false }

    const secret = make()
    const made = await writeOnce(file, secret)
    return made ? { secret, made } : { secret: (await readSecret(file)) ?? '', made }
  } catch (error) {
    throw new Error(`The secret in ${file} cannot be used: ${reasonOf(error)}`, { cause: error })
  }
}

/** The secret in a file, undefined when there is no such file. */
export async function readSecret(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text?.trim() === '') throw new Error('the file is empty')
  return text?.trim()
}

/** What a failed system call says, without its code and path. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.replace(/^E[A-Z]+: /, '')
}

function pathsBetween(first: string, last: string): string[] {
  return last === first || dirname(last) === last
    ? [last]
    : [...pathsBetween(first, dirname(last)), last]
}

function tryLock(lock: DatabaseSync): boolean {
  try {
    lock.exec('begin exclusive')
    return true
  } catch (error) {
    const busy = 5
    if ((error as { errcode?: number }).errcode === busy) return false
    throw error
  }
}

/** Writes the whole file or nothing; false when somebody else wrote it first. */
async function writeOnce(file: string, text: string): Promise<boolean> {
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  try {
    await writeFile(draft, `${text}\n`, { mode: 0o600, flag: 'wx', flush: true })
    await link(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}
