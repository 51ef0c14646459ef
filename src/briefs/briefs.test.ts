import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type TestCompany, type TestHouse, testHouse } from '../../tests/kit/house.ts'
import { signedIn } from '../../tests/kit/people.ts'
import { aCall, anEmail, aTracker, CLOCK, FOUND, fund, putIn } from '../../tests/kit/samples.ts'
import type { ComposeRequest, ReadRequest } from '../ai/model.ts'
import { ModelFailed } from '../ai/model.ts'
import { createScripted } from '../ai/scripted.ts'

function readBudget({ item }: ReadRequest) {
  const turn = item.turns.find(({ text }) => text.includes('budget'))
  if (!turn) return { found: false, answer: 'No.', occurrences: [] }
  return {
    found: true,
    answer: 'Yes, there is.',
    occurrences: [{ turn: turn.turn, quote: turn.text }],
  }
}
function citeAll({ question, items }: ComposeRequest) {
  const citations = items.map(({ type, id, turns }) => {
    const turn = turns.at(-1)!
    return { itemType: type, itemId: id, turn: turn.turn, quote: turn.text }
  })
  return { paragraphs: [{ text: `About: ${question}`, citations }] }
}

const model = createScripted({ read: readBudget, compose: citeAll })
let house: TestHouse
let company: TestCompany
let entity: { type: string; id: string }

beforeAll(async () => {
  house = await testHouse({ model })
})
afterAll(() => house.close())
beforeEach(async () => {
  model.script = { read: readBudget, compose: citeAll }
  model.calls.length = 0
  company = await house.newCompany({ testClock: CLOCK })
  const account = await company.post('/v1/accounts', { name: 'Theirs', domains: ['theirs.test'] })
  entity = { type: 'account', id: account.body.id }
})

const risks = { title: 'Risks', source: 'conversations', question: 'Which risks?' }
const next = { title: 'Next', source: 'conversations', question: 'What next?', itemTypes: ['call'] }
async function aBrief(sections: object[], more: object = {}) {
  const made = await company.post('/v1/briefs', { name: 'Account brief', sections, ...more })
  if (made.status !== 201) throw new Error(made.text)
  return made.body.id as string
}
const generate = (id: string, more: object = {}, options = {}) =>
  company.post(`/v1/briefs/${id}/generate`, { entity, ...more }, options)
const balance = async () => (await company.get('/v1/credits/balance')).body
const charges = async () => (await company.get('/v1/credits/charges')).body.data
const composed = () => model.calls.filter(({ task }) => task === 'compose').length

test('sections of trackers are free, sections of conversations cost each item each time', async () => {
  await fund(company, 20)
  const tracker = await aTracker(company, { itemTypes: ['call'] })
  await putIn(company, aCall('long'), anEmail('mail'))
  await house.workUntilIdle()
  const found = { title: 'Budget', source: 'trackers', trackerIds: [tracker] }
  const id = await aBrief([found, risks, next])
  const dry = await generate(id, { dryRun: true })
  expect(dry.body).toMatchObject({ id: null, credits: 2.1, callsSearched: 1, emailsSearched: 1 })
  expect(dry.body.sections.map((one: { credits: number }) => one.credits)).toEqual([0, 1.1, 1])
  expect(composed()).toBe(0)
  const made = await generate(id)
  expect(made.body).toMatchObject({ credits: 2.1, callsSearched: 1, balance: { available: 16.9 } })
  const [budget, first, second] = made.body.sections
  expect(budget).toMatchObject({ source: 'trackers', credits: 0, stale: null, dataAsOf: CLOCK })
  expect(budget.text).toBe(
    'Budget: found in 1 of 1 call or email.\n- 2026-06-14, Call long: Yes, there is.',
  )
  expect(budget.findings.callFindings[0]).toMatchObject({ id: 'long', quotes: [FOUND] })
  expect(first).toMatchObject({ text: 'About: Which risks?', credits: 1.1, emailsSearched: 1 })
  expect(second).toMatchObject({ text: 'About: What next?', credits: 1, emailsSearched: 0 })
  expect((await charges())[0]).toMatchObject({
    ...{ feature: 'ai_briefer', trigger: 'api', credits: 2.1 },
    instance: { id, name: 'Account brief' },
  })
  expect(made.body.chargeId).toBe((await charges())[0].id)
  const listed = (await company.get(`/v1/briefs/${id}/generated`)).body.data
  expect(listed.map((one: { id: string }) => one.id)).toEqual([made.body.id])
  const read = (await company.get(`/v1/briefs/${id}/generated/${made.body.id}`)).body
  expect(read.sections).toEqual(made.body.sections)
})

test('if one section fails nothing is charged and nothing is kept', async () => {
  await fund(company, 20)
  await putIn(company, aCall('long'))
  const id = await aBrief([risks, next])
  model.script.compose = (request) =>
    request.question === 'What next?' ? new ModelFailed('unavailable', 'Down.') : citeAll(request)
  const failed = await generate(id)
  expect([failed.status, failed.body.code]).toEqual([502, 'ai-provider-failed'])
  expect(await balance()).toMatchObject({ available: 20, held: 0 })
  expect((await company.get(`/v1/briefs/${id}/generated`)).body.data).toEqual([])
})

test('what all sections cost is needed before any is made', async () => {
  await fund(company, 1.5)
  await putIn(company, aCall('long'))
  const short = await generate(await aBrief([risks, next]))
  expect([short.status, short.body.needed, short.body.available]).toEqual([402, 2, 1.5])
  expect(model.calls).toEqual([])
})

test('at zero a brief of trackers is made, and says why it is old', async () => {
  await fund(company, 1)
  const tracker = await aTracker(company)
  await putIn(company, aCall('long'))
  await house.workUntilIdle()
  const id = await aBrief([{ title: 'Budget', source: 'trackers', trackerIds: [tracker] }])
  const made = await generate(id)
  expect([made.status, made.body.credits]).toEqual([200, 0])
  expect(made.body.sections[0].stale).toEqual({
    ...{ since: CLOCK, reason: 'out_of_credits', trackerIds: [tracker] },
  })
})

test('a key gives the brief that was made, and one key is one brief', async () => {
  await fund(company, 20)
  await putIn(company, aCall('long'))
  const id = await aBrief([risks])
  const first = await generate(id, {}, { key: 'one' })
  const again = await generate(id, {}, { key: 'one' })
  expect(again.body).toEqual(first.body)
  expect(again.headers).toMatchObject({ 'idempotency-replayed': 'true', 'x-credits-charged': '0' })
  const other = await generate(id, { timePeriod: 'THIS_WEEK' }, { key: 'one' })
  expect(other.body.code).toBe('idempotency-conflict')
  expect((await balance()).available).toBe(19)
})

test('signed in it is free, and counts among what is asked by hand', async () => {
  await putIn(company, aCall('long'))
  await company.patch('/v1/company', { limits: { manualPerMemberHour: 1 } })
  const id = await aBrief([risks])
  const { client } = await signedIn(house, company, `brief${company.no}@ours.test`)
  const asked = { entity }
  const made = await client.post(`/v1/briefs/${id}/generate`, asked)
  expect([made.status, made.body.credits]).toEqual([200, 0])
  expect((await client.post(`/v1/briefs/${id}/generate`, asked)).status).toBe(429)
})

test('only who may see all that a brief stands on may read it', async () => {
  await fund(company, 20)
  await putIn(company, aCall('long'))
  const id = await aBrief([risks])
  await generate(id)
  const own = await signedIn(house, company, `own${company.no}@ours.test`, { visibility: 'own' })
  expect((await own.client.get(`/v1/briefs/${id}/generated`)).body.data).toEqual([])
  const all = await signedIn(house, company, `all${company.no}@ours.test`)
  expect((await all.client.get(`/v1/briefs/${id}/generated`)).body.data).toHaveLength(1)
})

test('what is erased goes from the sections that stand on it, and from them only', async () => {
  await fund(company, 20)
  await putIn(company, aCall('long'), anEmail('mail'))
  const id = await aBrief([{ ...risks, itemTypes: ['email'] }, next])
  const made = await generate(id, {}, { key: 'kept' })
  await company.post('/v1/privacy/erase', { itemType: 'call', itemId: 'long' })
  await house.workUntilIdle()
  const read = (await company.get(`/v1/briefs/${id}/generated/${made.body.id}`)).body
  expect(read.sections.map((one: { text: string | null }) => one.text)).toEqual([
    'About: Which risks?',
    null,
  ])
  expect(read.sections[1].findings).toEqual({ callFindings: [], emailFindings: [] })
  expect((await generate(id, {}, { key: 'kept' })).body.sections).toEqual(read.sections)
  const { rows } = await house.database.asOwner(
    'select sections::text from generated_brief where id = $1',
    [made.body.id],
  )
  expect(rows[0].sections).not.toContain('Call long')
})

test('a draft is not generated, and a name belongs to one brief', async () => {
  const id = await aBrief([risks], { status: 'draft' })
  expect((await generate(id)).body.code).toBe('invalid-state')
  const twin = await company.post('/v1/briefs', { name: 'ACCOUNT brief', sections: [risks] })
  expect([twin.status, twin.body.code]).toEqual([409, 'conflict'])
  expect((await company.patch(`/v1/briefs/${id}`, { status: 'published' })).body.status).toBe(
    'published',
  )
  expect((await generate(id)).status).toBe(200)
  expect((await company.del(`/v1/briefs/${id}`)).status).toBe(204)
})

test.each([
  ['no sections', { sections: [] }, 400],
  ['an unknown source', { sections: [{ title: 'X', source: 'tea leaves' }] }, 400],
  [
    'conversations without a question',
    { sections: [{ title: 'X', source: 'conversations' }] },
    400,
  ],
  ['trackers without any', { sections: [{ title: 'X', source: 'trackers' }] }, 400],
  [
    'an unknown tracker',
    { sections: [{ title: 'X', source: 'trackers', trackerIds: ['no'] }] },
    422,
  ],
])('%s is refused', async (_what, wrong, status) => {
  expect((await company.post('/v1/briefs', { name: 'X', ...wrong })).status).toBe(status)
})

test('of briefs of one name that are made at once, one is there and the others conflict', async () => {
  const asked = { name: 'Weekly', sections: [risks] }
  const names = ['Weekly', 'weekly', 'WEEKLY', 'Weekly', 'weekly', 'Weekly']
  const made = await Promise.all(
    names.map((name) => company.post('/v1/briefs', { ...asked, name })),
  )
  expect(made.map(({ status }) => status).sort()).toEqual([201, ...Array(5).fill(409)])
  const other = await aBrief([risks], { name: 'Daily' })
  const renamed = await company.patch(`/v1/briefs/${other}`, { name: 'weekly' })
  expect([renamed.status, renamed.body.code]).toEqual([409, 'conflict'])
})

test('what stands on a tracker and its deletion at the same moment agree', async () => {
  await fund(company, 10)
  const ids = await Promise.all(Array.from({ length: 6 }, () => aTracker(company)))
  const ends = await Promise.all(
    ids.flatMap((trackerId, i) => [
      company.post('/v1/streams', {
        name: 'S',
        filter: { trackers: [{ trackerId, found: true }] },
      }),
      company.post('/v1/briefs', {
        name: `B ${i}`,
        sections: [{ title: 'T', source: 'trackers', trackerIds: [trackerId] }],
      }),
      company.del(`/v1/trackers/${trackerId}`),
    ]),
  )
  for (let i = 0; i < ids.length; i++) {
    const [stream, brief, gone] = ends.slice(3 * i, 3 * i + 3).map(({ status }) => status)
    const isUsed = stream === 201 || brief === 201
    expect([stream, brief, gone]).toEqual([
      expect.toBeOneOf([201, 422]),
      expect.toBeOneOf([201, 422]),
      isUsed ? 409 : 204,
    ])
  }
})

test('a brief that is deleted while it is generated is neither kept nor charged', async () => {
  await fund(company, 20)
  await putIn(company, aCall('long'))
  const id = await aBrief([risks])
  let deleted: Promise<{ status: number }> | undefined
  model.script.latencyMs = 300
  model.script.compose = (request) => {
    deleted = company.del(`/v1/briefs/${id}`)
    return citeAll(request)
  }
  const made = await generate(id)
  expect((await deleted)?.status).toBe(204)
  expect([made.status, made.body.code]).toEqual([409, 'conflict'])
  expect(await charges()).toEqual([])
  expect(await balance()).toMatchObject({ available: 20, held: 0 })
})
