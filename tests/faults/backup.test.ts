import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { settleAlerts } from '../../src/alerts/service/restored.ts'
import { doctor } from '../../src/doctor/service.ts'
import { backUp } from '../../src/platform/backup.ts'
import { startPostgres } from '../../src/platform/embedded-postgres.ts'
import { createLog } from '../../src/platform/log.ts'
import { migrate } from '../../src/platform/migrate.ts'
import { ownerSnapshot } from '../../src/platform/owner-snapshot.ts'
import { restore } from '../../src/platform/restore.ts'
import { emptyDatabase, openedDatabase } from '../kit/database.ts'
import { type TestCompany, testHouse } from '../kit/house.ts'
import { mailServer } from '../kit/mail-server.ts'
import { tableHashes } from '../kit/table-hashes.ts'

const main = new URL('../../src/main.ts', import.meta.url).pathname
const examine = (url: string) => ownerSnapshot(url, (run) => doctor({ run }))

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-backup-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Runs a command of the program as an operator does. */
async function sluice(args: string[], env: Record<string, string>): Promise<string> {
  const { PATH = '', HOME = '' } = process.env
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...args], {
    env: { PATH, HOME, SLUICE_LOG_LEVEL: 'silent', ...env },
  })
  return stdout
}

const emails = (quantity: number) => ({ items: [{ type: 'email', quantity }], feature: 'backup' })
const charge = (company: TestCompany, key: string) =>
  company.post('/v1/credits/charges', emails(1), { key })
const balance = async (company: Pick<TestCompany, 'get'>) =>
  (await company.get('/v1/credits/balance')).body

test('a backup under load is one moment, and restored into a new folder it goes on from there', async () => {
  const house = await testHouse()
  const company = await house.newCompany()
  await company.post('/v1/credits/grants', { source: 'purchased', credits: 100_000 })
  const done: { key: string; seq: number }[] = []
  let over = false
  const client = async (who: number) => {
    for (let no = 0; !over; no++) {
      const key = `load ${who} ${no}`
      const answer = await charge(company, key)
      expect(answer.status).toBe(201)
      done.push({ key, seq: answer.body.balance.seq })
    }
  }
  const load = Promise.all([0, 1, 2].map(client))
  await expect.poll(() => done.length, { timeout: 30_000 }).toBeGreaterThan(20)
  const before = done.length
  const file = join(folder, 'under-load.backup')
  await sluice(['backup', file], { DATABASE_URL: house.database.url, SLUICE_DATA_DIR: folder })
  const after = done.length
  await expect.poll(() => done.length, { timeout: 30_000 }).toBeGreaterThan(after + 20)
  over = true
  await load
  const { key } = company
  await house.close()

  const dataDir = join(folder, 'new')
  expect(await sluice(['restore', file], { SLUICE_DATA_DIR: dataDir })).toContain(
    'Nothing is wrong.',
  )
  const postgres = await startPostgres({ dataDir, log: createLog('silent') })
  try {
    const database = openedDatabase(postgres.url)
    const restored = await testHouse({ on: database })
    const again = restored.client(`Bearer ${key}`) as TestCompany
    const { seq, used, available } = await balance(again)
    const kept = done.filter((one) => one.seq <= seq)
    expect(kept.length).toBeGreaterThanOrEqual(before)
    expect(kept.length).toBeLessThan(done.length)
    expect(used).toBe(Number((kept.length / 10).toFixed(1)))
    expect(available + used).toBe(100_000)

    // What it remembers is answered from memory; what came later is done, once.
    const known = await charge(again, kept.at(-1)!.key)
    expect(known.headers['idempotency-replayed']).toBe('true')
    expect((await balance(again)).seq).toBe(seq)
    const lost = done.find((one) => one.seq > seq)!
    const first = await charge(again, lost.key)
    const second = await charge(again, lost.key)
    expect([first.headers['idempotency-replayed'], second.headers['idempotency-replayed']]).toEqual(
      [undefined, 'true'],
    )
    expect((await balance(again)).used).toBe(Number(((kept.length + 1) / 10).toFixed(1)))
    await restored.close()
    await database.drop()
    expect(await examine(postgres.url)).toEqual([])
  } finally {
    await postgres.stop()
  }

  // The other way: a copy of the whole folder while nobody runs on it.
  const copy = join(folder, 'copy')
  await promisify(execFile)('cp', ['-a', dataDir, copy])
  expect(await sluice(['doctor'], { SLUICE_DATA_DIR: copy })).toBe('Nothing is wrong.\n')
}, 180_000)

/** A company whose mails and messages wait, because nobody takes them; gives its backup. */
async function whatWaits() {
  const house = await testHouse({
    settings: {
      mail: { smtpUrl: 'smtp://127.0.0.1:1', from: 'Sluice <credits@sluice.test>' },
      outboundPrivate: true,
    },
  })
  const company = await house.newCompany()
  await company.post('/v1/members', { name: 'Ada', email: 'ada@backup.test', role: 'tech_admin' })
  await company.post('/v1/credits/grants', { source: 'purchased', credits: 100 })
  const hook = { url: 'http://127.0.0.1:1/hook', events: ['credits.threshold'] }
  expect((await company.post('/v1/webhooks', hook)).status).toBe(201)
  await company.post('/v1/credits/charges', emails(700))
  await house.workUntilIdle()
  // This one nobody was told of yet.
  await company.post('/v1/credits/charges', emails(150))
  const { rows } = await house.database.asOwner(
    `select (select count(*)::int from mail where status = 'queued') as mails,
       (select count(*)::int from alert where told_at is null) as untold`,
  )
  expect(rows[0].mails).toBeGreaterThan(0)
  expect(rows[0].untold).toBeGreaterThan(0)
  const file = join(folder, `waits-${company.no}-${Date.now()}.backup`)
  await backUp(house.database.url, file)
  await house.close()
  return { file, key: company.key }
}

test.each([
  ['nothing that waited leaves after a restore, and what is new does', true],
  ['a restore that settles nothing would send it again, which this notices', false],
])(
  '%s',
  async (_, isSettled) => {
    const { file, key } = await whatWaits()
    const server = await mailServer()
    const empty = await emptyDatabase()
    await restore(empty.url, file, async (run) => {
      if (isSettled) await settleAlerts(run)
    })
    const database = openedDatabase(empty.url)
    const settings = { mail: { smtpUrl: server.url, from: 'Sluice <credits@sluice.test>' } }
    const house = await testHouse({ on: database, settings })
    try {
      await database.asOwner('update graphile_worker._private_jobs set run_at = now()')
      await house.workUntilIdle()
      if (!isSettled) return expect(server.received.length).toBeGreaterThan(0)
      expect(server.received).toEqual([])
      const company = house.client(`Bearer ${key}`)
      const mails = (await company.get('/v1/mails')).body.data
      expect(mails.map(({ status }: { status: string }) => status)).toEqual(['failed'])
      expect((await company.get('/v1/notifications')).body.data.length).toBeGreaterThan(1)
      await company.post('/v1/credits/charges', emails(100))
      await house.workUntilIdle()
      expect(server.received).toHaveLength(1)
      expect(await examine(empty.url)).toEqual([])
    } finally {
      await house.close()
      await database.drop()
      await empty.drop()
      await server.close()
    }
  },
  120_000,
)

test('what was restored by other means is settled by a command', async () => {
  const { file } = await whatWaits()
  const empty = await emptyDatabase()
  await restore(empty.url, file, async () => {})
  const said = await sluice(['restored'], { DATABASE_URL: empty.url, SLUICE_DATA_DIR: folder })
  expect(said).toBe(
    'Not sent of what waited: mails 1, webhook messages 1. All sessions have ended.\n',
  )
  const database = openedDatabase(empty.url)
  const { rows } = await database.asOwner(
    'select status from mail union all select status from webhook_delivery',
  )
  expect(rows).toEqual([{ status: 'failed' }, { status: 'failed' }])
  await database.drop()
  await empty.drop()
}, 60_000)

test('a database of an older version with its data is brought up to date, and goes on', async () => {
  // Made by the version whose last migration was 0073, with a tracker's history, a refund and an open hold; it goes
  // on in the minute it was made, whatever day it is now.
  const clock = { now: () => new Date('2026-11-22T23:59:00Z') }
  const file = new URL('version-0073.backup', import.meta.url).pathname
  const key = [
    'slc',
    '06h0b4p651vh5acqjc82y4fwzw',
    'kb30decbc772vtsna69yf27rrsnnemdd95qzeq8m17hz5r9m9xq0dbd0ffec',
  ]
  const empty = await emptyDatabase()
  await restore(empty.url, file, async () => {})
  expect(await examine(empty.url)).toEqual([])
  // Somebody else who brings it up to date finds nothing left to do.
  await Promise.all([migrate(empty.url), migrate(empty.url)])
  const database = openedDatabase(empty.url)
  const house = await testHouse({ on: database, clock })
  try {
    const company = house.client(`Bearer ${key.join('_')}`)
    const before = await balance(company)
    expect(before).toMatchObject({ available: 961.4, held: 1, used: 87.6, seq: 105 })
    const replay = await company.post(
      '/v1/credits/charges',
      { ...emails(40), feature: 'old' },
      { key: 'old-44' },
    )
    expect(replay.headers['idempotency-replayed']).toBe('true')
    expect(replay.body.id).toBe('chg_0mwsgr3m7797pfc16')
    const fresh = await company.post('/v1/credits/charges', emails(4))
    expect(fresh.status).toBe(201)
    expect(await balance(company)).toMatchObject({ available: 961, used: 88 })
    const [tracker] = (await company.get('/v1/trackers')).body.data
    const results = await company.get(`/v1/trackers/${tracker.id}/results`, { limit: 100 })
    expect(results.body.data.length).toBeGreaterThan(30)
    expect(await examine(empty.url)).toEqual([])
  } finally {
    await house.close()
    await database.drop()
    await empty.drop()
  }
}, 120_000)

test('what is no whole backup is refused, and the database stays empty', async () => {
  const whole = await readFile(new URL('version-0073.backup', import.meta.url))
  const cut = join(folder, 'cut.backup')
  await writeFile(cut, whole.subarray(0, whole.length - 2_000))
  const empty = await emptyDatabase()
  await expect(restore(empty.url, cut, async () => {})).rejects.toThrow()
  const database = openedDatabase(empty.url)
  const { rows } = await database.asOwner('select from company')
  expect(rows).toEqual([])
  await database.drop()
  await writeFile(cut, 'something else')
  await expect(restore(empty.url, cut, async () => {})).rejects.toThrow(/cannot be read/)
  await empty.drop()
})

test('a database with companies in it is not written over', async () => {
  const house = await testHouse()
  await house.newCompany()
  const file = new URL('version-0073.backup', import.meta.url).pathname
  const before = await tableHashes(house.database)
  const env = { DATABASE_URL: house.database.url, SLUICE_DATA_DIR: folder }
  await expect(sluice(['restore', file], env)).rejects.toMatchObject({
    code: 78,
    stderr: 'Sluice stops: the database has companies: restore into an empty one.\n',
  })
  expect(await tableHashes(house.database)).toEqual(before)
  await house.close()
})
