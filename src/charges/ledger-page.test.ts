import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestCompany, type TestHouse, testHouse } from '../../tests/kit/house.ts'

interface Entry {
  id: string
  type: string
  grantId: string
  chargeId: string | null
  holdId: string | null
  at: string
}

let house: TestHouse
let company: TestCompany
let all: Entry[]

/** A ledger with every type of entry: a charge over two grants, refunds, and holds that ended in every way. */
beforeAll(async () => {
  house = await testHouse()
  company = await house.newCompany({ testClock: '2026-03-01T00:00:00Z' })
  const grant = (credits: number, expiresAt: string) =>
    company.post('/v1/credits/grants', { source: 'adjustment', credits, expiresAt })
  const post = async (path: string, body: object = {}) => {
    const answer = await company.post(`/v1/credits/${path}`, { feature: 'ask', ...body })
    expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300)
    return answer.body.id as string
  }
  const end = async (id: string, how: 'capture' | 'release', body?: object) =>
    expect((await company.post(`/v1/credits/holds/${id}/${how}`, body)).status).toBeLessThan(300)
  const items = (quantity: number) => ({ items: [{ type: 'email', quantity }] })
  const to = async (time: string) =>
    expect((await company.post('/v1/test-clock/advance', { to: time })).status).toBe(200)

  await grant(1, '2026-03-10T00:00:00Z')
  const voided = (await grant(100, '2027-01-01T00:00:00Z')).body.id
  const overTwo = await post('charges', items(15))
  const early = await post('charges', items(3))
  const [captured, released, expired] = await Promise.all(
    [20, 30, 40].map((quantity) => post('holds', { ...items(quantity), ttlSeconds: 3600 })),
  )
  await end(captured!, 'capture', items(12))
  await end(released!, 'release')
  await to('2026-03-02T00:00:00Z')
  expect(expired).toBeDefined()
  await to('2026-03-12T00:00:00Z')
  // Part of it goes back to a grant that has ended meanwhile.
  await company.post(`/v1/credits/charges/${overTwo}/refund`, { reason: 'not delivered' })
  await company.post(`/v1/credits/charges/${early}/refund`, { reason: 'not delivered' })
  await company.post(`/v1/credits/grants/${voided}/void`, { reason: 'by mistake', credits: 5 })
  const whole = await company.get('/v1/credits/ledger', { limit: 200, order: 'asc' })
  expect(whole.body.nextCursor).toBe(null)
  all = whole.body.data
  const types = ['grant', 'hold', 'release', 'consume', 'refund', 'expire', 'void']
  expect(new Set(all.map(({ type }) => type))).toEqual(new Set(types))
})
afterAll(() => house.close())

test.each(['type', 'grantId', 'chargeId', 'holdId'] as const)(
  'the entries of one %s are those of the whole ledger, either way round',
  async (field) => {
    const values = new Set(all.map((entry) => entry[field]).filter((value) => value !== null))
    expect(values.size).toBeGreaterThan(1)
    for (const value of values) {
      const meant = all.filter((entry) => entry[field] === value).map(({ id }) => id)
      expect(await pages({ [field]: value, order: 'asc' })).toEqual(meant)
      expect(await pages({ [field]: value, order: 'desc' })).toEqual(meant.toReversed())
    }
  },
)

async function pages(filter: Record<string, string>): Promise<string[]> {
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const asked = { ...filter, limit: 2, ...(cursor ? { cursor } : {}) }
    const { body } = await company.get('/v1/credits/ledger', asked)
    seen.push(...body.data.map(({ id }: Entry) => id))
    cursor = body.nextCursor ?? undefined
  } while (cursor)
  return seen
}
