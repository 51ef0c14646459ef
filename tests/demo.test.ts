import { expect, test } from 'vitest'
import { makeDemo, type WayIn } from '../src/demo/make.ts'
import type { Clock } from '../src/platform/clock.ts'
import { testHouse } from './kit/house.ts'

test('the demo is an ordinary company with a past, made once', { timeout: 280_000 }, async () => {
  const operatorKey = 'op_only-for-the-demo-0123'
  const settings = { operatorKey }
  const house = await testHouse({ settings })
  const { database } = house
  let way: WayIn | undefined
  const now = new Date()
  const options = {
    ...{ now, days: 20, operatorKey },
    openHouse: (clock: Clock) => testHouse({ settings, clock, on: database }),
    keep: async (given: WayIn) => {
      way = given
    },
  }
  expect(await makeDemo(options)).toBe(true)
  expect(await makeDemo(options)).toBe(false)

  const demo = house.client(`Bearer ${way?.key}`)
  const company = await demo.get('/v1/company')
  expect(company.body.onTestClock).toBe(false)
  const balance = await demo.get('/v1/credits/balance')
  expect(balance.body.asOf >= now.toISOString()).toBe(true)
  expect(balance.body.used).toBeGreaterThan(100)
  const { rows } = await database.asOwner(
    `select count(*)::int as entries, max(at) <= $1 as past,
       bool_and(at >= coalesce(before, at)) as forward
     from (select at, lag(at) over (order by seq) as before from ledger_entry) as entry`,
    [new Date()],
  )
  expect(rows[0]).toMatchObject({ past: true, forward: true })
  expect(rows[0].entries).toBeGreaterThan(1000)
  const count = async (path: string) => (await demo.get(path)).body.data.length
  expect(await count('/v1/streams')).toBe(5)
  expect(await count('/v1/briefs')).toBe(3)
  expect(await count('/v1/automations')).toBe(2)
  expect(await count('/v1/budgets')).toBe(3)
  await house.close()
})
