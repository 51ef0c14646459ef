import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestCompany, type TestHouse, testHouse } from '../../tests/kit/house.ts'

let house: TestHouse
beforeAll(async () => {
  house = await testHouse()
})
afterAll(() => house.close())

const founded = async (testClock: string, timezone = 'UTC') => {
  const company = await house.newCompany({ testClock, timezone })
  await company.post('/v1/credits/grants', {
    source: 'purchased',
    credits: 1000,
    reference: 'PO 7',
  })
  return company
}
const advance = (company: TestCompany, to: string) => company.post('/v1/test-clock/advance', { to })
const charge = (company: TestCompany, items: unknown[], more: Record<string, unknown> = {}) =>
  company.post('/v1/credits/charges', { items, feature: 'ask_anything', ...more })

test('the forecast says when credits run out, how sure that is, and on what it stands', async () => {
  const company = await founded('2026-02-01T09:00:00Z')
  expect((await company.get('/v1/credits/forecast')).body).toMatchObject({
    runOutAt: null,
    range: null,
    perDay: 0,
    expiringUnused: [],
  })
  await company.post('/v1/credits/grants', {
    source: 'adjustment',
    credits: 500,
    expiresAt: '2026-02-20T00:00:00Z',
  })
  for (let day = 1; day <= 15; day++) {
    await charge(company, [{ type: 'email', quantity: 100 + (day % 3) * 10 }])
    await advance(company, `2026-02-${String(day + 1).padStart(2, '0')}T09:00:00Z`)
  }
  const { body } = await company.get('/v1/credits/forecast')
  expect(body.perDay).toBe(11)
  expect(body.basis).toMatch(/15 days from 2026-02-01 to 2026-02-15, by weekday/)
  expect(body.expiringUnused).toHaveLength(1)
  expect(body.expiringUnused[0]).toMatchObject({ expiresAt: '2026-02-20T00:00:00.000Z' })
  const [early, run, late] = [body.range.early, body.runOutAt, body.range.late].map((at) =>
    Date.parse(at),
  )
  expect(early! < run! && run! < late!).toBe(true)
  // About 1,000 credits at 11 a day from 20 February on.
  expect(body.runOutAt.slice(0, 7)).toBe('2026-05')
})

test('what if: other prices, a purchase, more seats', async () => {
  const company = await founded('2026-02-01T09:00:00Z')
  await charge(company, [{ type: 'email', quantity: 100 }, { type: 'web_search' }])
  const hold = await company.post('/v1/credits/holds', { credits: 7, feature: 'own' })
  await company.post(`/v1/credits/holds/${hold.body.id}/capture`, { credits: 7 })
  const ask = async (body: unknown) => (await company.post('/v1/credits/what-if', body)).body
  const dearer = await ask({ rateCard: { prices: { email: 0.3 } } })
  expect(dearer).toMatchObject({
    ...{ credits: 42, actual: 22 },
    byFeature: [
      { feature: 'ask_anything', credits: 35, actual: 15 },
      { feature: 'own', credits: 7, actual: 7 },
    ],
  })
  expect(Date.parse(dearer.runOutAt)).toBeLessThan(Date.parse(dearer.runOutAtNow))
  const before = await ask({
    rateCard: { prices: { email: 0.3 } },
    from: '2025-01-01',
    to: '2025-02-01',
  })
  expect(before).toMatchObject({ credits: 0, actual: 0, byFeature: [] })
  const bought = await ask({ purchase: { credits: 500 } })
  expect(bought.credits).toBe(500)
  expect(Date.parse(bought.runOutAt)).toBeGreaterThan(Date.parse(bought.runOutAtNow))
  expect((await ask({ seats: [{ type: 'foundation', count: 1 }] })).status).toBe(404)
  await company.put('/v1/contract', {
    startDate: '2026-02-01',
    termMonths: 24,
    seats: [{ type: 'foundation', count: 1, creditsPerSeat: 365 }],
  })
  expect((await ask({ seats: [{ type: 'foundation', count: 2 }] })).credits).toBe(730)
  expect((await ask({ seats: [{ type: 'engage', count: 1 }] })).status).toBe(422)
  expect((await ask({})).status).toBe(400)
  expect((await ask({ rateCard: { prices: { email: 0.1234567 } } })).status).toBe(400)
})

test('what if there were another tracker: what its history costs, and when the credits run out with it', async () => {
  const company = await founded('2026-02-01T09:00:00Z')
  for (let day = 1; day <= 3; day++) {
    await charge(company, [{ type: 'email', quantity: 10 }])
    await advance(company, `2026-02-0${day + 1}T09:00:00Z`)
  }
  const call = (id: string, durationSeconds: number, startedAt: string) =>
    company.post('/v1/calls', {
      ...{ id, title: id, durationSeconds, startedAt },
      parties: [{ id: 'a', name: 'Ada', affiliation: 'customer' }],
      transcript: [{ partyId: 'a', text: 'A word.' }],
    })
  await call('long', 900, '2026-01-10T00:00:00Z')
  await call('short', 60, '2026-01-20T00:00:00Z')
  const tracker = { kind: 'question', name: 'Q', question: 'Is it?', itemTypes: ['call'] }
  const ask = async (body: unknown) => company.post('/v1/credits/what-if', body)
  const { body } = await ask({ tracker, from: '2026-01-01', to: '2026-02-01' })
  expect(body).toMatchObject({
    ...{ credits: 1.5, actual: null },
    byFeature: [{ feature: 'ai_tracker', credits: 1.5, actual: null }],
  })
  // Two calls of the last thirty days: 1.5 credits a month more.
  expect(Date.parse(body.runOutAt)).toBeLessThan(Date.parse(body.runOutAtNow))
  expect((await ask({ tracker, from: '2026-01-15', to: '2026-02-01' })).body.credits).toBe(0.5)
  expect((await ask({ tracker })).body.credits).toBe(0)
  const free = { kind: 'keyword', name: 'K', keywords: ['word'] }
  expect((await ask({ tracker: free, from: '2026-01-01' })).body.credits).toBe(0)
  const made = await company.post('/v1/trackers', tracker)
  const known = { tracker: { id: made.body.id }, from: '2026-01-01' }
  expect((await ask(known)).body.credits).toBe(1.5)
  const faulty = await ask({ tracker: { kind: 'question', name: 'Q' } })
  expect([faulty.status, faulty.body.errors[0].path]).toEqual([400, 'tracker.question'])
  expect((await ask({ tracker: { id: 'trk_none' } })).status).toBe(404)
  expect((await company.get('/v1/trackers')).body.data).toHaveLength(1)
})
