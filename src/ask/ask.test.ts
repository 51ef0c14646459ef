import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type TestCompany, type TestHouse, testHouse } from '../../tests/kit/house.ts'
import { signedIn } from '../../tests/kit/people.ts'
import { aCall, anEmail, CLOCK, FOUND, fund, putIn } from '../../tests/kit/samples.ts'
import type { ComposeRequest } from '../ai/model.ts'
import { ModelFailed } from '../ai/model.ts'
import { createScripted } from '../ai/scripted.ts'

/** Cites the last turn of the first item. */
function citeFirst({ items }: ComposeRequest) {
  const [item] = items
  const turn = item!.turns.at(-1)!
  const citation = { itemType: item!.type, itemId: item!.id, turn: turn.turn, quote: turn.text }
  return { paragraphs: [{ text: 'There is a budget.', citations: [citation] }] }
}

const model = createScripted({ compose: citeFirst })
let house: TestHouse
let company: TestCompany
let account: string

beforeAll(async () => {
  house = await testHouse({ model })
})
afterAll(() => house.close())
beforeEach(async () => {
  model.script = { compose: citeFirst }
  model.calls.length = 0
  company = await house.newCompany({ testClock: CLOCK })
  account = (await company.post('/v1/accounts', { name: 'Theirs', domains: ['theirs.test'] })).body
    .id
})

const question = 'Is there a budget?'
const aboutIt = () => ({ question, entity: { type: 'account', id: account } })
const balance = async () => (await company.get('/v1/credits/balance')).body
const charges = async () => (await company.get('/v1/credits/charges')).body.data

test('an answer cites what it stands on, and is charged once for all items', async () => {
  await fund(company, 10)
  await putIn(company, aCall('long'), aCall('short', { durationSeconds: 600 }), anEmail('mail'))
  const answer = await company.post('/v1/ask', aboutIt())
  expect(answer.status).toBe(200)
  expect(answer.body).toMatchObject({
    callsSearched: 2,
    emailsSearched: 1,
    truncated: false,
    credits: 1.6,
    balance: { available: 8.4, held: 0, used: 1.6 },
  })
  expect(answer.body.answer).toEqual([
    {
      text: 'There is a budget.',
      callFindings: [
        {
          id: 'short',
          title: 'Call short',
          at: '2026-06-14T09:00:00.000Z',
          url: '/calls/short',
          quotes: [FOUND],
        },
      ],
      emailFindings: [],
    },
  ])
  expect(answer.headers).toMatchObject({ 'x-credits-charged': '1.6', 'x-credits-available': '8.4' })
  const [charge] = await charges()
  expect(charge).toMatchObject({
    ...{ feature: 'ask_anything', instance: null, trigger: 'api', credits: 1.6 },
    integrationId: company.keyId,
  })
  // The ledger names the items by their numbers, which say nothing.
  const { items } = (await company.get(`/v1/credits/charges/${charge.id}`)).body
  expect(items.map((item: { id: string }) => item.id)).toEqual([
    expect.stringMatching(/^\d+$/),
    expect.stringMatching(/^\d+$/),
    expect.stringMatching(/^\d+$/),
  ])
})

test('a dry run gives the price and the items, and asks nobody', async () => {
  await fund(company, 10)
  await putIn(company, aCall('long'), anEmail('mail'))
  const dry = await company.post('/v1/ask', { ...aboutIt(), dryRun: true })
  expect(dry.body).toMatchObject({ credits: 1.1, answer: [], callsSearched: 1, emailsSearched: 1 })
  expect(dry.body.items.map((item: { id: string }) => item.id)).toEqual(['long', 'mail'])
  expect(dry.headers['x-credits-charged']).toBe('0')
  expect(model.calls).toEqual([])
  expect((await balance()).available).toBe(10)
})

test('nothing to read costs nothing and asks nobody, at zero too', async () => {
  const answer = await company.post('/v1/ask', aboutIt())
  expect(answer.body).toMatchObject({ credits: 0, callsSearched: 0, emailsSearched: 0 })
  expect(answer.body.answer).toHaveLength(1)
  expect(model.calls).toEqual([])
})

test('a pool that cannot pay is found out before the model is asked', async () => {
  await fund(company, 0.9)
  await putIn(company, aCall('long'))
  const short = await company.post('/v1/ask', aboutIt(), { key: 'later' })
  expect([short.status, short.body.code]).toEqual([402, 'insufficient-credits'])
  expect(short.body).toMatchObject({ needed: 1, available: 0.9, held: 0 })
  expect(model.calls).toEqual([])
  await fund(company, 1)
  expect((await company.post('/v1/ask', aboutIt(), { key: 'later' })).status).toBe(200)
})

test('a model that fails is a 502, nothing is charged, and the key may be used again', async () => {
  await fund(company, 10)
  await putIn(company, aCall('long'))
  model.script = { compose: new ModelFailed('unavailable', 'It is down.') }
  const failed = await company.post('/v1/ask', aboutIt(), { key: 'once' })
  expect([failed.status, failed.body.code]).toEqual([502, 'ai-provider-failed'])
  expect(await balance()).toMatchObject({ available: 10, held: 0 })
  model.script = { compose: citeFirst }
  const again = await company.post('/v1/ask', aboutIt(), { key: 'once' })
  expect(again.status).toBe(200)
  expect(again.headers['idempotency-replayed']).toBeUndefined()
  expect((await balance()).available).toBe(9)
})

test('a key gives the first answer again, for 30 days, and refuses another question', async () => {
  await fund(company, 10, { expiresAt: '2030-01-01T00:00:00Z' })
  await putIn(company, aCall('long'))
  const first = await company.post('/v1/ask', aboutIt(), { key: 'kept' })
  const again = await company.post('/v1/ask', aboutIt(), { key: 'kept' })
  expect(again.text).toBe(first.text)
  expect(again.headers).toMatchObject({ 'idempotency-replayed': 'true', 'x-credits-charged': '0' })
  expect(model.calls).toHaveLength(1)
  const other = { ...aboutIt(), question: 'What else?' }
  const conflict = await company.post('/v1/ask', other, { key: 'kept' })
  expect([conflict.status, conflict.body.code]).toEqual([409, 'idempotency-conflict'])

  await company.post('/v1/test-clock/advance', { to: '2026-07-15T11:59:59Z' })
  expect((await company.post('/v1/ask', aboutIt(), { key: 'kept' })).body.answer).toHaveLength(1)
  await company.post('/v1/test-clock/advance', { to: '2026-07-15T12:00:00Z' })
  const over = await company.post('/v1/ask', aboutIt(), { key: 'kept' })
  expect(over.body).toMatchObject({ answer: null, credits: 1 })
  await company.post('/v1/test-clock/advance', { to: '2026-07-17T00:00:00Z' })
  const kept =
    'select answer from answered_request where company_id = $1 and emptied_at is not null'
  const { rows } = await house.database.asOwner(kept, [company.no])
  expect(rows).toHaveLength(1)
  expect(rows[0].answer).not.toContain('budget')
  expect((await balance()).available).toBe(9)
})

test('beside a request under way the same key waits, and is told to come back', async () => {
  await fund(company, 10)
  await putIn(company, aCall('long'))
  model.script = { compose: citeFirst, latencyMs: 4_500 }
  const first = company.post('/v1/ask', aboutIt(), { key: 'slow' })
  await expect.poll(() => model.calls.length).toBe(1)
  const beside = await company.post('/v1/ask', aboutIt(), { key: 'slow' })
  expect([beside.status, beside.body.code]).toEqual([409, 'idempotency-in-progress'])
  expect(beside.headers['retry-after']).toBe('1')
  expect((await first).status).toBe(200)
  expect((await company.post('/v1/ask', aboutIt(), { key: 'slow' })).status).toBe(200)
  expect(model.calls).toHaveLength(1)
  expect((await balance()).available).toBe(9)
})

test('a client that goes away while it waits is charged exactly for the answer that is kept', async () => {
  await fund(company, 10)
  await putIn(company, aCall('long'))
  const address = await house.app.listen({ port: 0, host: '127.0.0.1' })
  model.script = { compose: citeFirst, latencyMs: 500 }
  const leaving = new AbortController()
  const asking = fetch(`${address}/v1/ask`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${company.key}`,
      'content-type': 'application/json',
      'idempotency-key': 'gone',
    },
    body: JSON.stringify(aboutIt()),
    signal: leaving.signal,
  })
  await expect.poll(() => model.calls.length).toBe(1)
  leaving.abort()
  await expect(asking).rejects.toThrow()
  await expect.poll(async () => (await balance()).held).toBe(0)
  const [again, { used }] = [
    await company.post('/v1/ask', aboutIt(), { key: 'gone' }),
    await balance(),
  ]
  expect(again.status).toBe(200)
  expect(again.body.answer).toHaveLength(1)
  // Kept and charged, or given up and asked anew: once either way.
  expect(used).toBe(1)
  expect(again.headers['idempotency-replayed']).toBe(model.calls.length === 1 ? 'true' : undefined)
})

test('twenty of the same key at once are one request', async () => {
  await fund(company, 10)
  await putIn(company, aCall('long'))
  model.script = { compose: citeFirst, latencyMs: 100 }
  const all = await Promise.all(
    Array.from({ length: 20 }, () => company.post('/v1/ask', aboutIt(), { key: 'race' })),
  )
  expect(all.map(({ status }) => status)).toEqual(Array(20).fill(200))
  expect(new Set(all.map(({ text }) => text)).size).toBe(1)
  expect(all.filter(({ headers }) => !headers['idempotency-replayed'])).toHaveLength(1)
  expect((await balance()).available).toBe(9)
})

test('a worker that is gone keeps its key no longer than its lease', async () => {
  await fund(company, 10)
  await putIn(company, aCall('long'))
  model.script = { compose: 'hang' }
  const lost = company.post('/v1/ask', aboutIt(), { key: 'lost' })
  await expect.poll(() => model.calls.length).toBe(1)
  await house.database.asOwner(
    `update answered_request set worker_until = now() - interval '1 s' where company_id = $1`,
    [company.no],
  )
  model.script = { compose: citeFirst }
  expect((await company.post('/v1/ask', aboutIt(), { key: 'lost' })).status).toBe(200)
  expect((await balance()).available).toBe(8)
  void lost.catch(() => {})
})

test('what a personal key may not see is not read, counted or priced; a private call by nobody', async () => {
  await fund(company, 10)
  const member = { name: 'Rea', email: 'rea@ours.test', role: 'member', visibility: 'own' }
  const { id: memberId } = (await company.post('/v1/members', member)).body
  const parties = [
    { id: 'a', name: 'Other', email: 'other@ours.test', affiliation: 'company' },
    { id: 'b', name: 'Cora', email: 'cora@theirs.test', affiliation: 'customer' },
  ]
  const transcript = [{ partyId: 'b', text: FOUND }]
  await putIn(
    company,
    aCall('mine'),
    aCall('others', { parties, transcript }),
    aCall('secret', { private: true }),
  )
  const asked = { name: 'Mine', kind: 'api', access: 'personal', memberId, scopes: ['ai:ask'] }
  const { key } = (await company.post('/v1/integrations', asked)).body
  const own = await company.as(key).post('/v1/ask', { ...aboutIt(), dryRun: true })
  expect(own.body.items.map((item: { id: string }) => item.id)).toEqual(['mine'])
  const shared = await company.post('/v1/ask', { ...aboutIt(), dryRun: true })
  expect(shared.body.callsSearched).toBe(2)
  const named = await company.post('/v1/ask', { question, callIds: ['secret', 'mine', 'nowhere'] })
  expect(named.body).toMatchObject({ callsSearched: 1, credits: 1 })
  await company.as(key).post('/v1/ask', aboutIt())
  expect((await charges())[0]).toMatchObject({ memberId, credits: 1 })
})

test('a signed-in member asks by hand, free, so many times an hour', async () => {
  await putIn(company, aCall('long'))
  await company.patch('/v1/company', { limits: { manualPerMemberHour: 2 } })
  const { client } = await signedIn(house, company, `hand${company.no}@ours.test`)
  const ask = () => client.post('/v1/ask', aboutIt())
  expect((await client.post('/v1/ask', { ...aboutIt(), dryRun: true })).body.credits).toBe(0)
  const first = await ask()
  expect([first.status, first.body.credits, first.headers['x-credits-charged']]).toEqual([
    200,
    0,
    '0',
  ])
  expect((await ask()).status).toBe(200)
  const third = await ask()
  expect([third.status, third.headers['retry-after']]).toEqual([429, '3600'])
  expect(await charges()).toEqual([])
  await company.post('/v1/test-clock/advance', { to: '2026-06-15T13:00:00Z' })
  expect((await ask()).status).toBe(200)
})

test('a feature that is switched off for a team is off by hand and by key', async () => {
  await fund(company, 10)
  await putIn(company, aCall('long'))
  const team = (await company.post('/v1/teams', { name: 'Field' })).body.id
  await company.put(`/v1/teams/${team}/features`, { ask_anything: false })
  const inTeam = { teamIds: [team], primaryTeamId: team }
  const { client } = await signedIn(house, company, `off${company.no}@ours.test`, inTeam)
  expect((await client.post('/v1/ask', aboutIt())).body.code).toBe('feature-disabled')
  const asked = { name: 'Off', kind: 'api', access: 'shared', teamId: team, scopes: ['ai:ask'] }
  const { key } = (await company.post('/v1/integrations', asked)).body
  expect((await company.as(key).post('/v1/ask', aboutIt())).body.code).toBe('feature-disabled')
  await company.put(`/v1/teams/${team}/features`, { ask_anything: true })
  expect((await client.post('/v1/ask', aboutIt())).status).toBe(200)
})

test('what is erased leaves no answer behind, and an answer that is being made is not given', async () => {
  await fund(company, 10)
  await putIn(company, aCall('one'), aCall('two'))
  const kept = await company.post('/v1/ask', { question, callIds: ['one'] }, { key: 'one' })
  expect(kept.text).toContain(FOUND)
  await company.post('/v1/ask', { question, callIds: ['one'], dryRun: true }, { key: 'dry' })
  await company.post('/v1/privacy/erase', { itemType: 'call', itemId: 'one' })
  const again = await company.post('/v1/ask', { question, callIds: ['one'] }, { key: 'one' })
  expect(again.body).toMatchObject({ answer: null, credits: 1 })
  const dry = await company.post(
    '/v1/ask',
    { question, callIds: ['one'], dryRun: true },
    { key: 'dry' },
  )
  expect(dry.body.items).toBeUndefined()

  model.script = { compose: citeFirst, latencyMs: 300 }
  model.calls.length = 0
  const during = company.post('/v1/ask', { question, callIds: ['two'] })
  await expect.poll(() => model.calls.length).toBe(1)
  await company.post('/v1/privacy/erase', { itemType: 'call', itemId: 'two' })
  expect([(await during).status, (await during).body.code]).toEqual([409, 'conflict'])
  expect(await balance()).toMatchObject({ available: 9, held: 0 })
  await house.workUntilIdle()
})

test('an unknown entity or stream is not found, and a key without the scope may not ask', async () => {
  const entity = { type: 'deal', id: account }
  expect((await company.post('/v1/ask', { question, entity })).status).toBe(404)
  expect((await company.post('/v1/ask', { question, streamId: 'none' })).status).toBe(404)
  const asked = { name: 'Reader', kind: 'api', access: 'shared', scopes: ['data:read'] }
  const { key } = (await company.post('/v1/integrations', asked)).body
  expect((await company.as(key).post('/v1/ask', aboutIt())).status).toBe(403)
})
