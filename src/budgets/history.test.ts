import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestHouse, testHouse } from '../../tests/kit/house.ts'
import { usedSince } from '../insight/service/roll-up.ts'
import { diceOf, live } from '../insight/tests/history.ts'
import { budgetFaults } from './service/check.ts'

let house: TestHouse
beforeAll(async () => {
  house = await testHouse()
})
afterAll(() => house.close())

test.each(
  ['UTC', 'America/New_York', 'Asia/Kolkata', 'Pacific/Apia'].map((timezone, seed) => ({
    timezone,
    seed,
  })),
)(
  'after any history budgets count exactly what was charged and is held, in $timezone',
  async ({ timezone, seed }) => {
    const start = new Date('2026-03-27T20:00:00Z')
    const company = await house.newCompany({ timezone, testClock: start.toISOString() })
    await company.post('/v1/rate-cards', { prices: { page_view: 0.000001, free_thing: 0 } })
    const dice = diceOf(seed + 31)
    const faults = () =>
      house.db.snapshot(company.no, (tx) => budgetFaults({ usedSince }, tx, company.no))
    const scopes = [
      { scope: { type: 'feature', id: 'ai_tracker' }, period: 'month', credits: 25 },
      { scope: { type: 'integration', id: company.keyId }, period: 'month', credits: 60 },
    ]
    for (const one of scopes) await company.post('/v1/budgets', one)
    const { now } = await live(company, start, dice, 50)
    const late = { scope: { type: 'instance', id: 'i1' }, period: 'contractYear', credits: 90 }
    expect((await company.post('/v1/budgets', late)).status).toBe(201)
    expect(await faults()).toEqual([])
    const contract = {
      startDate: '2026-03-28',
      termMonths: 12,
      seats: [{ type: 'foundation', count: 0 }],
    }
    expect((await company.put('/v1/contract', contract)).status).toBe(200)
    await live(company, new Date(now), dice, 50)
    expect(await faults()).toEqual([])
    // What is shown is what is counted, whoever turned the period.
    for (const { id, used, held } of (await company.get('/v1/budgets')).body.data) {
      expect(used, id).toBeGreaterThanOrEqual(0)
      expect(held, id).toBeGreaterThanOrEqual(0)
    }
  },
  120_000,
)
