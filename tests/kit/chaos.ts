import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startPostgres } from '../../src/platform/embedded-postgres.ts'
import { createLog } from '../../src/platform/log.ts'
import { migrate } from '../../src/platform/migrate.ts'
import { clusterDirOf } from '../../src/platform/postgres-cluster.ts'
import { processesIn, readPostmaster, sendSignal } from '../../src/platform/postmaster.ts'

const root = new URL('../../', import.meta.url).pathname

/** A PostgreSQL of one's own, that can be killed, and is started again at once: without its supervisor's growing pauses. */
export interface MortalPostgres {
  url: string
  /** The folder of its files. */
  dir: string
  /** Ends the postmaster and all its children at once, as a power cut would end them. */
  kill(): Promise<void>
  stop(): Promise<void>
}

export async function mortalPostgres(
  settings: Record<string, string> = {},
): Promise<MortalPostgres> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sluice-mortal-'))
  const start = () => startPostgres({ dataDir, log: createLog('silent'), settings })
  let postgres = await start()
  await migrate(postgres.url)
  const dir = clusterDirOf(dataDir)
  return {
    ...{ url: postgres.url, dir },
    async kill() {
      const postmaster = await readPostmaster(dir)
      const all = await processesIn(dir)
      for (const pid of postmaster ? [postmaster.pid, ...all] : all) sendSignal(pid, 'SIGKILL')
      await postgres.stop()
      postgres = await start()
    },
    async stop() {
      await postgres.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** A server as a process of its own, on a database of others. */
export interface MortalServer {
  address: string
  kill(): Promise<void>
  pid(): number
  /** Sends its process a signal: SIGSTOP holds it still until SIGCONT. */
  signal(signal: NodeJS.Signals): void
  /** Ends when it has died, of itself or not. */
  gone(): Promise<void>
  /** Starts it again at the same address, and waits until it serves. */
  start(): Promise<void>
  stop(): Promise<void>
}

/** As `npm start` has it: what a process has compiled, the next one reads. */
const NODE_COMPILE_CACHE = join(root, 'node_modules', '.cache', 'sluice-compiled')

export const OPERATOR_KEY = 'op_only-for-proofs-0123456789'

/**
 * `source` is the folder with `src/`: the product's, or a copy with a bug in it. `env` is looked at at each
 * start.
 */
export async function mortalServer(
  databaseUrl: string,
  source = root,
  env: Record<string, string> = {},
): Promise<MortalServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sluice-server-'))
  const port = await freePort()
  const address = `http://127.0.0.1:${port}`
  let child: ChildProcess | undefined
  const ended = () =>
    new Promise<void>((done) =>
      child && child.exitCode === null && child.signalCode === null
        ? child.once('exit', () => done())
        : done(),
    )
  process.once('exit', () => child?.kill('SIGKILL'))
  const server: MortalServer = {
    address,
    async start() {
      child = spawn(process.execPath, [join(source, 'src', 'main.ts'), 'serve'], {
        cwd: source,
        stdio: 'ignore',
        env: {
          ...{ NODE_COMPILE_CACHE, ...process.env },
          ...{ DATABASE_URL: databaseUrl, PORT: String(port), SLUICE_DATA_DIR: dataDir },
          ...{
            SLUICE_OPERATOR_KEY: OPERATOR_KEY,
            SLUICE_LOG_LEVEL: 'silent',
            SLUICE_WORKER_CONCURRENCY: '1',
          },
          ...env,
        },
      })
      for (let tries = 0; tries < 600; tries++, await sleep(25)) {
        const answer = await fetch(`${address}/healthz`).catch(() => undefined)
        if (answer?.ok) return
        if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`)
      }
      throw new Error('the server does not start')
    },
    async kill() {
      child?.kill('SIGKILL')
      await ended()
    },
    pid: () => child!.pid!,
    signal: (signal) => void child?.kill(signal),
    gone: ended,
    async stop() {
      child?.kill('SIGTERM')
      await ended()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
  await server.start()
  return server
}

/** A process that only works on jobs, which can be killed. */
export async function mortalWorker(
  databaseUrl: string,
  source = root,
  env: Record<string, string> = {},
): Promise<Omit<MortalServer, 'address'>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sluice-worker-'))
  let child: ChildProcess | undefined
  const end = async (signal: NodeJS.Signals) => {
    const ending = child
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return
    const ended = once(ending, 'exit')
    ending.kill(signal)
    await ended
  }
  process.once('exit', () => child?.kill('SIGKILL'))
  const worker = {
    async start() {
      child = spawn(process.execPath, [join(source, 'src', 'main.ts'), 'work'], {
        cwd: source,
        stdio: ['ignore', 'pipe', 'ignore'],
        env: {
          ...{ NODE_COMPILE_CACHE, ...process.env },
          ...{ DATABASE_URL: databaseUrl, SLUICE_DATA_DIR: dataDir },
          ...{
            SLUICE_OPERATOR_KEY: OPERATOR_KEY,
            SLUICE_LOG_LEVEL: 'silent',
            SLUICE_WORKER_CONCURRENCY: '2',
          },
          ...env,
        },
      })
      // It says so when it works.
      const said = await Promise.race([once(child.stdout!, 'data'), once(child, 'exit')])
      if (!Buffer.isBuffer(said[0])) throw new Error('the worker does not start')
    },
    kill: () => end('SIGKILL'),
    pid: () => child!.pid!,
    signal: (signal: NodeJS.Signals) => void child?.kill(signal),
    async gone() {
      if (child && child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
    async stop() {
      await end('SIGTERM')
      await rm(dataDir, { recursive: true, force: true })
    },
  }
  await worker.start()
  return worker
}

async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}
