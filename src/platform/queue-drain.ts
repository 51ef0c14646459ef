import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import type { CompanyNo } from '../kit/caller.ts'
import type { Logger } from './log.ts'
import { readPayload, type Task } from './queue-job.ts'

interface DrainDeps {
  pool: pg.Pool
  tasks: Record<string, Task>
  log: Logger
  /** The name our jobs are locked under. */
  lockedBy: string
}

interface Taken {
  id: string
  task: string
  payload: unknown
  attempts: number
  max_attempts: number
}

const JOBS = 'graphile_worker._private_jobs'
const OF_COMPANY = "(payload ->> 'companyNo')::int = $1"
const DUE = `case when payload ->> 'dueAt' is null then attempts > 0 or run_at <= now()
  else (payload ->> 'dueAt')::timestamptz <= $2 end`
const WAIT_MS = 20
const MOST = 100_000

/** Runs the due jobs of one company, one after another, until there is none and none is under way. */
export async function drainCompany(deps: DrainDeps, companyNo: CompanyNo, until: Date) {
  for (let count = 0; ; ) {
    const job = await takeNext(deps, companyNo, until)
    if (job) {
      count += 1
      if (count > MOST) throw new Error(`company ${companyNo} has jobs without end`)
      await runJob(deps, job)
    } else if (await isLeft(deps, companyNo, until)) {
      await sleep(WAIT_MS)
    } else {
      return
    }
  }
}

/** When the next job falls due that waits for the company's own clock. */
export async function nextDueAt(pool: pg.Pool, companyNo: CompanyNo): Promise<Date | undefined> {
  const { rows } = await pool.query<{ at: Date | null }>(
    `select min((payload ->> 'dueAt')::timestamptz) as at from ${JOBS}
     where ${OF_COMPANY} and attempts < max_attempts`,
    [companyNo],
  )
  return rows[0]?.at ?? undefined
}

async function takeNext(
  { pool, tasks, lockedBy }: DrainDeps,
  companyNo: CompanyNo,
  until: Date,
): Promise<Taken | undefined> {
  const { rows } = await pool.query<Taken>(
    `update ${JOBS} as job
     set attempts = attempts + 1, locked_by = $3, locked_at = now()
     from graphile_worker._private_tasks as task
     where task.id = job.task_id and job.id = (
       select j.id from ${JOBS} as j join graphile_worker._private_tasks as t on t.id = j.task_id
       where ${OF_COMPANY} and is_available and ${DUE} and t.identifier = any ($4)
       order by (payload ->> 'dueAt')::timestamptz nulls first, priority, j.id
       limit 1 for update of j skip locked)
     returning job.id, task.identifier as task, job.payload, job.attempts, job.max_attempts`,
    [companyNo, until, lockedBy, Object.keys(tasks)],
  )
  return rows[0]
}

async function runJob({ pool, tasks, log, lockedBy }: DrainDeps, job: Taken): Promise<void> {
  try {
    await tasks[job.task]!({
      ...readPayload(job.payload),
      signal: new AbortController().signal,
      attempt: job.attempts,
      isLastAttempt: job.attempts >= job.max_attempts,
    })
    await pool.query(`delete from ${JOBS} where id = $1 and locked_by = $2`, [job.id, lockedBy])
  } catch (error) {
    log.warn({ err: error, task: job.task, attempt: job.attempts }, 'A job failed')
    await pool.query(
      `update ${JOBS} set locked_by = null, locked_at = null, last_error = $3
       where id = $1 and locked_by = $2`,
      [job.id, lockedBy, String((error as Error).message)],
    )
  }
}

/**
 * Whether a worker is on one of the company's jobs, which may leave others, or a job is due after all.
 * Both are looked at in one moment: a worker leaves jobs before its own is gone, so none slips in between.
 */
async function isLeft(
  { pool, tasks }: DrainDeps,
  companyNo: CompanyNo,
  until: Date,
): Promise<boolean> {
  const { rows } = await pool.query(
    `select from ${JOBS} as j join graphile_worker._private_tasks as t on t.id = j.task_id
     where ${OF_COMPANY}
       and (locked_at is not null or (is_available and ${DUE} and t.identifier = any ($3)))
     limit 1`,
    [companyNo, until, Object.keys(tasks)],
  )
  return rows.length > 0
}
