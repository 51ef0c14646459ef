import { execFile } from 'node:child_process'
import { readFile, realpath, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import type { BaseLogger } from 'pino'
import { lockDataDir, makeDataDir, readSecret } from './data-dir.ts'
import {
  type Cluster,
  clusterDirOf,
  LaunchError,
  launchPostmaster,
  openCluster,
  ownerName,
  passwordFileOf,
} from './postgres-cluster.ts'
import { isAlive, isPostmaster, processesIn, readPostmaster, sendSignal } from './postmaster.ts'

export interface PostgresOptions {
  /** The server's data folder; made when it is missing. */
  dataDir: string
  log: Pick<BaseLogger, 'info' | 'warn' | 'error'>
  /** The port on 127.0.0.1; without it, or with 0, the last one while it is free, else any. */
  port?: number | undefined
  /** PostgreSQL settings that differ from ours. A server that is adopted keeps those it has. */
  settings?: Record<string, string>
}

/** A PostgreSQL that runs and is kept running. */
export interface EmbeddedPostgres {
  /** The superuser's connection URL, good until `stop`. */
  url: string
  /** Ends the server in order and gives the data folder free; removes nothing. Safe to repeat. */
  stop(): Promise<void>
  /** Tells when the server died and could not be started again; the folder is free then. */
  onExit(listener: (error: Error) => void): void
}

/** The part of a supervised server that changes while it is served. */
interface Supervision {
  cluster: Cluster
  options: PostgresOptions
  port: number
  current: { pid: number; exited: Promise<void> } | undefined
  stopping: AbortController
}

const retryMs = 10_000
const orphanMs = 2_000
const fastShutdownMs = 10_000
const immediateShutdownMs = 3_000
const logBytesMax = 64 * 1024 ** 2

/**
 * Starts the PostgreSQL of a data folder: makes the database at the first start, adopts a server
 * that a killed process left behind, and starts it again when it dies. Throws an Error of one line
 * when another process serves the folder, or when the server cannot be installed, reached or started.
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = await makeDataDir(options.dataDir)
  const unlock = await lockDataDir(dataDir)
  const supervision: Supervision = {
    cluster: await openCluster(dataDir).catch((error) => {
      unlock()
      throw error
    }),
    options,
    port: 0,
    current: undefined,
    stopping: new AbortController(),
  }
  // Our end ends the server, unless we are killed: then the next start adopts it.
  const endWithUs = () => {
    if (supervision.current) sendSignal(supervision.current.pid, 'SIGINT')
  }
  process.once('exit', endWithUs)
  const trimming = setInterval(trimLog, 60_000, supervision.cluster.logFile).unref()
  const release = () => {
    clearInterval(trimming)
    process.off('exit', endWithUs)
    unlock()
  }

  try {
    await adoptOrStart(supervision, join(dataDir, 'postgres-port'))
  } catch (error) {
    await endCurrent(supervision)
    release()
    throw error
  }

  const listeners: ((error: Error) => void)[] = []
  const watching = watch(supervision).catch((error: Error) => {
    release()
    for (const listener of listeners) listener(error)
  })
  let stopped: Promise<void> | undefined
  return {
    url: urlOf(supervision.port, supervision.cluster.password),
    stop: () => {
      stopped ??= stop()
      return stopped
    },
    onExit: (listener) => listeners.push(listener),
  }

  async function stop() {
    supervision.stopping.abort()
    await endCurrent(supervision)
    await watching
    release()
  }
}

/** The URL of the PostgreSQL that another process serves from this data folder, if one does. */
export async function findRunningPostgres(dataDir: string): Promise<string | undefined> {
  const dir = clusterDirOf(await realpath(dataDir).catch(() => dataDir))
  const found = await readPostmaster(dir)
  const password = await readSecret(passwordFileOf(dataDir))
  if (!found?.alive || found.status !== 'ready' || !password) return undefined
  return urlOf(found.port, password)
}

async function adoptOrStart(supervision: Supervision, portFile: string): Promise<void> {
  const { cluster, options } = supervision
  if (!(await adopt(supervision))) {
    const kept = Number(await readFile(portFile, 'utf8').catch(() => ''))
    await start(supervision, () => choosePort(options.port, kept))
    await openOwnDatabase(cluster, supervision.port)
  }
  await writeFile(portFile, `${supervision.port}\n`, { mode: 0o600 })
}

/** Takes over a living postmaster of this folder. False when there is none, or none any more. */
async function adopt(supervision: Supervision): Promise<boolean> {
  const { cluster, options } = supervision
  for (; ; await sleep(20)) {
    const found = await readPostmaster(cluster.dir)
    if (!found?.alive) {
      // The number belongs to a stranger now; PostgreSQL would take it for a server and refuse.
      if (found && isAlive(found.pid)) await rm(join(cluster.dir, 'postmaster.pid'))
      return false
    }
    const { pid, port, status } = found
    const current = { pid, exited: untilGone(pid, cluster.dir) }
    const isElsewhere = Boolean(options.port) && options.port !== port
    if (status === 'stopping' || (status === 'ready' && isElsewhere)) {
      await endPostmaster(cluster, current)
    } else if (status === 'ready') {
      try {
        if (!(await isServing(cluster, port))) return false
      } catch (error) {
        if (!(await isPostmaster(pid, cluster.dir))) continue
        throw new Error(
          `A PostgreSQL server (process ${pid}) runs in ${cluster.dir} but refuses us: ` +
            `${(error as Error).message}`,
        )
      }
      Object.assign(supervision, { current, port })
      options.log.info({ pid, port }, 'Took over the running PostgreSQL')
      return true
    }
  }
}

/** True when the server at this port serves this very folder. */
async function isServing(cluster: Cluster, port: number): Promise<boolean> {
  const folder = await openOwnDatabase(cluster, port)
  return folder === cluster.dirArgument || folder === cluster.dir
}

/** Starts the server; tries again where only time or another port helps. */
async function start(
  supervision: Supervision,
  findPort: () => Promise<number>,
  isRestart = false,
): Promise<void> {
  const { cluster, options, stopping } = supervision
  const begun = Date.now()
  for (let pauseMs = 50; !stopping.signal.aborted; pauseMs = Math.min(pauseMs * 2, 1000)) {
    try {
      supervision.port = await findPort()
      await trimLog(cluster.logFile)
      const launch = await launchPostmaster(cluster, supervision.port, options.settings ?? {})
      supervision.current = launch
      if (stopping.signal.aborted) await endCurrent(supervision)
      await launch.ready
      options.log.info({ pid: launch.pid, port: supervision.port }, 'PostgreSQL is ready')
      return
    } catch (error) {
      const { message } = error as Error
      const mayPass = isRestart || (error instanceof LaunchError && passing.test(message))
      if (!mayPass || Date.now() + pauseMs - begun > retryMs) {
        throw error instanceof LaunchError
          ? new Error(`PostgreSQL does not start: ${message} (its log: ${cluster.logFile})`)
          : error
      }
      options.log.warn({ reason: message }, 'PostgreSQL does not start yet')
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => {})
      if (Date.now() - begun > orphanMs) await endOrphans(supervision)
    }
  }
}

/** What a start says while the processes of a killed server are still ending, or its port is taken. */
const passing = /already exists|shared memory block|could not create any TCP\/IP sockets/

/**
 * A backend in a long calculation outlives its postmaster, and the folder stays closed until it ends.
 * Its work cannot be lost by this: what it committed is in the log that the next start replays.
 */
async function endOrphans({ cluster, options }: Supervision): Promise<void> {
  if ((await readPostmaster(cluster.dir))?.alive) return
  const pids = await processesIn(cluster.dir)
  if (pids.length > 0) options.log.warn({ pids }, 'Ending what a dead PostgreSQL left behind')
  for (const pid of pids) sendSignal(pid, 'SIGKILL')
}

/** Starts the server again whenever it ends by itself; throws when that does not succeed. */
async function watch(supervision: Supervision): Promise<void> {
  const { options, stopping } = supervision
  for (let crashes = 0; ; ) {
    const begun = Date.now()
    await supervision.current?.exited
    if (stopping.signal.aborted) return

    options.log.error({ port: supervision.port }, 'PostgreSQL has died; it is started again')
    crashes = Date.now() - begun < 60_000 ? crashes + 1 : 0
    // The first time at once; one that keeps dying must not keep the machine busy.
    const pauseMs = crashes > 1 ? Math.min(50 * 2 ** crashes, 10_000) : 0
    await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => {})
    // The pools know this port.
    const { port } = supervision
    try {
      await start(supervision, async () => port, true)
    } catch (error) {
      if (stopping.signal.aborted) return
      throw error
    }
  }
}

async function endCurrent({ cluster, current }: Supervision): Promise<void> {
  if (current) await endPostmaster(cluster, current)
}

/** Ends a postmaster: in order, which breaks off its connections, and by force when that takes long. */
async function endPostmaster(
  { dir, programs }: Cluster,
  { pid, exited }: { pid: number; exited: Promise<void> },
): Promise<void> {
  if (process.platform === 'win32') {
    await promisify(execFile)(programs.pgCtl, ['stop', '-D', dir, '-m', 'fast']).catch(() => {})
    return exited
  }
  // Immediate shutdown loses nothing either: the next start recovers.
  const steps = [
    ['SIGINT', fastShutdownMs],
    ['SIGQUIT', immediateShutdownMs],
    ['SIGKILL', immediateShutdownMs],
  ] as const
  for (const [signal, waitMs] of steps) {
    if (!(await isPostmaster(pid, dir))) break
    sendSignal(pid, signal)
    if (await endsWithin(exited, waitMs)) return
  }
}

async function endsWithin(exited: Promise<void>, waitMs: number): Promise<boolean> {
  const waiting = new AbortController()
  const hasEnded = await Promise.race([
    exited.then(() => true),
    sleep(waitMs, false, { signal: waiting.signal }).catch(() => false),
  ])
  waiting.abort()
  return hasEnded
}

/** A process that is not our child tells nobody of its end. */
async function untilGone(pid: number, dir: string): Promise<void> {
  while (await isPostmaster(pid, dir)) await sleep(100, undefined, { ref: false })
}

/** Makes sure that our database exists; gives the folder that the server says it serves. */
async function openOwnDatabase(cluster: Cluster, port: number): Promise<string> {
  const url = urlOf(port, cluster.password)
  const question = 'show data_directory'
  try {
    return (await ask(url, question))[0].data_directory
  } catch (error) {
    const missing = '3D000'
    if ((error as { code?: string }).code !== missing) throw error
  }
  await ask(urlOf(port, cluster.password, 'postgres'), `create database ${ownerName}`)
  return (await ask(url, question))[0].data_directory
}

async function ask(url: string, text: string) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 })
  // A connection that breaks fails its query; without a listener it would end the process too.
  client.on('error', () => {})
  try {
    await client.connect()
    return (await client.query(text)).rows
  } finally {
    await client.end().catch(() => {})
  }
}

function urlOf(port: number, password: string, database = ownerName): string {
  return `postgres://${ownerName}:${password}@127.0.0.1:${port}/${database}`
}

async function choosePort(fixed: number | undefined, kept: number): Promise<number> {
  if (fixed) return fixed
  const isKept = kept > 0 && (await findFreePort(kept))
  return isKept || ((await findFreePort(0)) as number)
}

/** The port when it is free, any free one for 0; undefined when it is taken. */
function findFreePort(asked: number): Promise<number | undefined> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined))
    server.listen(asked, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

/** The server appends, so that cutting the file to nothing under its hands is safe. */
async function trimLog(file: string): Promise<void> {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  )
  if (size > logBytesMax) await truncate(file)
}
