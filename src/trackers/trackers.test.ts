import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type TestCompany, type TestHouse, testHouse } from '../../tests/kit/house.ts'
import {
  aCall,
  anEmail,
  aTracker,
  CLOCK,
  FOUND,
  fund,
  NOT_FOUND,
  putIn,
} from '../../tests/kit/samples.ts'
import type { ReadRequest } from '../ai/model.ts'
import { ModelFailed } from '../ai/model.ts'
import { createScripted } from '../ai/scripted.ts'

/** Finds something in the first turn that says "budget". */
function readBudget({ item }: ReadRequest) {
  const turn = item.turns.find(({ text }) => text.includes('budget'))
  if (!turn) return { found: false, answer: 'No.', occurrences: [] }
  return { found: true, answer: 'Yes.', occurrences: [{ turn: turn.turn, quote: turn.text }] }
}

const model = createScripted({ read: readBudget })
let house: TestHouse
let company: TestCompany

beforeAll(async () => {
  house = await testHouse({ model })
})
afterAll(() => house.close())
beforeEach(async () => {
  model.script = { read: readBudget }
  model.calls.length = 0
  company = await house.newCompany({ testClock: CLOCK })
})

const available = async () => (await company.get('/v1/credits/balance')).body.available
const held = async () => (await company.get('/v1/credits/balance')).body.held
const read = async (id: string) => (await company.get(`/v1/trackers/${id}`)).body
const results = async (id: string) =>
  (await company.get(`/v1/trackers/${id}/results`, { limit: 1000 })).body.data as {
    itemId: string
    found: boolean
    credits: number
    chargeId: string
    version: number
  }[]
const itemsOf = async (id: string) => (await results(id)).map((one) => one.itemId).sort()
const charges = async () =>
  (await company.get('/v1/credits/charges', { limit: 1000, feature: 'ai_tracker' })).body.data as {
    id: string
    credits: number
    trigger: string
  }[]

test('each item has one result and one charge, at its price', async () => {
  await fund(company, 100)
  const id = await aTracker(company)
  await putIn(
    company,
    aCall('long'),
    aCall('short', { durationSeconds: 600 }),
    anEmail('mail', { text: NOT_FOUND }),
  )
  await house.workUntilIdle()
  const found = await results(id)
  expect(Object.fromEntries(found.map((one) => [one.itemId, [one.found, one.credits]]))).toEqual({
    long: [true, 1],
    short: [true, 0.5],
    mail: [false, 0.1],
  })
  expect((await charges()).map((one) => one.id).sort()).toEqual(
    found.map((one) => one.chargeId).sort(),
  )
  expect(await available()).toBe(98.4)
  expect(await held()).toBe(0)
  await putIn(company, aCall('long', { text: NOT_FOUND }))
  await house.workUntilIdle()
  expect(await charges()).toHaveLength(3)
})

test('a tracker that meets an item it cannot pay stops there, and skips to no cheaper one', async () => {
  await fund(company, 1.4)
  const id = await aTracker(company)
  await putIn(company, aCall('first'), aCall('second'), anEmail('third'))
  await house.workUntilIdle()
  expect(await itemsOf(id)).toEqual(['first'])
  const stopped = await read(id)
  expect(stopped).toMatchObject({
    status: 'out_of_credits',
    statusSince: CLOCK,
    missed: { callsShort: 0, callsLong: 1, emails: 1, credits: 1.1 },
  })
  // Another tracker goes on: for it the next item is cheap enough.
  const other = await aTracker(company, { itemTypes: ['email'] })
  await putIn(company, anEmail('fourth'))
  await house.workUntilIdle()
  expect(await itemsOf(other)).toEqual(['fourth'])
  expect(await available()).toBe(0.3)
})

test('at zero every question tracker reads out_of_credits in that very commit, by one mark on the pool', async () => {
  await fund(company, 1)
  const [one, two] = [await aTracker(company), await aTracker(company, { itemTypes: ['email'] })]
  const free = await aTracker(company, {
    kind: 'keyword',
    name: 'Word',
    question: undefined,
    keywords: ['budget'],
  })
  await company.post('/v1/credits/charges', {
    items: [{ type: 'email', quantity: 10 }],
    feature: 'other',
  })
  // No job has run since.
  expect([(await read(one)).status, (await read(two)).status, (await read(free)).status]).toEqual([
    'out_of_credits',
    'out_of_credits',
    'published',
  ])
  await putIn(company, aCall('call'))
  await house.workUntilIdle()
  expect([await itemsOf(one), await itemsOf(free)]).toEqual([[], ['call']])
  const refused = await company.post(`/v1/trackers/${one}/resume`, {})
  expect([refused.status, refused.body.code]).toEqual([402, 'insufficient-credits'])
  const draft = await company.post('/v1/trackers', {
    kind: 'question',
    name: 'New',
    question: 'What?',
  })
  const unpublished = await company.post(`/v1/trackers/${draft.body.id}/publish`, {})
  // What its cheapest item costs: with less it could do nothing.
  expect([unpublished.status, unpublished.body.needed]).toEqual([402, 0.1])
  expect([refused.body.needed, refused.body.available]).toEqual([0.1, 0])
})

test.each([
  ['calls', ['call-1', 'call-2', 'new']],
  ['all', ['call-1', 'call-2', 'mail-1', 'new']],
  ['none', ['new']],
])(
  'after a purchase a tracker stands still until it is resumed with %s',
  async (missed, expected) => {
    await fund(company, 0.1)
    const id = await aTracker(company)
    await company.post('/v1/credits/charges', { items: [{ type: 'email' }], feature: 'other' })
    await putIn(company, aCall('call-1'), anEmail('mail-1'), aCall('call-2'))
    await fund(company, 50)
    await putIn(company, anEmail('mail-2', { history: true }))
    await house.workUntilIdle()
    expect((await read(id)).status).toBe('out_of_credits')
    const priced = await company.post(`/v1/trackers/${id}/resume`, { missed, dryRun: true })
    expect(priced.body.missed).toEqual({
      calls: { count: 2, credits: 2 },
      all: { count: 3, credits: 2.1 },
    })
    const resumed = await company.post(`/v1/trackers/${id}/resume`, { missed })
    expect(resumed.body.status).toBe('published')
    await putIn(company, aCall('new'))
    await house.workUntilIdle()
    expect(await itemsOf(id)).toEqual(expected)
    expect((await charges()).length).toBe(expected.length)
  },
)

test('a backfill that runs out keeps its place, and goes on after the resume; nothing is paid twice', async () => {
  await fund(company, 3)
  const history = Array.from({ length: 8 }, (_, i) =>
    aCall(`h${i}`, { startedAt: `2026-06-0${i + 1}T09:00:00.000Z`, history: true }),
  )
  await putIn(company, ...history)
  const range = { from: '2026-06-01T00:00:00.000Z', to: '2026-06-30T00:00:00.000Z' }
  const id = await aTracker(company, {}, { history: range })
  await house.workUntilIdle()
  expect(await itemsOf(id)).toEqual(['h0', 'h1', 'h2'])
  const [stopped] = (await company.get(`/v1/trackers/${id}/backfills`)).body.data
  expect(stopped).toMatchObject({ status: 'stopped', total: 8, done: 3, remaining: 5, credits: 3 })
  await fund(company, 100)
  await company.post(`/v1/trackers/${id}/resume`, { missed: 'none' })
  await house.workUntilIdle()
  expect(await itemsOf(id)).toEqual(history.map((call) => call.id))
  const [done] = (await company.get(`/v1/trackers/${id}/backfills`)).body.data
  expect(done).toMatchObject({ status: 'done', done: 8, remaining: 0, found: 8, credits: 8 })
  expect((await charges()).every((one) => one.trigger === 'backfill')).toBe(true)
  expect(await available()).toBe(95)
})

test('unpublishing drops what is under way: no charge of the tracker commits after the answer', async () => {
  await fund(company, 100)
  const id = await aTracker(company)
  let unpublished: Promise<unknown> | undefined
  model.script = {
    read: (request) => {
      unpublished ??= company.post(`/v1/trackers/${id}/unpublish`)
      return readBudget(request)
    },
    latencyMs: 150,
  }
  await putIn(company, ...Array.from({ length: 5 }, (_, i) => aCall(`c${i}`)))
  await house.workUntilIdle()
  await unpublished
  expect(model.calls.length).toBeGreaterThan(0)
  expect(await results(id)).toEqual([])
  expect([await available(), await held(), (await charges()).length]).toEqual([100, 0, 0])
  expect((await read(id)).status).toBe('unpublished')
})

test('a tracker whose credits are held by others waits, and goes on when the hold ends', async () => {
  await fund(company, 2)
  const hold = await company.post('/v1/credits/holds', { credits: 1.5, feature: 'other' })
  const id = await aTracker(company)
  await putIn(company, aCall('call'))
  await house.workUntilIdle()
  expect(await read(id)).toMatchObject({ status: 'published', waitingFor: 'held', pending: 1 })
  await company.post(`/v1/credits/holds/${hold.body.id}/release`)
  await house.workUntilIdle()
  expect(await read(id)).toMatchObject({ status: 'published', waitingFor: null, pending: 0 })
  expect(await itemsOf(id)).toEqual(['call'])
})

test('a failed reading charges nothing; the item is tried again, and given up on after five times', async () => {
  await fund(company, 10)
  const id = await aTracker(company)
  model.script = {
    read: (request) =>
      request.item.id === 'bad'
        ? new ModelFailed('invalid-answer', 'garbage')
        : readBudget(request),
  }
  await putIn(company, aCall('good'), aCall('bad'), aCall('also-good'))
  await house.workUntilIdle()
  expect(await itemsOf(id)).toEqual(['also-good', 'good'])
  expect([await available(), await held()]).toEqual([8, 0])
  expect(
    model.calls.filter(({ request }) => 'item' in request && request.item.id === 'bad'),
  ).toHaveLength(5)
  expect(await read(id)).toMatchObject({ pending: 0, failed: 1 })
  const failures = async () => (await company.get(`/v1/trackers/${id}/failures`)).body.data
  expect(await failures()).toMatchObject([
    { itemType: 'call', itemId: 'bad', reason: 'invalid-answer', attempts: 5 },
  ])

  // A backfill tries it again, at the price it said; what was read before is not read twice.
  const range = { from: '2026-06-01T00:00:00.000Z', to: '2026-06-30T00:00:00.000Z' }
  const estimate = await company.post(`/v1/trackers/${id}/estimate`, { history: range })
  expect(estimate.body).toMatchObject({ credits: 1, alreadyProcessed: 2 })
  model.script = { read: readBudget }
  const backfill = await company.post(`/v1/trackers/${id}/backfills`, range)
  expect(backfill.body).toMatchObject({ total: 1, estimatedCredits: 1 })
  await house.workUntilIdle()
  expect(await itemsOf(id)).toEqual(['also-good', 'bad', 'good'])
  expect([await available(), await held()]).toEqual([7, 0])
  expect(await read(id)).toMatchObject({ pending: 0, failed: 0 })
  expect(await failures()).toEqual([])
  const [done] = (await company.get(`/v1/trackers/${id}/backfills`)).body.data
  expect(done).toMatchObject({ status: 'done', done: 1, credits: 1, estimatedCredits: 1 })
})

test('a dry run of a backfill prices it and starts nothing, under a key or without', async () => {
  await fund(company, 10)
  await putIn(company, aCall('old'))
  const id = await aTracker(company)
  const range = { from: '2026-06-01T00:00:00.000Z', to: '2026-06-30T00:00:00.000Z' }
  for (const key of ['dry', null]) {
    const path = `/v1/trackers/${id}/backfills`
    const priced = await company.post(path, { ...range, dryRun: true }, { key })
    expect(priced).toMatchObject({ status: 200, body: { total: 1, credits: 1, warnings: [] } })
    await putIn(company, aCall(`new-${key}`, { startedAt: '2026-07-01T09:00:00.000Z' }))
    await house.workUntilIdle()
    expect((await company.get(path)).body.data).toEqual([])
  }
  expect(await itemsOf(id)).toEqual(['new-dry', 'new-null'])
  expect(await available()).toBe(8)
})

test('a changed question is a new version: new items are read under it, old results stay', async () => {
  await fund(company, 100)
  const id = await aTracker(company)
  await putIn(company, aCall('one'))
  await house.workUntilIdle()
  const changed = await company.patch(`/v1/trackers/${id}`, { question: 'Is there money?' })
  expect(changed.body.version).toBe(2)
  await company.patch(`/v1/trackers/${id}`, { name: 'Money' })
  await putIn(company, aCall('two'))
  await house.workUntilIdle()
  const found = await results(id)
  expect(found.map(({ itemId, version }) => [itemId, version]).sort()).toEqual([
    ['one', 1],
    ['two', 2],
  ])
  const again = await company.post(`/v1/trackers/${id}/estimate`, {
    history: { from: '2026-06-01T00:00:00.000Z', to: '2026-06-30T00:00:00.000Z' },
  })
  expect(again.body).toMatchObject({ credits: 1, alreadyProcessed: 1 })
})

test('only words of the chosen side and part are read; what has none is neither processed nor charged', async () => {
  await fund(company, 100)
  const ours = await aTracker(company, { side: 'company', itemTypes: ['call', 'email'] })
  const start = await aTracker(company, {
    itemTypes: ['call'],
    part: { from: 'start', amount: 1, unit: 'minutes' },
  })
  const transcript = [{ partyId: 'cust', startSeconds: 120, endSeconds: 130, text: FOUND }]
  await putIn(company, anEmail('from-customer'), aCall('whole'), aCall('late', { transcript }))
  await house.workUntilIdle()
  expect(await itemsOf(ours)).toEqual(['whole'])
  expect(await itemsOf(start)).toEqual(['whole'])
  expect((await results(ours))[0]).toMatchObject({ found: false, credits: 1 })
})

test('two workers at once on one tracker make one result and one charge an item', async () => {
  await fund(company, 1000)
  const id = await aTracker(company)
  await putIn(company, ...Array.from({ length: 40 }, (_, i) => aCall(`c${i}`)))
  await house.queue.startWorkers(6)
  for (let i = 0; i < 20; i++) await putIn(company, anEmail(`m${i}`))
  await expect.poll(async () => (await results(id)).length, { timeout: 20_000 }).toBe(60)
  expect((await charges()).length).toBe(60)
  await expect.poll(held).toBe(0)
  expect(await available()).toBe(958)
})

test('an erased call leaves its charge, and nothing of what was found in it', async () => {
  await fund(company, 10)
  const id = await aTracker(company)
  await putIn(company, aCall('secret', { text: 'The budget is 4711 for Zanzibar.' }))
  await house.workUntilIdle()
  await company.post('/v1/privacy/erase', { itemType: 'call', itemId: 'secret' })
  expect(await results(id)).toEqual([])
  expect(await charges()).toHaveLength(1)
  const left = await house.database.asOwner(
    `select r::text from tracker_result r where company_id = $1 and r::text like '%Zanzibar%'`,
    [company.no],
  )
  expect(left.rows).toEqual([])
})
