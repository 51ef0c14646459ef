import { afterEach, beforeEach, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../kit/database.ts'
import { troubleAlerts } from './alerts.ts'
import { examineLarge } from './doctor-size.ts'
import { loadServer } from './load.ts'
import { recover } from './recovery.ts'
import { troubleServers } from './runs.ts'

let database: TestDatabase
beforeEach(async () => {
  database = await testDatabase()
})
afterEach(() => database.drop())

test('each threshold is told to each admin under one Message-ID, whatever the receivers do', async () => {
  const result = await troubleAlerts(database.url, { crossings: 40, seed: 1 })
  expect(result).toMatchObject({ crossings: 40, mails: 80, messages: 40, faults: [], findings: [] })
}, 300_000)

test('a mail with a new Message-ID each time is caught', async () => {
  const { faults } = await troubleAlerts(database.url, { crossings: 60, seed: 42, control: true })
  expect(faults).not.toEqual([])
}, 300_000)

test('two servers in trouble keep what they acknowledged, once', async () => {
  const result = await troubleServers(database.url, { acknowledged: 600, seed: 1, clients: 12 })
  expect(result).toMatchObject({ violations: [], findings: [] })
  expect(result.acknowledged).toBeGreaterThanOrEqual(600)
}, 300_000)

test('a steady load is answered whole, and a stall is not hidden', async () => {
  const asked = { rate: 100, seconds: 6, companies: 3, warmUp: 30, seed: 1 }
  const calm = await loadServer(database.url, asked)
  expect(calm).toMatchObject({ charges: 600, inLedger: 600, errors: {}, findings: [] })
  const stalled = await loadServer(database.url, { ...asked, stalls: true })
  expect(stalled).toMatchObject({ inLedger: 600, errors: {}, findings: [] })
  // It stood still for a second of six: a sixth of all waited, some of them nearly all of it.
  expect(stalled.p99).toBeGreaterThan(800)
}, 300_000)

test('after deaths of the server and of PostgreSQL everything goes on by itself', async () => {
  const result = await recover({ deaths: 1, backlog: 300 })
  expect(result.findings).toEqual([])
  expect([...result.readyAfterKill, ...result.chargeAfterPostgres]).toHaveLength(2)
}, 300_000)

test('the doctor finds nothing in a large ledger that nobody changed', async () => {
  expect((await examineLarge(database.url, { entries: 5_000 })).findings).toEqual([])
}, 300_000)

test('one entry that was changed is found among many', async () => {
  const { findings } = await examineLarge(database.url, { entries: 5_000, control: true })
  expect(findings.join('\n')).toContain('entry 2500')
}, 300_000)
