import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { expectRefusal, fitting } from '../../tests/kit/gong-contract.ts'
import { type TestCompany, type TestHouse, testHouse } from '../../tests/kit/house.ts'
import { aCall, anEmail, CLOCK, fund, putIn } from '../../tests/kit/samples.ts'
import type { ComposeRequest } from '../ai/model.ts'
import { ModelFailed } from '../ai/model.ts'
import { createScripted } from '../ai/scripted.ts'

function citeAll({ items }: ComposeRequest) {
  const citations = items.map(({ type, id, turns }) => {
    const turn = turns.at(-1)!
    return { itemType: type, itemId: id, turn: turn.turn, quote: turn.text }
  })
  return { paragraphs: [{ text: 'There is a budget.', citations }] }
}

const model = createScripted({ compose: citeAll })
let house: TestHouse
let company: TestCompany
let workspaceId: string
beforeAll(async () => {
  house = await testHouse({ model })
})
afterAll(() => house.close())
beforeEach(async () => {
  model.script = { compose: citeAll }
  model.calls.length = 0
  company = await house.newCompany({ testClock: CLOCK })
  await company.patch('/v1/company', { limits: { gongPerSecond: 100_000 } })
  const account = { id: 'acc', name: 'Theirs', domains: ['theirs.test'], externalId: '0015g00000' }
  await company.post('/v1/accounts', account)
  workspaceId = (await company.get('/v2/workspaces')).body.workspaces[0].id
})

const ASK = '/v2/entities/ask-entity'
const BRIEF = '/v2/entities/get-brief'
const about = () => ({
  workspaceId,
  crmEntityType: 'ACCOUNT',
  crmEntityId: '0015g00000',
  timePeriod: 'LAST_90DAYS',
})
const asking = (more: object = {}) => ({ ...about(), question: 'Is there a budget?', ...more })
const briefing = (more: object = {}) => ({ ...about(), briefName: 'Account brief', ...more })
const under = (key: string) => ({ headers: { 'idempotency-key': key } })
const balance = async () => (await company.get('/v1/credits/balance')).body
const charges = async () => (await company.get('/v1/credits/charges')).body.data
const aBrief = (more: object = {}) =>
  company.post('/v1/briefs', {
    name: 'Account brief',
    sections: [
      { title: 'Risks', source: 'conversations', question: 'Which risks?' },
      { title: 'Next', source: 'conversations', question: 'What next?', itemTypes: ['call'] },
    ],
    ...more,
  })
const credits = ({ headers }: { headers: Record<string, string | undefined> }) => [
  headers['x-credits-charged'],
  headers['x-credits-available'],
]

test('a question costs what the native door charges, for the same feature', async () => {
  await fund(company, 10)
  await putIn(company, aCall('long'), aCall('short', { durationSeconds: 600 }), anEmail('mail'))
  const native = await company.post('/v1/ask', {
    question: 'Is there a budget?',
    entity: { type: 'account', id: 'acc' },
    timePeriod: 'LAST_90DAYS',
  })
  const answer = await company.get(ASK, asking())
  const body = fitting('answer', answer)
  expect(body).toMatchObject({ numOfCallsSearched: 2, numOfEmailsSearched: 1 })
  const { calls } = fitting('calls', await company.get('/v2/calls'))
  expect(body.answer).toEqual([
    {
      answerItems: ['There is a budget.'],
      callFindings: expect.arrayContaining(
        calls.map(({ id, title, started, url }) => ({ call: { id, title, started, url } })),
      ),
      emailFindings: [
        {
          emails: [
            {
              id: expect.stringMatching(/^9\d{18}$/),
              title: 'Note mail',
              sentDateTime: '2026-06-14T10:00:00.000Z',
            },
          ],
        },
      ],
    },
  ])
  expect(credits(native)).toEqual(['1.6', '8.4'])
  expect(credits(answer)).toEqual(['1.6', '6.8'])
  expect(answer.headers['cache-control']).toBe('no-store')
  const [mine, theirs] = await charges()
  for (const charge of [mine, theirs]) {
    expect(charge).toMatchObject({ feature: 'ask_anything', instance: null, trigger: 'api' })
    expect(charge).toMatchObject({ credits: 1.6, integrationId: company.keyId })
  }
})

test('a brief costs each section its items, and names what it stands on', async () => {
  await fund(company, 10)
  await aBrief()
  await putIn(company, aCall('long'), anEmail('mail'))
  const answer = await company.get(BRIEF, briefing())
  const body = fitting('brief', answer)
  expect(body).toMatchObject({ numOfCallsSearched: 1, numOfEmailsSearched: 1 })
  expect(
    body.briefSections!.map(({ title, briefSectionType }) => [title, briefSectionType]),
  ).toEqual([
    ['Risks', 'Conversations'],
    ['Next', 'Conversations'],
  ])
  const [risks, next] = body.briefSections!
  expect(risks!.sectionSummary).toEqual(['There is a budget.'])
  expect(risks!.conversationFindings.emailFindings).toHaveLength(1)
  expect(next!.conversationFindings.emailFindings).toEqual([])
  expect(next!.conversationFindings.callFindings).toHaveLength(1)
  expect(credits(answer)).toEqual(['2.1', '7.9'])
  expect(await charges()).toMatchObject([
    { feature: 'ai_briefer', instance: { name: 'Account brief' }, trigger: 'api', credits: 2.1 },
  ])
})

test('a section of trackers is free and says so by its type', async () => {
  const keyword = { kind: 'keyword', name: 'Words', keywords: ['budget'], itemTypes: ['call'] }
  const tracker = (await company.post('/v1/trackers', keyword)).body.id
  await company.post(`/v1/trackers/${tracker}/publish`, {})
  const sections = [{ title: 'Found', source: 'trackers', trackerIds: [tracker] }]
  await aBrief({ sections })
  await putIn(company, aCall('long'))
  await house.workUntilIdle()
  const answer = await company.get(BRIEF, briefing())
  const [section] = fitting('brief', answer).briefSections!
  expect(section!.briefSectionType).toBe('CrmOrGongData')
  expect(credits(answer)).toEqual(['0', '0'])
})

test('a pool that cannot pay is a 402 before any work, and nothing is charged', async () => {
  await fund(company, 0.9)
  await aBrief()
  await putIn(company, aCall('long'))
  for (const [path, asked] of [
    [ASK, asking()],
    [BRIEF, briefing()],
  ] as const) {
    const [why] = expectRefusal(await company.get(path, asked), 402)
    expect(why).toMatch(/credit/)
  }
  expect(model.calls).toEqual([])
  expect(await balance()).toMatchObject({ available: 0.9, held: 0, used: 0 })
})

test('a model that fails is a 502 and costs nothing', async () => {
  await fund(company, 10)
  await putIn(company, aCall('long'))
  model.script = { compose: new ModelFailed('unavailable', 'It is down.') }
  expectRefusal(await company.get(ASK, asking()), 502)
  expect(await balance()).toMatchObject({ available: 10, held: 0 })
})

test('under a key a request is charged once, and other questions are refused', async () => {
  await fund(company, 10)
  await aBrief()
  await putIn(company, aCall('long'))
  for (const [path, asked, other] of [
    [ASK, asking(), asking({ question: 'Else?' })],
    [BRIEF, briefing(), briefing({ timePeriod: 'THIS_YEAR' })],
  ] as const) {
    const all = await Promise.all(
      Array.from({ length: 4 }, () => company.get(path, asked, under('k'))),
    )
    expect(all.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    const paid = all.filter(({ headers }) => headers['idempotency-replayed'] !== 'true')
    expect(paid).toHaveLength(1)
    const bodies = all.map(({ body: { requestId: _, ...rest } }) => rest)
    for (const body of bodies) expect(body).toEqual(bodies[0])
    const replay = all.find((one) => one !== paid[0])!
    expect(replay.headers['x-credits-charged']).toBe('0')
    expectRefusal(await company.get(path, other, under('k')), 409)
  }
  expect((await balance()).used).toBe(3)
  // Without a key each request is charged.
  await company.get(ASK, asking())
  expect((await balance()).used).toBe(4)
})

test('a key tells one range of dates from another', async () => {
  await fund(company, 10)
  await putIn(company, aCall('long'))
  const of = (fromDateTime: string) => asking({ timePeriod: 'CUSTOM_RANGE', fromDateTime })
  fitting('answer', await company.get(ASK, of('2026-06-01T00:00:00Z'), under('range')))
  expectRefusal(await company.get(ASK, of('2026-06-02T00:00:00Z'), under('range')), 409)
})

test('a range of dates is half-open and belongs to CUSTOM_RANGE', async () => {
  await fund(company, 10)
  await putIn(company, aCall('long'))
  const at = '2026-06-14T09:00:00Z'
  const of = (more: object) => company.get(ASK, asking({ timePeriod: 'CUSTOM_RANGE', ...more }))
  const from = fitting('answer', await of({ fromDateTime: at }))
  expect(from.numOfCallsSearched).toBe(1)
  const to = fitting('answer', await of({ toDateTime: at }))
  expect(to.numOfCallsSearched).toBe(0)
  expectRefusal(await of({}), 400)
  expectRefusal(await company.get(ASK, asking({ fromDateTime: at })), 400)
})

test.each([
  ['workspaceId', 400],
  ['crmEntityType', 400],
  ['crmEntityId', 400],
  ['timePeriod', 400],
  ['question', 400],
] as const)('a question without %s is a %i', async (field, status) => {
  const asked = Object.entries(asking()).filter(([name]) => name !== field)
  const [fault] = expectRefusal(await company.get(ASK, Object.fromEntries(asked)), status)
  expect(fault).toContain(field)
})

test('what is not there is a 404: entity, workspace, brief, draft', async () => {
  expectRefusal(await company.get(ASK, asking({ crmEntityId: 'nobody' })), 404)
  expectRefusal(await company.get(ASK, asking({ crmEntityType: 'DEAL' })), 404)
  expectRefusal(await company.get(ASK, asking({ workspaceId: '1' })), 404)
  expectRefusal(await company.get(BRIEF, briefing()), 404)
  await aBrief({ status: 'draft' })
  expectRefusal(await company.get(BRIEF, briefing()), 404)
})

test('an entity is met by its external id, else by its own', async () => {
  await company.post('/v1/deals', { id: 'acc', name: 'Deal', accountId: 'acc' })
  expect((await company.get(ASK, asking({ crmEntityId: 'acc' }))).status).toBe(200)
  const deal = asking({ crmEntityType: 'DEAL', crmEntityId: 'acc' })
  expect((await company.get(ASK, deal)).status).toBe(200)
})

test('HEAD on the requests that cost credits is a 405, and so is POST', async () => {
  await fund(company, 10)
  await aBrief()
  await putIn(company, aCall('long'))
  for (const [path, query] of [
    [ASK, asking()],
    [BRIEF, briefing()],
  ] as const) {
    const headers = { authorization: `Bearer ${company.key}` }
    const head = await house.app.inject({ method: 'HEAD', url: path, query, headers })
    expect([head.statusCode, head.headers.allow]).toEqual([405, 'GET'])
    expectRefusal(await company.post(path, {}), 405)
  }
  expect((await balance()).available).toBe(10)
})

test('an answer whose content is erased is null when it is asked for again', async () => {
  await fund(company, 10)
  await putIn(company, aCall('long'))
  fitting('answer', await company.get(ASK, asking(), under('k')))
  await company.post('/v1/privacy/erase', { itemType: 'call', itemId: 'long' })
  const again = fitting('answer', await company.get(ASK, asking(), under('k')))
  expect(again).toMatchObject({ answer: null, numOfCallsSearched: 1 })
})
