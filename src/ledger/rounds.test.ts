import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestHouse, testHouse } from '../../tests/kit/house.ts'
import { settleDue } from './service/rounds.ts'

let now = new Date('2026-06-15T12:00:00.000Z')
let house: TestHouse

beforeAll(async () => {
  house = await testHouse({ clock: { now: () => now } })
})
afterAll(() => house.close())

test('what falls due in a pool that nobody touches happens all the same, at its own moment', async () => {
  const company = await house.newCompany()
  const expiresAt = '2026-06-15T13:00:00.000Z'
  await company.post('/v1/credits/grants', { source: 'purchased', credits: 5, expiresAt })
  now = new Date('2026-06-15T14:00:00.000Z')
  await settleDue(house)
  const { rows } = await house.database.asOwner(
    'select at, credits from ledger_entry where company_id = $1 and type = 6',
    [company.no],
  )
  expect(rows).toEqual([{ at: new Date(expiresAt), credits: '5000000' }])
})
