import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestHouse } from '../../../tests/kit/house.ts'
import { type Client, createClient, isRefusal, type Problem, sumCredits } from '../src/index.ts'
import { type Desk, listeningHouse, openDesk } from './desk.ts'

let house: TestHouse
let desk: Desk
let sluice: Client
beforeAll(async () => {
  const listening = await listeningHouse()
  house = listening.house
  desk = await openDesk(house, listening.address, 1_000)
  sluice = desk.client()
})
afterAll(() => house.close())

const page = { type: 'summary_page' }

test('estimate, charge, refund and balance are exact', async () => {
  expect(await sluice.credits.estimate([{ ...page, quantity: 3 }])).toMatchObject({
    ...{ credits: 0.6, available: 1_000, sufficient: true },
  })
  const asked = { feature: 'summaries', items: [{ ...page, quantity: 3 }] }
  const charge = await sluice.credits.charge(asked, { key: 'order-1' })
  expect(await sluice.credits.charge(asked, { key: 'order-1' })).toEqual(charge)
  expect(await sluice.credits.balance()).toMatchObject({
    available: 999.4,
    used: 0.6,
    status: 'ok',
  })
  const refund = await sluice.credits.refund(charge.id, 'wrong text')
  expect(await sluice.credits.refund(charge.id, 'wrong text')).toEqual(refund)
  expect(await sluice.credits.readCharge(charge.id)).toMatchObject({ refunded: true })
  expect((await sluice.credits.balance()).available).toBe(1_000)
})

test('holds by hand end once', async () => {
  const hold = await sluice.credits.hold({ feature: 'summaries', credits: 0.1 + 0.2 })
  const charge = await sluice.credits.capture(hold.id, { credits: 0.1 })
  expect(await sluice.credits.capture(hold.id, { credits: 0.1 })).toEqual(charge)
  const refused = await sluice.credits.release(hold.id).catch((error) => error)
  expect(isRefusal(refused, 'invalid-state')).toBe(true)
  await sluice.credits.refund(charge.id, 'only a test')
})

test('a batch is charged in order, each alone and each once', async () => {
  const charges = Array.from({ length: 63 }, (_, i) => ({
    ...{ key: `batch-${i}`, feature: 'batch' },
    items: [i === 40 ? { type: 'unheard_of' } : { type: 'email' }],
  }))
  const first = await sluice.credits.chargeAll(charges)
  const again = await sluice.credits.chargeAll(charges)
  expect(first).toHaveLength(63)
  expect(first[40]!.problem?.code).toBe('unprocessable')
  expect(sumCredits(first.map(({ charge }) => charge?.credits ?? 0))).toBe(6.2)
  expect(again.map(({ charge }) => charge?.id)).toEqual(first.map(({ charge }) => charge?.id))
  const usage = await sluice.credits.usage({ groupBy: 'feature', granularity: 'month' })
  const batch = usage.find(({ key }) => key === 'batch')
  expect(batch).toMatchObject({ credits: 6.2, emails: 62, requests: 62 })
})

test('lists are read page after page, and no further than they are wanted', async () => {
  const seen = new Set<string>()
  for await (const { id } of sluice.credits.charges({ feature: 'batch', limit: 25 })) seen.add(id)
  expect(seen.size).toBe(62)
  const asked: string[] = []
  const send: typeof fetch = (url, init) => {
    asked.push(String(url))
    return fetch(url, init)
  }
  for await (const _ of desk.client({ fetch: send }).credits.ledger({ order: 'asc' })) break
  expect(asked).toHaveLength(1)
})

test('every route of the document can be called, with its types', async () => {
  const admin = createClient({ url: desk.address, key: desk.company.key })
  const grant = await admin.send('POST /v1/credits/grants', {
    body: { source: 'purchased', credits: 0.000001 },
  })
  expect(grant.credits).toBe(0.000001)
  const company = await admin.send('GET /v1/company')
  expect(company.name).toBe('Tern & Co')
  const names: string[] = []
  for await (const { name } of admin.list('GET /v1/integrations')) names.push(name)
  expect(names).toContain('Scribe')
})

test('every code has a problem of its own type', async () => {
  const refused = await sluice.send('GET /v1/audit').catch((error: unknown) => error)
  if (!isRefusal(refused)) throw refused
  expect(refused.message).toContain('forbidden')
  expect(refused.message).toContain(refused.problem.requestId)
  expect(sayWhatToDo(refused.problem)).toBe('needs admin')
})

/** It compiles only while what each code says is known. */
function sayWhatToDo(problem: Problem): string {
  switch (problem.code) {
    case 'insufficient-credits':
      return `buy ${sumCredits([problem.needed, -problem.available])}`
    case 'budget-exceeded':
      return `wait until ${problem.periodEnd}`
    case 'forbidden':
      return `needs ${problem.scope}`
    case 'unprocessable':
      return problem.errors?.map(({ path }) => path).join() ?? ''
    default:
      return problem.detail
  }
}
