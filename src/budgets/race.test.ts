import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestCompany, type TestHouse, testHouse } from '../../tests/kit/house.ts'
import { openUsageRollUp, usedSince } from '../insight/service/roll-up.ts'
import { credits } from '../kit/credits.ts'
import type { Problem } from '../kit/problem.ts'
import type { Companion } from '../ledger/commands.ts'
import { type Ledger, openLedger } from '../ledger/service/ledger.ts'
import { systemClock } from '../platform/clock.ts'
import { connectionSettings } from '../platform/database.ts'
import { createLog } from '../platform/log.ts'
import type { BudgetEvent } from './budget.ts'
import { makeBudget } from './service/budgets.ts'
import { openBudgets } from './service/companion.ts'

let house: TestHouse
const opened: Ledger[] = []
beforeAll(async () => {
  house = await testHouse()
})
afterAll(async () => {
  await Promise.all(opened.map((ledger) => ledger.close()))
  await house.close()
})

/** A server's ledger of its own; `spoil` changes how budgets are kept. */
function server(
  told: BudgetEvent[] = [],
  spoil = (it: Companion) => it,
  clock = systemClock,
): Ledger {
  const emit = async (_run: unknown, _no: number, event: BudgetEvent) => void told.push(event)
  const ledger = openLedger({
    ...{ db: house.db, clock, log: createLog('silent') },
    connection: connectionSettings(house.database.url, 1) as pg.ClientConfig,
    companions: [openUsageRollUp(), spoil(openBudgets({ usedSince, emit }))],
  })
  opened.push(ledger)
  return ledger
}

async function capped(cap: number): Promise<{ company: TestCompany; id: string }> {
  const company = await house.newCompany()
  await company.post('/v1/credits/grants', { source: 'purchased', credits: 1000 })
  const scope = { type: 'feature', id: 'ask_anything' }
  const { body } = await company.post('/v1/budgets', { scope, period: 'month', credits: cap })
  return { company, id: body.id }
}

/** Many at once, of 0.3 credits each, over these ledgers; gives how many went through. */
async function race({ no }: TestCompany, ledgers: Ledger[], many = 50): Promise<number> {
  const attribution = await ledgers[0]!.attribute(no, {
    ...{ feature: 'ask_anything', instanceId: null, instanceName: null, trigger: 'api' },
    ...{ integrationId: null, memberId: null, teamId: null },
  })
  const priced = { credits: credits(0.3), lines: { email: 3 }, rateCard: 0, attribution }
  const ends = await Promise.allSettled(
    Array.from({ length: many }, (_, i) =>
      ledgers[i % ledgers.length]!.submit({ companyNo: no, asked: { kind: 'charge', priced } }),
    ),
  )
  for (const end of ends) {
    if (end.status === 'rejected') {
      expect((end.reason as Problem).code, String(end.reason)).toBe('budget-exceeded')
    }
  }
  return ends.filter((end) => end.status === 'fulfilled').length
}

test('of 50 charges at once exactly as many go through as the cap pays', async () => {
  const { company, id } = await capped(4)
  expect(await race(company, [server()])).toBe(13)
  expect((await company.get(`/v1/budgets/${id}`)).body).toMatchObject({ used: 3.9, remaining: 0.1 })
})

test('two servers at once keep the same cap', async () => {
  const { company, id } = await capped(7)
  const [one, two] = [server(), server()]
  const counts = [await race(company, [one, two]), await race(company, [one, two])]
  expect(counts).toEqual([23, 0])
  expect((await company.get(`/v1/budgets/${id}`)).body).toMatchObject({ used: 6.9 })
})

test('a cap that is lowered on one server holds on the other at once', async () => {
  const { company, id } = await capped(100)
  const other = server()
  expect(await race(company, [other], 5)).toBe(5)
  await company.patch(`/v1/budgets/${id}`, { credits: 2 })
  expect(await race(company, [other], 5)).toBe(1)
  await company.del(`/v1/budgets/${id}`)
  expect(await race(company, [other], 5)).toBe(5)
})

test('without the gate the cap does not hold', async () => {
  const { company } = await capped(4)
  const gateless = server([], (it) => ({
    ...it,
    async open(...asked) {
      const { refuse: _, ...rest } = await it.open(...asked)
      return rest
    },
  }))
  expect(await race(company, [gateless])).toBe(50)
})

test('80 and 100 percent are told once each, however many charges race past them', async () => {
  const { company, id } = await capped(6)
  const told: BudgetEvent[] = []
  const ledgers = [server(told), server(told)]
  expect(await race(company, ledgers)).toBe(20)
  const reached = told.filter((event) => event.kind === 'budget-reached')
  expect(reached.map(({ budgetId, percents }) => [budgetId, percents])).toEqual([
    [id, [80]],
    [id, [100]],
  ])
  expect(reached.map(({ used }) => used)).toEqual([credits(4.8), credits(6)])
})

test('a change that passes both is told once', async () => {
  const { company } = await capped(0.3)
  const told: BudgetEvent[] = []
  expect(await race(company, [server(told)], 1)).toBe(1)
  expect(told).toMatchObject([{ kind: 'budget-reached', percents: [80, 100] }])
})

test('a hold that ran out unnoticed is not counted by a budget made right then', async () => {
  const company = await house.newCompany()
  await company.post('/v1/credits/grants', { source: 'purchased', credits: 100 })
  const asked = { credits: 5, feature: 'ask_anything', ttlSeconds: 60 }
  await company.post('/v1/credits/holds', asked)
  const clock = { now: () => new Date(Date.now() + 120_000) }
  // Nobody settled the pool before the change does.
  const ledger = { ...server([], undefined, clock), settle: async () => {} }
  const caller = {
    kind: 'key' as const,
    companyNo: company.no,
    companyId: company.id,
    scopes: ['admin' as const],
    integrationId: 'i',
  }
  const budgets = { usedSince, emit: async () => {} }
  const scope = { type: 'feature' as const, id: 'ask_anything' }
  const made = await makeBudget({ db: house.db, ledger, clock, budgets }, caller, {
    scope,
    period: 'month',
    credits: credits(9),
  })
  expect(made.held).toBe(0n)
  expect((await company.get(`/v1/budgets/${made.id}`)).body).toMatchObject({
    held: 0,
    remaining: 9,
  })
})
