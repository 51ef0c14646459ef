// biome-ignore-all lint/suspicious/noThenProperty: the wire contract's word; nobody awaits it
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type TestCompany, type TestHouse, testHouse } from '../../tests/kit/house.ts'
import { aCall, anEmail, aTracker, CLOCK, fund, NOT_FOUND, putIn } from '../../tests/kit/samples.ts'
import type { ReadRequest } from '../ai/model.ts'
import { ModelFailed } from '../ai/model.ts'
import { createScripted } from '../ai/scripted.ts'

function readBudget({ item }: ReadRequest) {
  const turn = item.turns.find(({ text }) => text.includes('budget'))
  if (!turn) return { found: false, answer: 'No.', occurrences: [] }
  return { found: true, answer: 'Yes.', occurrences: [{ turn: turn.turn, quote: turn.text }] }
}

const model = createScripted({ read: readBudget })
let house: TestHouse
let company: TestCompany
let entity: { type: string; id: string }
let briefId: string

beforeAll(async () => {
  house = await testHouse({ model })
})
afterAll(() => house.close())
beforeEach(async () => {
  model.script = { read: readBudget }
  model.calls.length = 0
  company = await house.newCompany({ testClock: CLOCK })
  const account = await company.post('/v1/accounts', { name: 'Theirs', domains: ['theirs.test'] })
  entity = { type: 'account', id: account.body.id }
  const section = { title: 'Next', source: 'conversations', question: 'What next?' }
  briefId = (await company.post('/v1/briefs', { name: 'Daily', sections: [section] })).body.id
})

async function anAutomation(when: object, more: Record<string, unknown> = {}, then: object = {}) {
  const asked = { name: 'Every day', when, then: { briefId, entity, ...then }, ...more }
  const made = await company.post('/v1/automations', asked)
  if (made.status !== 201) throw new Error(made.text)
  return made.body.id as string
}
const daily = { type: 'schedule', every: 'day', at: '14:00' }
const runs = async (id: string) =>
  (await company.get(`/v1/automations/${id}/runs`)).body.data as {
    at: string
    status: string
    reason: string | null
    generatedId: string | null
    credits: number
  }[]
const log = async (id: string) =>
  (await runs(id)).map(({ status, reason, credits }) => [status, reason, credits])
const charges = async () => (await company.get('/v1/credits/charges')).body.data
const advance = async (to: string) => {
  const done = await company.post('/v1/test-clock/advance', { to })
  if (done.status !== 200) throw new Error(done.text)
}

test('a schedule runs in the company’s time, and charges the automation', async () => {
  await company.patch('/v1/company', { timezone: 'America/New_York' })
  await fund(company, 10)
  await putIn(company, aCall('long'))
  const id = await anAutomation(daily)
  expect((await company.get(`/v1/automations/${id}`)).body).toMatchObject({
    ...{ enabled: true, nextAt: '2026-06-15T18:00:00.000Z', if: {} },
    then: { briefId, entity, timePeriod: 'LAST_90DAYS', deliverTo: [] },
  })
  await advance('2026-06-17T00:00:00Z')
  expect((await runs(id)).map(({ at, status, credits }) => [at, status, credits])).toEqual([
    ['2026-06-16T18:00:00.000Z', 'done', 1],
    ['2026-06-15T18:00:00.000Z', 'done', 1],
  ])
  expect(await charges()).toHaveLength(2)
  expect((await charges())[0]).toMatchObject({
    ...{ feature: 'automated_brief', trigger: 'automation', credits: 1 },
    ...{ instance: { id, name: 'Every day' }, integrationId: null },
  })
  const [last] = await runs(id)
  const made = await company.get(`/v1/briefs/${briefId}/generated/${last!.generatedId}`)
  expect(made.body.sections[0].text).toBe('Scripted.')
})

test('at zero nothing is made whatever it costs, each skip is logged, and none is made up for', async () => {
  const tracker = await aTracker(company, {
    kind: 'keyword',
    keywords: ['budget'],
    question: undefined,
  })
  const section = { title: 'Budget', source: 'trackers', trackerIds: [tracker] }
  const free = (await company.post('/v1/briefs', { name: 'Free', sections: [section] })).body.id
  const id = await anAutomation(daily)
  const ofFree = await anAutomation(daily, { name: 'Free' }, { briefId: free })
  await advance('2026-06-17T12:00:00Z')
  expect(await log(id)).toEqual(Array(2).fill(['skipped', 'out_of_credits', 0]))
  expect(await log(ofFree)).toEqual(Array(2).fill(['skipped', 'out_of_credits', 0]))
  await putIn(company, aCall('long'))
  await fund(company, 1)
  expect(await log(id)).toHaveLength(2)
  await advance('2026-06-18T12:00:00Z')
  expect((await log(id))[0]).toEqual(['done', null, 1])
  expect(await log(id)).toHaveLength(3)
  // The first one took the last credit.
  await advance('2026-06-19T12:00:00Z')
  expect((await log(id))[0]).toEqual(['skipped', 'out_of_credits', 0])
  await fund(company, 0.5)
  const now = await company.post(`/v1/automations/${id}/run`)
  expect(now.body).toMatchObject({ status: 'skipped', reason: 'insufficient_credits', credits: 0 })
  const atOnce = await company.post(`/v1/automations/${ofFree}/run`, {})
  expect(atOnce.body).toMatchObject({ status: 'done', reason: null, credits: 0 })
})

test('calls that arrive set it off, once each, if they fit', async () => {
  await fund(company, 20)
  const when = { type: 'call_processed' }
  const id = await anAutomation(when, { if: { minDurationSeconds: 600 } }, { entity: 'trigger' })
  await putIn(
    company,
    aCall('long'),
    aCall('short', { durationSeconds: 60 }),
    anEmail('mail'),
    aCall('history', { history: true }),
    aCall('long'),
  )
  await house.workUntilIdle()
  expect((await log(id)).sort()).toEqual([
    ['done', null, expect.any(Number)],
    ['skipped', 'does_not_fit', 0],
  ])
  const made = (await company.get(`/v1/briefs/${briefId}/generated`)).body.data
  expect(made).toHaveLength(1)
  expect(made[0].entity).toEqual(entity)
})

test('a call without an account has nobody to be about', async () => {
  await fund(company, 20)
  const id = await anAutomation({ type: 'call_processed' }, {}, { entity: 'trigger' })
  const parties = [{ id: 'x', name: 'X', email: 'x@elsewhere.test', affiliation: 'customer' }]
  await putIn(company, aCall('stray', { parties, transcript: [{ partyId: 'x', text: 'Hello.' }] }))
  await house.workUntilIdle()
  expect(await log(id)).toEqual([['skipped', 'no_entity', 0]])
})

test('a tracker’s hits set it off in the commit of the result, hits in history only when asked', async () => {
  await fund(company, 50)
  await putIn(company, aCall('before', { startedAt: '2026-05-20T09:00:00Z' }))
  const trackerId = await aTracker(company)
  const id = await anAutomation({ type: 'tracker_hit', trackerId }, {}, { entity: 'trigger' })
  const asking = await anAutomation({ type: 'tracker_hit', trackerId, backfilled: true })
  await putIn(company, aCall('yes'), aCall('no', { text: NOT_FOUND }))
  await house.workUntilIdle()
  expect([(await runs(id)).length, (await runs(asking)).length]).toEqual([1, 1])
  await company.post(`/v1/trackers/${trackerId}/backfills`, {
    ...{ from: '2026-05-01T00:00:00Z', to: '2026-06-01T00:00:00Z' },
  })
  await house.workUntilIdle()
  expect([(await runs(id)).length, (await runs(asking)).length]).toEqual([1, 2])
  const refused = await company.del(`/v1/trackers/${trackerId}`)
  expect(refused.body.usedBy.map((use: { type: string }) => use.type)).toEqual([
    'automation',
    'automation',
  ])
  expect((await company.del(`/v1/briefs/${briefId}`)).status).toBe(409)
})

test('a model that fails is tried again, and logged when it fails for good', async () => {
  await fund(company, 10)
  await putIn(company, aCall('long'))
  const id = await anAutomation(daily)
  let tries = 0
  model.script.compose = () => (++tries < 3 ? new ModelFailed('unavailable', 'Down.') : {})
  await advance('2026-06-16T00:00:00Z')
  expect([tries, await log(id)]).toEqual([3, [['done', null, 1]]])
  model.script.compose = new ModelFailed('unavailable', 'Down.')
  await advance('2026-06-17T00:00:00Z')
  expect((await log(id))[0]).toEqual(['failed', 'ai_provider_failed', 0])
  expect((await charges()).length).toBe(1)
  expect((await company.get('/v1/credits/balance')).body.held).toBe(0)
})

test('run now charges too, on or off, and once per key', async () => {
  await fund(company, 10)
  await putIn(company, aCall('long'))
  const id = await anAutomation(daily, { enabled: false })
  const first = await company.post(`/v1/automations/${id}/run`, {}, { key: 'now' })
  expect(first.body).toMatchObject({ status: 'done', credits: 1, cause: 'asked' })
  const again = await company.post(`/v1/automations/${id}/run`, {}, { key: 'now' })
  expect(again.body).toEqual(first.body)
  expect(again.headers['idempotency-replayed']).toBe('true')
  expect((await charges())[0]).toMatchObject({
    feature: 'automated_brief',
    integrationId: company.keyId,
  })
  await advance('2026-06-20T00:00:00Z')
  expect(await runs(id)).toHaveLength(1)
})

test('several at once under one key are one run, with one charge', async () => {
  await fund(company, 10)
  await putIn(company, aCall('long'))
  const id = await anAutomation(daily)
  model.script.latencyMs = 200
  const all = await Promise.all(
    Array.from({ length: 5 }, () => company.post(`/v1/automations/${id}/run`, {}, { key: 'now' })),
  )
  expect(new Set(all.map(({ body }) => body.id)).size).toBe(1)
  expect([(await runs(id)).length, (await charges()).length]).toEqual([1, 1])
})

test('with a condition a schedule runs only when something that fits has come', async () => {
  await fund(company, 10)
  await putIn(company, aCall('long'))
  const id = await anAutomation(daily, { if: { minDurationSeconds: 600 } })
  await advance('2026-06-17T12:00:00Z')
  expect(await log(id)).toEqual([
    ['skipped', 'nothing_new', 0],
    ['done', null, 1],
  ])
})

test('switching it off takes its next time away; changing it counts from now', async () => {
  const id = await anAutomation(daily)
  const off = await company.patch(`/v1/automations/${id}`, { enabled: false })
  expect(off.body.nextAt).toBeNull()
  await advance('2026-06-17T12:00:00Z')
  expect(await runs(id)).toEqual([])
  const weekly = { when: { ...daily, every: 'week' }, enabled: true }
  const on = await company.patch(`/v1/automations/${id}`, weekly)
  expect(on.body.nextAt).toBe('2026-06-22T14:00:00.000Z')
  expect((await company.del(`/v1/automations/${id}`)).status).toBe(204)
  await advance('2026-06-30T12:00:00Z')
})

test.each<[string, Record<string, unknown>, number]>([
  ['a schedule about its trigger', { then: { entity: 'trigger' } }, 422],
  ['an unknown brief', { then: { briefId: 'none' } }, 422],
  ['an unknown member', { then: { deliverTo: ['nobody'] } }, 422],
  ['an unknown entity', { then: { entity: { type: 'deal', id: 'none' } } }, 422],
  ['an hour that is none', { when: { ...daily, at: '25:00' } }, 400],
  ['an unknown field', { tea: true }, 400],
])('%s is refused', async (_what, { then = {}, when = daily, ...more }, status) => {
  const asked = { name: 'X', when, then: { briefId, entity, ...(then as object) }, ...more }
  expect((await company.post('/v1/automations', asked)).status).toBe(status)
})
