import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../kit/database.ts'
import { blackHole, killPostgres, killServers, loseReplies } from './runs.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
})

afterAll(() => database.drop())

const clean = { violations: [], findings: [] }

test('what a killed server acknowledged is there, once', async () => {
  const result = await killServers(database.url, { kills: 4, clients: 8 })
  expect(result).toMatchObject(clean)
  expect(result.acknowledged).toBeGreaterThan(50)
}, 120_000)

test('a server that answers before the commit is caught', async () => {
  const { violations } = await killServers(database.url, { kills: 4, clients: 8, control: true })
  expect(violations).not.toEqual([])
}, 120_000)

test('what was acknowledged survives the death of PostgreSQL, once', async () => {
  const result = await killPostgres({ kills: 3, clients: 8 })
  expect(result).toMatchObject(clean)
  expect(result.acknowledged).toBeGreaterThan(50)
}, 120_000)

test('a database that does not wait for its disk is caught', async () => {
  const { violations } = await killPostgres({ kills: 5, clients: 8, control: true })
  expect(violations).not.toEqual([])
}, 120_000)

test('a commit whose answer was lost is found by its key', async () => {
  const result = await loseReplies(database.url, { losses: 100, seed: 1 })
  expect(result).toMatchObject(clean)
  expect(result.replayed).toBeGreaterThan(50)
  expect(result.charged).toBe(result.acknowledgedCredits)
}, 120_000)

test('without keys, lost answers charge twice', async () => {
  const result = await loseReplies(database.url, { losses: 20, seed: 1, control: true })
  expect(result.charged).toBeGreaterThan(result.acknowledgedCredits)
}, 120_000)

test('a network that swallows everything for a while leaves nothing wrong', async () => {
  expect(await blackHole(database.url, 3)).toMatchObject(clean)
}, 180_000)
