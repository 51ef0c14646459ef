import { randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Logger as QueueLogger, type Runner, run, type WorkerEvents } from 'graphile-worker'
import { sql } from 'kysely'
import type { CompanyNo } from '../kit/caller.ts'
import type { Tx } from './database.ts'
import type { Logger } from './log.ts'
import { drainCompany, nextDueAt } from './queue-drain.ts'
import { readPayload, type Task } from './queue-job.ts'
import { type Leases, openLeases } from './queue-leases.ts'
import { openQueuePool } from './queue-pool.ts'

export interface EnqueueOptions {
  companyNo: CompanyNo
  /** A job with the same key that did not start yet is replaced. Unique within the company. */
  key?: string
  /** Not before; at once unless given. For a company on a test clock: by that clock. */
  runAt?: Date
  /** Instead of `runAt`: so long from now, by the database's clock. At once for a company on a test clock. */
  delayMs?: number
  /** How often it is tried; 25 unless given. */
  attempts?: number
}

/** Leaves a job, in the transaction of its cause: it exists exactly when that commits. */
export async function enqueue(
  tx: Tx,
  task: string,
  payload: Record<string, unknown>,
  { companyNo, key, runAt, delayMs, attempts }: EnqueueOptions,
): Promise<void> {
  const at =
    delayMs === undefined
      ? sql`${runAt ?? null}`
      : sql`(select clock_timestamp() + ${delayMs} * interval '1 ms' from pool
          where company_id = ${companyNo} and clock is null)`
  await sql`select enqueue_job(${task}, ${companyNo}, ${JSON.stringify(payload)}::jsonb,
    ${key ?? null}, ${at}, ${attempts ?? null})`.execute(tx)
}

/** Whether jobs of a company are under way or due, other than those of one task. */
export async function isAtWork(tx: Tx, companyNo: CompanyNo, besides: string): Promise<boolean> {
  const { rows } = await sql<{
    is: boolean
  }>`select is_at_work(${companyNo}, ${besides}) as "is"`.execute(tx)
  return rows[0]!.is
}

/** Takes back the job with this key, unless it started already. */
export async function forgetJob(tx: Tx, companyNo: CompanyNo, key: string): Promise<void> {
  await sql`select forget_job(${companyNo}, ${key})`.execute(tx)
}

export interface QueueOptions {
  /** The owner's connection URL: the serving role may only enqueue. */
  url: string
  log: Logger
}

export interface Queue {
  /** Says what does the jobs; before the workers start or a company is drained. */
  setTasks(tasks: Record<string, Task>): void
  /** Starts to work on the jobs of all companies, so many at once. */
  startWorkers(concurrency: number): Promise<void>
  /** Whether workers run that were started. */
  readonly isWorking: boolean
  /**
   * Runs every job of one company that is due, and those they leave, until none is: what waits for the
   * company's own clock too, up to `until`. Failed ones are tried again at once, as often as they may be.
   */
  drain(companyNo: CompanyNo, until: Date): Promise<void>
  /** When the next job falls due that waits for the company's own clock. */
  nextDueAt(companyNo: CompanyNo): Promise<Date | undefined>
  /** How many jobs wait or run. */
  size(): Promise<number>
  /** Takes no more jobs, gives those under way some seconds, and lets go of the rest. Safe to repeat. */
  stop(): Promise<void>
}

const RESTART_MS = 1_000
const FINISH_MS = 3_000

/** Opens the queue: the way to its jobs for those who do them. */
export function openQueue({ url, log }: QueueOptions): Queue {
  const pool = openQueuePool(url)
  pool.on('error', (error) => {
    // The server may end the last connections before their goodbyes arrive.
    if (!stopping) log.warn({ reason: error.message }, 'Lost a connection of the queue')
  })
  pool.on('connect', (client) => client.on('error', () => {}))
  const drainId = `drain-${randomUUID()}`
  const leases = openLeases(pool, url, log)
  let tasks: Record<string, Task> = {}
  let runner: Runner | undefined
  let stopping: Promise<void> | undefined

  return {
    setTasks(given) {
      tasks = given
    },
    async startWorkers(concurrency) {
      runner = await startRunner(concurrency)
    },
    get isWorking() {
      return runner !== undefined
    },
    async drain(companyNo, until) {
      await leases.take(drainId)
      await drainCompany({ pool, tasks, log, lockedBy: drainId }, companyNo, until)
    },
    nextDueAt: (companyNo) => nextDueAt(pool, companyNo),
    async size() {
      const { rows } = await pool.query<{ size: number }>(
        'select count(*)::int as size from graphile_worker._private_jobs where attempts < max_attempts',
      )
      return rows[0]!.size
    },
    stop() {
      stopping ??= stop()
      return stopping
    },
  }

  async function startRunner(concurrency: number): Promise<Runner> {
    const events: WorkerEvents = new EventEmitter()
    events.on('pool:create', ({ workerPool }) => void lease(leases, workerPool.id, log))
    const started = await run({
      pgPool: pool,
      events,
      concurrency,
      taskList: Object.fromEntries(
        Object.entries(tasks).map(([name, task]) => [
          name,
          (payload, { job, abortSignal }) =>
            task({
              ...readPayload(payload),
              signal: abortSignal,
              attempt: job.attempts,
              isLastAttempt: job.attempts >= job.max_attempts,
            }),
        ]),
      ),
      noHandleSignals: true,
      pollInterval: 1_000,
      gracefulShutdownAbortTimeout: FINISH_MS,
      logger: new QueueLogger(() => (level, message) => {
        if (level === 'error') log.error({ message }, 'The queue tells an error')
        else if (level === 'warning') log.warn({ message }, 'The queue warns')
      }),
      preset: { worker: { crontabFile: '/dev/null' } },
      parsedCronItems: [],
    })
    started.promise
      .catch((error: Error) => log.error({ err: error }, 'The workers ended'))
      .then(async () => {
        runner = undefined
        while (!stopping && !runner) {
          await sleep(RESTART_MS, undefined, { ref: false })
          if (stopping) return
          runner = await startRunner(concurrency).catch(() => undefined)
        }
      })
    return started
  }

  async function stop(): Promise<void> {
    await runner?.stop().catch((error: Error) => log.warn({ reason: error.message }, 'Workers'))
    await leases.close()
    await pool.end()
  }
}

async function lease(leases: Leases, id: string, log: Logger): Promise<void> {
  await leases.take(id).catch((error: Error) => log.warn({ reason: error.message }, 'No lease'))
}
