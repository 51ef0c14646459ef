import { afterEach, beforeEach, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../kit/database.ts'
import { killWorkers } from './workers.ts'

let database: TestDatabase
beforeEach(async () => {
  database = await testDatabase()
})
afterEach(() => database.drop())

test('workers that are killed in the midst of a history leave the results and charges of those that live', async () => {
  const result = await killWorkers(database.url, { kills: 4, items: 200, seed: 1 })
  expect(result).toMatchObject({ results: 600, charges: 600, differences: [], findings: [] })
}, 300_000)

test('a worker that charges before it writes the result is caught', async () => {
  const asked = { kills: 6, items: 200, seed: 2, control: true }
  const { differences } = await killWorkers(database.url, asked)
  expect(differences.filter((one) => one.startsWith('more of the charge'))).not.toEqual([])
}, 300_000)
