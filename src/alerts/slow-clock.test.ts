import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestCompany, type TestHouse, testHouse } from '../../tests/kit/house.ts'

const BEHIND_MS = 3_600_000

let house: TestHouse
let company: TestCompany
beforeAll(async () => {
  // The server's clock is an hour behind the database's.
  house = await testHouse({ clock: { now: () => new Date(Date.now() - BEHIND_MS) } })
  company = await house.newCompany()
})
afterAll(() => house.close())

test('stops wait for each other on a server whose clock is behind, without being asked again and again', async () => {
  await company.post('/v1/members', { name: 'T', email: 't@slow.test', role: 'tech_admin' })
  await company.post('/v1/credits/grants', { source: 'purchased', credits: 1 })
  const asked = { kind: 'question', name: 'A', question: 'Is it?', itemTypes: ['call'] }
  const made = await company.post('/v1/trackers', asked)
  const published = await company.post(`/v1/trackers/${made.body.id}/publish`, {})
  expect(published.status, published.text).toBe(200)
  const items = [{ type: 'call', durationSeconds: 700 }]
  await company.post('/v1/credits/charges', { items, feature: 'x' })
  // Ends: the mail about the stop is planned once, and is not due.
  await house.queue.drain(company.no, new Date())
  const { rows } = await house.database.asOwner(
    `select extract(epoch from run_at - now())::float8 as seconds from graphile_worker._private_jobs j
     join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = 'alerts.together'`,
  )
  expect(rows).toHaveLength(1)
  expect(rows[0].seconds).toBeGreaterThan(0)
  expect(rows[0].seconds).toBeLessThan(11)
})
