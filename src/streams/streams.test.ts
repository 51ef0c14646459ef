import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type TestCompany, type TestHouse, testHouse } from '../../tests/kit/house.ts'
import { aCall, anEmail, aTracker, CLOCK, fund, NOT_FOUND, putIn } from '../../tests/kit/samples.ts'
import type { ReadRequest } from '../ai/model.ts'
import { createScripted } from '../ai/scripted.ts'

function readBudget({ item }: ReadRequest) {
  const turn = item.turns.find(({ text }) => text.includes('budget'))
  if (!turn) return { found: false, answer: 'No.', occurrences: [] }
  return { found: true, answer: 'Yes.', occurrences: [{ turn: turn.turn, quote: turn.text }] }
}

let house: TestHouse
let company: TestCompany

beforeAll(async () => {
  house = await testHouse({ model: createScripted({ read: readBudget }) })
})
afterAll(() => house.close())
beforeEach(async () => {
  company = await house.newCompany({ testClock: CLOCK })
})

async function aStream(filter: Record<string, unknown>, more: Record<string, unknown> = {}) {
  const made = await company.post('/v1/streams', { name: 'Watched', filter, ...more })
  if (made.status !== 201) throw new Error(made.text)
  return made.body.id as string
}
const hitBy = (...ids: string[]) => ({
  trackers: ids.map((trackerId) => ({ trackerId, found: true })),
})
const entries = async (id: string) =>
  (await company.get(`/v1/streams/${id}/items`)).body.data as {
    itemId: string
    date: string
    addedAt: string
  }[]
const itemsIn = async (id: string) => (await entries(id)).map(({ itemId }) => itemId)
const advance = async (to: string) => {
  const done = await company.post('/v1/test-clock/advance', { to })
  if (done.status !== 200) throw new Error(done.text)
}
/** Whom and of what the house told since the beginning. */
const told = async () => {
  const { rows } = await house.database.asOwner(
    'select stream_id, item_no from stream_told where company_id = $1',
    [company.no],
  )
  return rows.length
}

test('a stream is what fits its filter, newest first by the items’ own dates', async () => {
  await putIn(
    company,
    aCall('old', { startedAt: '2026-06-01T09:00:00Z' }),
    aCall('short', { durationSeconds: 60 }),
    aCall('new'),
    anEmail('mail'),
    aCall('secret', { private: true }),
  )
  expect(await itemsIn(await aStream({}))).toEqual(['mail', 'new', 'short', 'old'])
  const long = await aStream({
    itemTypes: ['call'],
    minDurationSeconds: 600,
    from: '2026-06-10T00:00:00Z',
  })
  expect(await itemsIn(long)).toEqual(['new'])
  const shown = (await company.get(`/v1/streams/${long}`)).body
  expect(shown).toMatchObject({
    filter: { itemTypes: ['call'], minDurationSeconds: 600, from: '2026-06-10T00:00:00.000Z' },
    ...{ dataAsOf: CLOCK, stale: null, followers: [] },
  })
  const first = (await company.get(`/v1/streams/${await aStream({})}/items`, { limit: 2 })).body
  expect(first.data).toHaveLength(2)
  expect(first.nextCursor).not.toBeNull()
})

test('only what every tracker found something in is there, with the day it joined', async () => {
  await fund(company, 10)
  await putIn(company, aCall('before', { startedAt: '2026-05-01T09:00:00Z' }))
  const budget = await aTracker(company)
  const words = { kind: 'keyword', name: 'Hello', keywords: ['hello'] }
  const hello = (await company.post('/v1/trackers', words)).body.id
  await company.post(`/v1/trackers/${hello}/publish`, {})
  const both = await aStream(hitBy(budget, hello))
  await putIn(company, aCall('yes'), aCall('no', { text: NOT_FOUND }), anEmail('mail'))
  await advance('2026-06-15T13:00:00Z')
  expect(await itemsIn(both)).toEqual(['yes'])
  expect(await itemsIn(await aStream(hitBy(budget)))).toEqual(['mail', 'yes'])

  const history = { from: '2026-04-01T00:00:00Z', to: '2026-06-01T00:00:00Z' }
  await company.post(`/v1/trackers/${budget}/backfills`, history)
  await advance('2026-06-15T14:00:00Z')
  const [, , last] = await entries(await aStream(hitBy(budget)))
  expect(last).toMatchObject({ itemId: 'before', date: '2026-05-01T09:00:00.000Z' })
})

test('a tracker that stands still makes the stream old, and says so', async () => {
  await fund(company, 1)
  const budget = await aTracker(company)
  const id = await aStream(hitBy(budget))
  await putIn(company, aCall('one'))
  await advance('2026-06-15T13:00:00Z')
  expect(await itemsIn(id)).toEqual(['one'])
  await putIn(company, aCall('two'))
  await advance('2026-06-15T14:00:00Z')
  const { body } = await company.get(`/v1/streams/${id}`)
  expect(body).toMatchObject({
    dataAsOf: CLOCK,
    stale: { since: CLOCK, reason: 'out_of_credits', trackerIds: [budget] },
  })
  expect(await itemsIn(id)).toEqual(['one'])
  await fund(company, 5)
  await company.post(`/v1/trackers/${budget}/resume`, {})
  await advance('2026-06-15T15:00:00Z')
  expect(await itemsIn(id)).toEqual(['two', 'one'])
  expect((await company.get(`/v1/streams/${id}`)).body.stale).toBeNull()
})

test('followers are told of each new entry once, of a backfilled one only when asked', async () => {
  await fund(company, 20)
  const member = { name: 'Rea', email: 'rea@ours.test', role: 'member' }
  const { id: memberId } = (await company.post('/v1/members', member)).body
  await putIn(company, aCall('before', { startedAt: '2026-05-01T09:00:00Z' }))
  const budget = await aTracker(company)
  const id = await aStream(hitBy(budget))
  const asking = await aStream(hitBy(budget), { notifyBackfilled: true })
  for (const one of [id, asking]) {
    const followed = await company.post(`/v1/streams/${one}/followers`, { memberId })
    expect(followed.body).toEqual({ followers: [memberId] })
  }
  await putIn(company, aCall('yes'), aCall('no', { text: NOT_FOUND }))
  await house.workUntilIdle()
  expect(await told()).toBe(2)
  const history = { from: '2026-04-01T00:00:00Z', to: '2026-06-01T00:00:00Z' }
  await company.post(`/v1/trackers/${budget}/backfills`, history)
  await house.workUntilIdle()
  expect(await told()).toBe(3)
  const left = await house.app.inject({
    ...{ method: 'DELETE', url: `/v1/streams/${id}/followers`, payload: { memberId } },
    headers: { authorization: `Bearer ${company.key}` },
  })
  expect(left.statusCode).toBe(204)
  expect((await company.get(`/v1/streams/${id}`)).body.followers).toEqual([])
  const plain = await aStream({ itemTypes: ['email'] })
  await company.post(`/v1/streams/${plain}/followers`, { memberId })
  await putIn(company, anEmail('mail', { text: NOT_FOUND }))
  await house.workUntilIdle()
  expect(await told()).toBe(4)
})

test('the tracker of a stream cannot be deleted, and the refusal names the stream', async () => {
  await fund(company, 10)
  const budget = await aTracker(company)
  const id = await aStream(hitBy(budget))
  const refused = await company.del(`/v1/trackers/${budget}`)
  expect([refused.status, refused.body.usedBy]).toEqual([
    409,
    [{ type: 'stream', id, name: 'Watched' }],
  ])
  expect((await company.patch(`/v1/streams/${id}`, { filter: {} })).status).toBe(200)
  expect((await company.del(`/v1/trackers/${budget}`)).status).toBe(204)
  expect((await company.del(`/v1/streams/${id}`)).status).toBe(204)
  expect((await company.get(`/v1/streams/${id}`)).status).toBe(404)
})

test.each([
  ['an unknown field', { filter: { tea: true } }, 400],
  ['an unknown tracker', { filter: hitBy('nope') }, 422],
  ['dates the wrong way round', { filter: { from: CLOCK, to: CLOCK } }, 400],
])('%s is refused', async (_what, more, status) => {
  expect((await company.post('/v1/streams', { name: 'X', ...more })).status).toBe(status)
})
