import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestCompany, type TestHouse, testHouse } from '../../tests/kit/house.ts'

let house: TestHouse
let company: TestCompany
let all: Charge[]

interface Charge {
  id: string
  feature: string
  instance: { id: string } | null
  createdAt: string
}

/** Twenty-five days of charges, several in the same millisecond: one feature often, its instances less, one rarely. */
beforeAll(async () => {
  house = await testHouse()
  company = await house.newCompany({ testClock: '2026-03-01T00:30:00Z', timezone: 'Asia/Tokyo' })
  await company.post('/v1/credits/grants', { source: 'purchased', credits: 1000 })
  const call = { type: 'call', durationSeconds: 60 }
  for (let day = 1; day <= 25; day++) {
    // Half past nine in the morning, then past the local midnight.
    for (const hour of [0, 16]) {
      const to = new Date(Date.UTC(2026, 2, day, hour, 30)).toISOString()
      await company.post('/v1/test-clock/advance', { to })
      const charges = ['often', 'often', day % 3 ? 'often' : 'seldom', day === 7 ? 'once' : 'often']
      await company.post('/v1/credits/charges/batch', {
        charges: charges.map((name, i) => ({
          ...{ idempotencyKey: `${day} ${hour} ${i}`, feature: name === 'once' ? 'other' : 'ask' },
          ...{ instance: { id: name, name }, items: [call, { type: 'email', quantity: i + 1 }] },
        })),
      })
    }
  }
  const whole = await company.get('/v1/credits/charges', { limit: 200 })
  expect(whole.body.nextCursor).toBe(null)
  all = whole.body.data
  expect(all).toHaveLength(200)
})
afterAll(() => house.close())

const filters: [string, Record<string, string>, (charge: Charge) => boolean][] = [
  ['a feature', { feature: 'ask' }, ({ feature }) => feature === 'ask'],
  ['an instance', { instanceId: 'often' }, ({ instance }) => instance?.id === 'often'],
  ['a seldom one', { instanceId: 'seldom' }, ({ instance }) => instance?.id === 'seldom'],
  ['one of a day', { instanceId: 'once' }, ({ instance }) => instance?.id === 'once'],
  ['nobody', { memberId: 'nobody' }, () => false],
]
const ranges: [string, { from?: string; to?: string }][] = [
  ['always', {}],
  ['from the middle of a day', { from: '2026-03-12T16:30:00Z' }],
  ['until a moment, itself left out', { to: '2026-03-18T00:30:00Z' }],
  ['between two moments', { from: '2026-03-04T12:00:00Z', to: '2026-03-21T16:30:00.001Z' }],
]

const cases = filters.flatMap(([name, filter, isMeant]) =>
  ranges.map(([when, range]) => [name, when, filter, range, isMeant] as const),
)
test.each(cases)(
  'the pages of %s are complete: %s',
  async (_name, _when, filter, range, isMeant) => {
    const meant = all.filter(
      (charge) =>
        isMeant(charge) &&
        (!range.from || Date.parse(charge.createdAt) >= Date.parse(range.from)) &&
        (!range.to || Date.parse(charge.createdAt) < Date.parse(range.to)),
    )
    for (const limit of [3, 50]) {
      const seen: string[] = []
      let cursor: string | undefined
      do {
        const asked = { ...filter, ...range, limit, ...(cursor ? { cursor } : {}) }
        const { status, body } = await company.get('/v1/credits/charges', asked)
        expect(status).toBe(200)
        seen.push(...body.data.map(({ id }: Charge) => id))
        cursor = body.nextCursor ?? undefined
      } while (cursor)
      expect(seen).toEqual(meant.map(({ id }) => id))
    }
  },
)
