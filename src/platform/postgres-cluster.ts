import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chown, mkdir, open, readFile, rename, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { keepSecret, reasonOf } from './data-dir.ts'
import {
  type Account,
  closedFolder,
  findAccount,
  findPrograms,
  type Programs,
} from './postgres-programs.ts'
import { readPostmaster } from './postmaster.ts'

/** The folder of a PostgreSQL database, with all that is needed to start a server on it. */
export interface Cluster {
  /** Holds the files of the database. */
  dir: string
  /** Takes what the server logs. */
  logFile: string
  password: string
  programs: Programs
  account: Account
  /** How the server is told its folder. */
  dirArgument: string
}

/** A postmaster that was started here. */
export interface Launch {
  pid: number
  /** Ends when the process has ended. */
  exited: Promise<void>
  /** Ends when it accepts connections; throws `LaunchError` when it ends before. */
  ready: Promise<void>
}

/** The postmaster ended before it accepted connections; the message is what it said last. */
export class LaunchError extends Error {
  override name = 'LaunchError'
}

/** The name of the superuser, and of the database that the server uses. */
export const ownerName = 'sluice'

const majorVersion = '18'
const gigabyte = 1024 ** 3

/** Where the password of a data folder's database is kept. */
export function passwordFileOf(dataDir: string): string {
  return join(dataDir, 'postgres-password')
}

/** Where the files of a data folder's database are. */
export function clusterDirOf(dataDir: string): string {
  return join(dataDir, 'postgres')
}

/**
 * Opens the database folder inside a data folder, and makes it first when there is none. A start
 * that was killed while making it leaves nothing that the next one could take for a database.
 * Throws one clear line when it cannot be made, was made by another version, or lost its password.
 */
export async function openCluster(dataDir: string): Promise<Cluster> {
  const dir = clusterDirOf(dataDir)
  const passwordFile = passwordFileOf(dataDir)
  const isMade = await checkVersion(dir)
  if (isMade && !(await stat(passwordFile).catch(() => undefined))) {
    throw new Error(`The password of the database is missing: restore the file ${passwordFile}.`)
  }

  const account = await findAccount(dir)
  const cluster = {
    dir,
    logFile: join(dataDir, 'postgres.log'),
    password: (await keepSecret(passwordFile, () => randomBytes(32).toString('base64url'))).secret,
    programs: await findPrograms(dataDir, account),
    account,
    dirArgument: dirArgumentOf(dir, await closedFolder(dataDir, account)),
  }
  if (!isMade) await makeCluster(cluster, passwordFile)
  return cluster
}

/**
 * Starts a postmaster in a session of its own, so that signals to our process group (Ctrl-C,
 * npm's, an orchestrator's) do not reach it: only an orderly stop ends it.
 */
export async function launchPostmaster(
  cluster: Cluster,
  port: number,
  settings: Record<string, string>,
): Promise<Launch> {
  const { dir, logFile, programs, dirArgument } = cluster
  const profile = { ...(await profileFor(dir)), ...settings, port: String(port) }
  const log = await open(logFile, 'a', 0o600)
  try {
    const logStart = (await log.stat()).size
    const options = Object.entries(profile).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const child = spawn(programs.postgres, ['-D', dirArgument, ...options], {
      ...spawnOptions(cluster, dir),
      detached: true,
      windowsHide: true,
      stdio: ['ignore', log.fd, log.fd],
    })
    const exited = once(child, 'exit').then(
      () => {},
      () => {},
    )
    await spawned(child, programs.postgres)
    child.unref()
    const pid = child.pid as number
    const ready = untilReady(dir, pid, exited, logFile, logStart)
    // It is awaited later; a failure until then is not unhandled.
    ready.catch(() => {})
    return { pid, exited, ready }
  } finally {
    await log.close()
  }
}

/**
 * Durable, and quick on one machine: WAL segments are recycled rather than made anew in a commit,
 * checkpoints are rare, and no query waits for a compiler.
 */
async function profileFor(dir: string): Promise<Record<string, string>> {
  const { bavail, bsize } = await statfs(dir)
  const isRoomy = bavail * bsize > 16 * gigabyte
  return {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: '256MB',
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    min_wal_size: isRoomy ? '1GB' : '80MB',
    max_wal_size: isRoomy ? '4GB' : '512MB',
    checkpoint_timeout: '15min',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
  }
}

/** True when the folder holds a database of our version, false when it holds none. */
async function checkVersion(dir: string): Promise<boolean> {
  const version = await readFile(join(dir, 'PG_VERSION'), 'utf8').catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw new Error(`The database folder ${dir} cannot be read: ${reasonOf(error)}`)
    },
  )
  if (version === undefined || version.trim() === majorVersion) return version !== undefined
  throw new Error(
    `The database in ${dir} was made by PostgreSQL ${version.trim()}, this release runs ` +
      `${majorVersion}: move the data with pg_dump, or run that version and set DATABASE_URL.`,
  )
}

/**
 * A server whose user cannot enter the way to its folder finds it as its working folder, which it is
 * put into while we are still root.
 */
function dirArgumentOf(dir: string, closed: string | undefined): string {
  if (closed === undefined) return dir
  if (process.platform === 'linux') return '/proc/self/cwd'
  throw new Error(
    `PostgreSQL does not run as root, and its user cannot enter the folder ${closed}: ` +
      'open that folder (chmod o+x), or choose another one with SLUICE_DATA_DIR.',
  )
}

async function makeCluster(cluster: Cluster, passwordFile: string): Promise<void> {
  const { dir, account, programs } = cluster
  const draft = `${dir}.new`
  await rm(draft, { recursive: true, force: true })
  await mkdir(draft, { mode: 0o700 })
  if (account) {
    await chown(draft, account.uid, account.gid)
    await chown(passwordFile, account.uid, account.gid)
  }
  const isHidden = cluster.dirArgument !== dir
  const password = await open(passwordFile)
  try {
    const child = spawn(
      programs.initdb,
      [
        `--pgdata=${isHidden ? cluster.dirArgument : draft}`,
        `--pwfile=${isHidden ? '/proc/self/fd/3' : passwordFile}`,
        `--username=${ownerName}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        // The order of texts is PostgreSQL's own, so a new C library cannot break an index.
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        `--locale=${process.platform === 'linux' ? 'C.UTF-8' : 'C'}`,
        '--data-checksums',
        '--no-instructions',
      ],
      {
        ...spawnOptions(cluster, draft),
        windowsHide: true,
        stdio: ['ignore', 'ignore', 'pipe', password.fd],
      },
    )
    const said = text(child.stderr as NodeJS.ReadableStream)
    const exit = once(child, 'exit')
    exit.catch(() => {})
    await spawned(child, programs.initdb)
    const [code] = await exit
    if (code !== 0) {
      throw new Error(`The database in ${dir} cannot be made: ${lastReason(await said)}`)
    }
  } finally {
    await password.close()
  }
  await rename(draft, dir)
}

function spawnOptions({ account }: Cluster, cwd: string) {
  // Nothing of our environment: it holds secrets, and PG variables of some other server.
  const { PATH = '', SystemRoot } = process.env
  return { ...account, cwd, env: { PATH, ...(SystemRoot && { SystemRoot }) } }
}

async function spawned(child: NodeJS.EventEmitter, program: string): Promise<void> {
  await once(child, 'spawn').catch((error) => {
    throw new Error(
      `PostgreSQL cannot be run (${program}: ${reasonOf(error)}): ` +
        'run npm ci, or use a PostgreSQL of yours with DATABASE_URL.',
    )
  })
}

async function untilReady(
  dir: string,
  pid: number,
  exited: Promise<void>,
  logFile: string,
  logStart: number,
): Promise<void> {
  let hasEnded = false
  void exited.then(() => {
    hasEnded = true
  })
  // However long it takes: a database that was large and busy may recover for minutes.
  while (!hasEnded) {
    const postmaster = await readPostmaster(dir)
    if (postmaster?.pid === pid && postmaster.status === 'ready') return
    await sleep(5)
  }
  throw new LaunchError(lastReason((await readFile(logFile)).subarray(logStart).toString()))
}

/** The last complaint in what PostgreSQL wrote, with its hint when it has one. */
function lastReason(said: string): string {
  const complaints = said.match(/(FATAL|PANIC|ERROR|error):.*/g) ?? said.trim().split('\n')
  return complaints.at(-1)?.replace(/^\w+:\s*/, '') || 'it gave no reason'
}
