import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../../tests/kit/database.ts'
import { createLog } from './log.ts'
import { enqueue, forgetJob, openQueue, type Queue } from './queue.ts'
import type { Job } from './queue-job.ts'

const log = createLog('silent')
const noon = new Date('2026-06-15T12:00:00Z')
const hours = (n: number) => new Date(noon.getTime() + n * 3_600_000)

let database: TestDatabase
let queue: Queue
let done: string[] = []

const note = async ({ companyNo, payload }: Job) => void done.push(`${companyNo}:${payload.say}`)
const tasks = {
  note,
  async twice(job: Job) {
    await note(job)
    if (job.attempt < 3) throw new Error('not yet')
  },
  async never(job: Job) {
    done.push(`${job.attempt}${job.isLastAttempt ? ' last' : ''}`)
    throw new Error('never')
  },
  async chain({ companyNo, payload }: Job) {
    done.push(`chain ${payload.left}`)
    if (Number(payload.left) > 0)
      await leave(companyNo, 'chain', { left: Number(payload.left) - 1 })
  },
}

const leave = (companyNo: number, task: string, payload: object, more = {}) =>
  database.db.company(companyNo, (tx) => enqueue(tx, task, { ...payload }, { companyNo, ...more }))

beforeAll(async () => {
  database = await testDatabase()
  // Company 1 lives in real time, 2 and 3 on test clocks.
  await database.asOwner(
    `insert into company (id, public_id, name, timezone, created_at)
     select n, 'co_' || n, 'C', 'UTC', now() from generate_series(1, 3) n`,
  )
  await database.asOwner(
    'insert into pool (company_id, clock) values (1, null), (2, $1), (3, $1)',
    [noon],
  )
  queue = openQueue({ url: database.url, log })
  queue.setTasks(tasks)
})
afterAll(async () => {
  await queue.stop()
  await database.drop()
})

const drained = async (companyNo: number, until = noon) => {
  done = []
  await queue.drain(companyNo, until)
  return done
}

test('a job exists exactly when the transaction of its cause commits', async () => {
  await leave(2, 'note', { say: 'kept' })
  const rolledBack = database.db.company(2, async (tx) => {
    await enqueue(tx, 'note', { say: 'lost' }, { companyNo: 2 })
    throw new Error('no')
  })
  await expect(rolledBack).rejects.toThrow('no')
  expect(await drained(2)).toEqual(['2:kept'])
  expect(await drained(2)).toEqual([])
})

test('draining one company leaves the jobs of others', async () => {
  await leave(2, 'note', { say: 'mine' })
  await leave(3, 'note', { say: 'theirs' })
  expect(await drained(2)).toEqual(['2:mine'])
  expect(await drained(3)).toEqual(['3:theirs'])
})

test('jobs that jobs leave are done too', async () => {
  await leave(2, 'chain', { left: 3 })
  expect(await drained(2)).toEqual(['chain 3', 'chain 2', 'chain 1', 'chain 0'])
})

test('a failed job is tried again at once, and given up after its attempts', async () => {
  await leave(2, 'twice', { say: 'x' })
  expect(await drained(2)).toEqual(['2:x', '2:x', '2:x'])
  await leave(2, 'never', {}, { attempts: 2 })
  expect(await drained(2)).toEqual(['1', '2 last'])
  expect(await drained(2)).toEqual([])
})

test('on a test clock, jobs wait for that clock and come in its order', async () => {
  await leave(2, 'note', { say: 'later' }, { runAt: hours(2) })
  await leave(2, 'note', { say: 'soon' }, { runAt: hours(1) })
  await leave(2, 'note', { say: 'past' }, { runAt: hours(-1) })
  expect(await queue.nextDueAt(2)).toEqual(hours(1))
  expect(await drained(2)).toEqual(['2:past'])
  expect(await drained(2, hours(2))).toEqual(['2:soon', '2:later'])
  expect(await queue.nextDueAt(2)).toBeUndefined()
})

test('in real time, a job for tomorrow is not drained today', async () => {
  await leave(
    1,
    'note',
    { say: 'tomorrow' },
    { key: 'k', runAt: new Date(Date.now() + 86_400_000) },
  )
  expect(await drained(1)).toEqual([])
  await database.db.company(1, (tx) => forgetJob(tx, 1, 'k'))
})

test('a key keeps one job of its name, in each company', async () => {
  await leave(2, 'note', { say: 'old' }, { key: 'same' })
  await leave(2, 'note', { say: 'new' }, { key: 'same' })
  await leave(3, 'note', { say: 'other' }, { key: 'same' })
  await leave(3, 'note', { say: 'gone' }, { key: 'gone' })
  await database.db.company(3, (tx) => forgetJob(tx, 3, 'gone'))
  expect(await drained(2)).toEqual(['2:new'])
  expect(await drained(3)).toEqual(['3:other'])
})

test('workers do the jobs of all companies, but not what waits for a test clock', async () => {
  const working = openQueue({ url: database.url, log })
  working.setTasks(tasks)
  done = []
  await working.startWorkers(2)
  expect(working.isWorking).toBe(true)
  await leave(1, 'note', { say: 'a' })
  await leave(2, 'note', { say: 'b' })
  await leave(2, 'note', { say: 'c' }, { runAt: hours(100) })
  await expect.poll(() => [...done].sort(), { timeout: 8000 }).toEqual(['1:a', '2:b'])
  await working.stop()
  expect(await drained(2, hours(100))).toEqual(['2:c'])
})

test('draining waits for what a worker has under way', async () => {
  const working = openQueue({ url: database.url, log })
  const release = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  working.setTasks({
    async slow(job: Job) {
      begun.resolve()
      await release.promise
      await leave(job.companyNo, 'note', { say: 'after' })
    },
  })
  await working.startWorkers(1)
  await leave(2, 'slow', {})
  await begun.promise
  done = []
  const draining = queue.drain(2, noon)
  setTimeout(release.resolve, 100)
  await draining
  expect(done).toEqual(['2:after'])
  await working.stop()
})

test('draining ends only when nothing is left, also of what workers leave beside it', async () => {
  const working = openQueue({ url: database.url, log })
  working.setTasks(tasks)
  await working.startWorkers(2)
  for (let round = 0; round < 12; round++) {
    await leave(2, 'chain', { left: 12 })
    await drained(2)
    const { rows } = await database.asOwner(
      `select task_id, payload from graphile_worker._private_jobs
       where (payload ->> 'companyNo')::int = 2 and attempts < max_attempts`,
    )
    expect(rows).toEqual([])
  }
  await working.stop()
}, 30_000)

test('a delay is counted by the clock of the database', async () => {
  await leave(1, 'note', { say: 'soon' }, { key: 'soon', delayMs: 60_000 })
  const { rows } = await database.asOwner(
    `select run_at > now() + interval '50 seconds' and run_at < now() + interval '70 seconds' as ok
     from graphile_worker._private_jobs where (payload ->> 'say') = 'soon'`,
  )
  expect(rows).toEqual([{ ok: true }])
  expect(await drained(1)).toEqual([])
  await database.db.company(1, (tx) => forgetJob(tx, 1, 'soon'))
})

test('connections that end while it stops are no news', async () => {
  const told: string[] = []
  const stopping = openQueue({
    url: database.url,
    log: { ...log, warn: (_: unknown, message: string) => void told.push(message) } as typeof log,
  })
  const begun = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  stopping.setTasks({
    async slow() {
      begun.resolve()
      await release.promise
    },
  })
  await stopping.startWorkers(1)
  await leave(2, 'slow', {})
  await begun.promise
  const stopped = stopping.stop()
  const ended = `select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'sluice queue' and state = 'idle' and datname = current_database()
      and query not like 'LISTEN%'`
  await expect
    .poll(async () => (await database.asOwner(ended)).rows.length, { timeout: 10_000 })
    .toBe(0)
  release.resolve()
  await stopped
  expect(told).not.toContain('Lost a connection of the queue')
})

test('the lease connection takes one statement at a time', async () => {
  const warned: string[] = []
  const note = ({ message }: Error) => void warned.push(message)
  process.on('warning', note)
  const fresh = openQueue({ url: database.url, log })
  fresh.setTasks(tasks)
  await Promise.all(Array.from({ length: 8 }, () => fresh.drain(3, noon)))
  await fresh.stop()
  // A warning comes a turn after its cause.
  await new Promise((done) => setImmediate(done))
  process.off('warning', note)
  expect(warned.filter((message) => message.includes('already executing'))).toEqual([])
})

test('the jobs of a worker that is no more are given to others', async () => {
  await leave(2, 'note', { say: 'orphan' })
  await database.asOwner(
    `update graphile_worker._private_jobs set locked_by = 'pool-dead', locked_at = now() - interval '1 minute'
     where (payload ->> 'companyNo')::int = 2`,
  )
  expect(await drained(2)).toEqual(['2:orphan'])
}, 15_000)
