import { open } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { doctor } from '../../src/doctor/service.ts'
import { migrate } from '../../src/platform/migrate.ts'
import { ownerSnapshot } from '../../src/platform/owner-snapshot.ts'
import { mortalPostgres } from '../kit/chaos.ts'
import { emptyDatabase, openedDatabase, type TestDatabase, testDatabase } from '../kit/database.ts'
import { type TestCompany, type TestHouse, testHouse } from '../kit/house.ts'
import { openProxy } from '../kit/proxy.ts'

let database: TestDatabase
let house: TestHouse | undefined
beforeEach(async () => {
  database = await testDatabase()
})
afterEach(async () => {
  await house?.close()
  house = undefined
  await database.drop()
})

const findings = (url = database.url) => ownerSnapshot(url, (run) => doctor({ run }))
const emails = (quantity: number) => ({ items: [{ type: 'email', quantity }], feature: 'faults' })

async function companyWithCredits(of: TestHouse): Promise<TestCompany> {
  const company = await of.newCompany()
  await company.post('/v1/credits/grants', { source: 'purchased', credits: 1_000 })
  return company
}

/** Asks under one key until it is answered for good; gives how often it was put off. */
async function insist(company: TestCompany, key: string): Promise<number> {
  for (let tries = 0; ; tries++) {
    const answer = await company.post('/v1/credits/charges', emails(1), { key })
    if (answer.status === 201) return tries
    expect(answer.status, answer.text).toBe(503)
    expect(answer.headers['retry-after']).toBeDefined()
    await new Promise((done) => setTimeout(done, 20))
  }
}

test('while the database is read-only writes are put off and reads are answered', async () => {
  house = await testHouse({ on: database })
  const company = await companyWithCredits(house)
  const name = new URL(database.url).pathname.slice(1)
  const turn = async (to: 'on' | 'off') => {
    await database.asOwner(`alter database ${name} set default_transaction_read_only = ${to}`)
    await database.asOwner(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()',
      [name],
    )
  }
  await turn('on')
  await expect
    .poll(() => company.post('/v1/credits/charges', emails(1), { key: 'one' }))
    .toMatchObject({ status: 503, body: { code: 'unavailable' } })
  await expect
    .poll(async () => (await company.get('/v1/credits/balance')).body)
    .toMatchObject({ available: 1_000 })
  await database.asOwner('set default_transaction_read_only = off')
  await turn('off')
  await insist(company, 'one')
  expect((await company.get('/v1/credits/balance')).body).toMatchObject({ available: 999.9 })
  expect(await findings()).toEqual([])
}, 60_000)

test('without a free connection requests are put off, and served when there is one again', async () => {
  house = await testHouse({ on: database, settings: { databasePool: 2 } })
  const company = await companyWithCredits(house)
  const taken = await Promise.all([house.db.pool.connect(), house.db.pool.connect()])
  const refused = await company.get('/v1/members')
  expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable' } })
  expect(refused.headers['retry-after']).toBe('1')
  for (const one of taken) one.release()
  expect((await company.get('/v1/members')).status).toBe(200)
}, 60_000)

test('connections that PostgreSQL ends put requests off, and nothing is done twice', async () => {
  house = await testHouse({ on: database })
  const company = await companyWithCredits(house)
  let isOver = false
  let ended = 0
  const ending = (async () => {
    for (; !isOver; await new Promise((done) => setTimeout(done, 40))) {
      const { rowCount } = await database.asOwner(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()`,
      )
      ended += rowCount ?? 0
    }
  })()
  const client = async (no: number) => {
    for (let i = 0; i < 20; i++) await insist(company, `${no} ${i}`)
  }
  await Promise.all(Array.from({ length: 10 }, (_, no) => client(no)))
  isOver = true
  await ending
  expect(ended).toBeGreaterThan(5)
  await expect
    .poll(async () => (await company.get('/v1/credits/balance')).body)
    .toMatchObject({ available: 980, used: 20 })
  expect(await findings()).toEqual([])
}, 120_000)

test('a slow network makes answers late, and nothing else', async () => {
  const to = new URL(database.url)
  const proxy = await openProxy({ host: to.hostname, port: Number(to.port) }, Math.random)
  const through = new URL(database.url)
  through.port = String(proxy.port)
  const behind = openedDatabase(through.href)
  const slow = await testHouse({ on: behind })
  try {
    const company = await companyWithCredits(slow)
    proxy.trouble.latencyMs = 100
    const all = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        company.post('/v1/credits/charges', emails(1), { key: String(i) }),
      ),
    )
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([201]))
    expect((await company.get('/v1/credits/balance')).body).toMatchObject({ used: 5 })
    proxy.trouble.latencyMs = 0
    expect(await findings()).toEqual([])
  } finally {
    await proxy.close()
    await slow.close()
    await behind.drop()
  }
}, 120_000)

test('servers whose clocks are minutes apart write one ledger, in one order', async () => {
  const ahead = { now: () => new Date(Date.now() + 180_000) }
  house = await testHouse({ on: database })
  const other = await testHouse({ on: database, clock: ahead })
  try {
    const company = await companyWithCredits(house)
    const doors = [company, other.client(`Bearer ${company.key}`)]
    const all = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        doors[i % 2]!.post('/v1/credits/charges', emails(1), { key: String(i) }),
      ),
    )
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([201]))
    const { rows } = await database.asOwner(
      `select count(*)::int as n, bool_and(at >= before) as "inOrder" from (
         select at, lag(at, 1, at) over (order by seq) as before from ledger_entry) e`,
    )
    expect(rows).toEqual([{ n: 61, inOrder: true }])
    expect((await company.get('/v1/credits/balance')).body).toMatchObject({ used: 6 })
    expect(await findings()).toEqual([])
  } finally {
    await other.close()
  }
}, 60_000)

test('more than the ledger can let wait is refused at once, and what waits is done', async () => {
  house = await testHouse({ on: database })
  const company = await companyWithCredits(house)
  const blocker = new pg.Client({ connectionString: database.url })
  await blocker.connect()
  await blocker.query('begin')
  await blocker.query('select from pool where company_id = $1 for update', [company.no])
  const settle = () => house!.ledger.submit({ companyNo: company.no, asked: { kind: 'settle' } })
  const waiting: Promise<unknown>[] = []
  let refused: { code: string; facts: object } | undefined
  while (!refused) {
    const note = (error: NonNullable<typeof refused>) => {
      refused ??= error
    }
    waiting.push(settle().catch(note))
    if (waiting.length % 500 === 0) await new Promise((done) => setImmediate(done))
    expect(waiting.length).toBeLessThan(30_000)
  }
  expect(refused).toMatchObject({ code: 'unavailable', facts: { retryAfter: 1 } })
  await blocker.query('rollback')
  await blocker.end()
  await Promise.all(waiting)
  expect(await findings()).toEqual([])
}, 120_000)

test('several that make the tables at once make them once', async () => {
  const empty = await emptyDatabase()
  try {
    await Promise.all([migrate(empty.url), migrate(empty.url), migrate(empty.url)])
    expect(await findings(empty.url)).toEqual([])
  } finally {
    await empty.drop()
  }
}, 60_000)

test('a rotten page is an error, never another balance', async () => {
  const postgres = await mortalPostgres()
  const rotting = openedDatabase(postgres.url)
  const over = await testHouse({ on: rotting })
  try {
    const company = await companyWithCredits(over)
    for (let i = 0; i < 20; i++) await company.post('/v1/credits/charges', emails(1))
    const { rows } = await rotting.asOwner(
      'select pg_relation_filepath(tableoid) as file from ledger_entry limit 1',
    )
    await rotting.asOwner('checkpoint')
    const file = await open(join(postgres.dir, rows[0].file), 'r+')
    await file.write(Buffer.from('rotten'), 0, 6, 4_000)
    await file.close()
    // What PostgreSQL has in memory goes with it.
    await postgres.kill()
    await expect
      .poll(async () => (await company.get('/v1/credits/ledger')).status, { timeout: 30_000 })
      .toBe(500)
    await expect(findings(postgres.url)).rejects.toThrow(/invalid page/)
  } finally {
    await over.close()
    await rotting.drop().catch(() => {})
    await postgres.stop()
  }
}, 120_000)
