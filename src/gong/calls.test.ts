import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { expectRefusal, fitting } from '../../tests/kit/gong-contract.ts'
import {
  type TestClient,
  type TestCompany,
  type TestHouse,
  testHouse,
} from '../../tests/kit/house.ts'
import { aCall, aTracker, CLOCK, fund, NOT_FOUND, putIn } from '../../tests/kit/samples.ts'
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
  await company.patch('/v1/company', { limits: { gongPerSecond: 100_000 } })
})

const basic = ({ keyId, key }: TestCompany) =>
  house.client(`Basic ${Buffer.from(`${keyId}:${key}`).toString('base64')}`)
const lines = (calls: object[]) =>
  calls.map((call) => JSON.stringify({ kind: 'call', ...call })).join('\n')
const importCalls = (calls: object[]) =>
  company.post('/v1/import?history=true', lines(calls), {
    headers: { 'content-type': 'application/x-ndjson' },
  })
const aMember = async (email: string, more: object = {}) => {
  const made = await company.post('/v1/members', { name: 'Rea van Rep', email, ...more })
  return made.body.id as string
}
/** A client that acts for a member. */
async function personal(memberId: string): Promise<TestClient> {
  const asked = { name: 'P', kind: 'api', access: 'personal', memberId, scopes: ['data:read'] }
  return company.as((await company.post('/v1/integrations', asked)).body.key)
}

test('calls come a hundred a page, oldest first, each once', async () => {
  const first = Date.parse('2026-06-01T00:00:00Z')
  const calls = Array.from({ length: 205 }, (_, i) =>
    // Several begin in the same moment.
    aCall(`c${i}`, { startedAt: new Date(first + Math.floor(i / 3) * 60_000).toISOString() }),
  )
  await importCalls(calls)
  const client = basic(company)
  const range = { fromDateTime: '2026-06-01T00:00:00Z', toDateTime: '2026-06-02T00:00:00Z' }
  const seen: string[] = []
  let cursor: string | undefined
  for (const [page, size] of [100, 100, 5].entries()) {
    const asked = cursor === undefined ? range : { ...range, cursor }
    const { calls, records } = fitting('calls', await client.get('/v2/calls', asked))
    expect(records).toMatchObject({
      totalRecords: 205,
      currentPageSize: size,
      currentPageNumber: page,
    })
    expect(calls).toHaveLength(size)
    seen.push(...calls.map((call) => call.clientUniqueId))
    cursor = records.cursor
  }
  expect(cursor).toBeUndefined()
  expect(seen).toEqual(calls.map(({ id }) => id))
  const posted = { filter: range, contentSelector: {} }
  const extensive = fitting('extensive', await client.post('/v2/calls/extensive', posted))
  const next = { ...posted, cursor: extensive.records.cursor }
  const second = fitting('extensive', await client.post('/v2/calls/extensive', next))
  expect(second.records).toMatchObject({ currentPageNumber: 1, currentPageSize: 100 })
  expect(second.calls[0]!.metaData.clientUniqueId).toBe('c100')
})

test('a call is shown in the words of that API', async () => {
  const member = await aMember('rea@ours.test')
  await putIn(company, aCall('one', { durationSeconds: 700.6, direction: 'outbound' }))
  const [workspace] = fitting('workspaces', await company.get('/v2/workspaces')).workspaces
  const { calls } = fitting('calls', await basic(company).get('/v2/calls'))
  const { users } = fitting('users', await company.get('/v2/users'))
  expect(calls).toEqual([
    expect.objectContaining({
      ...{ title: 'Call one', started: '2026-06-14T09:00:00.000Z', duration: 701 },
      ...{ direction: 'Outbound', scope: 'External', isPrivate: false },
      ...{ clientUniqueId: 'one', url: '/calls/one', workspaceId: workspace.id },
      primaryUserId: users[0]!.id,
    }),
  ])
  expect(users[0]).toMatchObject({ firstName: 'Rea van', lastName: 'Rep' })
  expect(fitting('call', await company.get(`/v2/calls/${calls[0]!.id}`)).call).toEqual(calls[0])
  expect(fitting('user', await company.get(`/v2/users/${users[0]!.id}`)).user).toEqual(users[0])
  // Asked for by their own ids they are answered under those.
  expect((await company.get('/v2/calls/one')).body.call.id).toBe('one')
  expect((await company.get(`/v2/users/${member}`)).body.user.id).toBe(member)
})

test('ids stay, and a company may have its own ones instead', async () => {
  await putIn(company, aCall('one'), aCall('7782342274025937895'))
  const ids = async () =>
    (await company.get('/v2/calls')).body.calls.map((call: { id: string }) => call.id)
  const [one, number] = await ids()
  expect(number).toBe('7782342274025937895')
  await putIn(company, aCall('one', { title: 'Another title' }))
  expect(await ids()).toEqual([one, number])
  await company.patch('/v1/company', { gongIds: 'own' })
  expect(await ids()).toEqual(['one', number])
  // The aliases are still understood.
  expect((await company.get(`/v2/calls/${one}`)).status).toBe(200)
})

test('ranges are half-open', async () => {
  await putIn(company, aCall('one'))
  const at = '2026-06-14T09:00:00.000Z'
  const later = '2026-06-14T09:00:01Z'
  fitting('calls', await company.get('/v2/calls', { fromDateTime: at, toDateTime: later }))
  expectRefusal(await company.get('/v2/calls', { toDateTime: at }), 404)
  expectRefusal(await company.get('/v2/calls', { fromDateTime: later }), 404)
})

test('every empty list is a 404', async () => {
  const nobody = await company.get('/v2/users')
  expect(expectRefusal(nobody, 404)).toEqual(['No users were found.'])
  expectRefusal(await company.get('/v2/calls'), 404)
  expectRefusal(await company.get('/v2/settings/trackers'), 404)
  expectRefusal(await company.get('/v2/settings/briefs'), 404)
  expectRefusal(await company.post('/v2/calls/extensive', { filter: {} }), 404)
  await putIn(company, aCall('silent', { transcript: undefined }))
  fitting('extensive', await company.post('/v2/calls/extensive', { filter: {} }))
  // It has no transcript.
  expectRefusal(await company.post('/v2/calls/transcript', { filter: {} }), 404)
})

test('the filters of extensive choose calls by id and by host', async () => {
  await putIn(company, aCall('one'), aCall('two'), aCall('three', { parties: [], transcript: [] }))
  const host = await aMember('rea@ours.test')
  const guest = await aMember('cora@theirs.test')
  const chosen = async (filter: object) => {
    const answer = await company.post('/v2/calls/extensive', { filter })
    if (answer.status === 404) return []
    return answer.body.calls.map((call: { metaData: { clientUniqueId: string } }) => {
      return call.metaData.clientUniqueId
    })
  }
  const { users } = fitting('users', await company.get('/v2/users'))
  const [alias] = fitting('calls', await company.get('/v2/calls')).calls
  expect(await chosen({ callIds: [alias!.id, 'two', '123'] })).toEqual(['one', 'two'])
  expect(await chosen({ callIds: [] })).toEqual([])
  expect(await chosen({ primaryUserIds: [users[0]!.id] })).toEqual(['one', 'two'])
  expect(await chosen({ primaryUserIds: [host], callIds: ['two'] })).toEqual(['two'])
  expect(await chosen({ primaryUserIds: [guest] })).toEqual([])
})

test('extensive has what was asked for: context, parties, tracker hits, interaction', async () => {
  await fund(company, 10)
  await aTracker(company, { itemTypes: ['call'] })
  const keyword = { kind: 'keyword', name: 'Hello', keywords: ['hello'], itemTypes: ['call'] }
  const made = await company.post('/v1/trackers', keyword)
  await company.post(`/v1/trackers/${made.body.id}/publish`, {})
  const account = { name: 'Theirs', domains: ['theirs.test'], externalId: '0013' }
  await company.post('/v1/accounts', account)
  await putIn(company, aCall('one'), aCall('two', { text: NOT_FOUND }))
  await house.workUntilIdle()
  const contentSelector = {
    context: 'Extended',
    exposedFields: {
      parties: true,
      content: { trackers: true, trackerOccurrences: true },
      interaction: { speakers: true, questions: true },
      collaboration: { publicComments: true },
    },
  }
  const asked = { filter: {}, contentSelector }
  const { calls } = fitting('extensive', await company.post('/v2/calls/extensive', asked))
  const [one, two] = calls
  const [rep, cust] = one!.parties!
  expect([rep!.affiliation, cust!.affiliation]).toEqual(['Internal', 'External'])
  expect(one!.content!.trackers).toEqual([
    expect.objectContaining({
      ...{ name: 'Budget', type: 'SMART', count: 1 },
      occurrences: [{ startTime: 5, speakerId: cust!.speakerId }],
    }),
    expect.objectContaining({
      ...{ name: 'Hello', type: 'KEYWORD', count: 1 },
      occurrences: [{ startTime: 0, speakerId: rep!.speakerId }],
    }),
  ])
  expect(two!.content!.trackers!.map(({ name, count }) => [name, count])).toEqual([
    ['Budget', 0],
    ['Hello', 1],
  ])
  const linked = { objectType: 'Account', objectId: '0013', timing: 'Now' }
  expect(one!.context).toEqual([
    { system: 'Generic', objects: [{ ...linked, fields: [{ name: 'Name', value: 'Theirs' }] }] },
  ])
  expect(one!.interaction).toEqual({
    speakers: [
      { id: rep!.speakerId, userId: null, talkTime: 4 },
      { id: cust!.speakerId, userId: null, talkTime: 15 },
    ],
    questions: { companyCount: 0, nonCompanyCount: 0 },
  })
  // Hits without their places; and nothing that was not asked for.
  const less = { ...asked, contentSelector: { exposedFields: { content: { trackers: true } } } }
  const [plain] = fitting('extensive', await company.post('/v2/calls/extensive', less)).calls
  expect(plain!.content!.trackers![0]!.occurrences).toBeUndefined()
  expect(Object.keys(plain!).sort()).toEqual(['content', 'metaData'])
})

test('what was said is in milliseconds, by the speakers that extensive names', async () => {
  const transcript = [
    { partyId: 'rep', startSeconds: 0, endSeconds: 1.25, text: 'Hello.' },
    { partyId: 'rep', startSeconds: 1.5, endSeconds: 2, text: 'Can you hear me?' },
    { partyId: 'cust', startSeconds: 2.0004, text: 'Yes.' },
  ]
  await putIn(company, aCall('one', { transcript }))
  const filter = {}
  const said = fitting('transcripts', await company.post('/v2/calls/transcript', { filter }))
    .callTranscripts[0]!
  const contentSelector = { exposedFields: { parties: true } }
  const body = { filter, contentSelector }
  const { calls } = fitting('extensive', await company.post('/v2/calls/extensive', body))
  const [rep, cust] = calls[0]!.parties!
  expect(said.transcript).toEqual([
    {
      speakerId: rep!.speakerId,
      topic: null,
      sentences: [
        { start: 0, end: 1250, text: 'Hello.' },
        { start: 1500, end: 2000, text: 'Can you hear me?' },
      ],
    },
    {
      speakerId: cust!.speakerId,
      topic: null,
      sentences: [{ start: 2000, end: 2000, text: 'Yes.' }],
    },
  ])
})

const post = (more: object = {}) => ({
  actualStart: '2026-06-15T09:00:00+02:00',
  clientUniqueId: 'client-1',
  direction: 'Inbound',
  duration: 700.5,
  parties: [
    { partyId: 'c', name: 'Cora', emailAddress: 'Cora@theirs.test' },
    { partyId: 'r', emailAddress: 'rea@ours.test' },
  ],
  ...more,
})
const transcript = [
  { speakerId: 'c', topic: 'x', sentences: [{ start: 5_000, end: 9_500, text: 'A budget.' }] },
]

test('a posted call is read by published trackers, once', async () => {
  await fund(company, 10)
  const tracker = await aTracker(company, { itemTypes: ['call'] })
  const primaryUser = await aMember('rea@ours.test')
  const body = post({ primaryUser, transcript, title: 'Posted' })
  const { callId } = fitting('made', await company.post('/v2/calls', body))
  await house.workUntilIdle()
  const results = (await company.get(`/v1/trackers/${tracker}/results`)).body.data
  expect(results).toMatchObject([{ itemId: 'client-1', found: true }])
  expect((await company.get('/v1/credits/balance')).body.used).toBe(1)
  const native = (await company.get('/v1/calls/client-1')).body
  expect(native).toMatchObject({
    ...{ startedAt: '2026-06-15T07:00:00.000Z', durationSeconds: 700.5, direction: 'inbound' },
    parties: [
      { id: 'r', affiliation: 'company', email: 'rea@ours.test' },
      { id: 'c', affiliation: 'customer', email: 'cora@theirs.test' },
    ],
    transcript: [{ partyId: 'c', startSeconds: 5, endSeconds: 9.5, text: 'A budget.' }],
  })
  const { call } = fitting('call', await company.get(`/v2/calls/${callId}`))
  const { users } = fitting('users', await company.get('/v2/users'))
  expect(call.primaryUserId).toBe(users[0]!.id)
})

test('the same clientUniqueId again is a 409 and changes nothing', async () => {
  const primaryUser = await aMember('rea@ours.test')
  fitting('made', await company.post('/v2/calls', post({ primaryUser })))
  const again = post({ primaryUser, title: 'Other' })
  expectRefusal(await company.post('/v2/calls', again), 409)
  expect((await company.get('/v1/calls/client-1')).body.title).toBe('Untitled call')
  // Several at once: one is made.
  const racing = Array.from({ length: 5 }, () =>
    company.post('/v2/calls', post({ primaryUser, clientUniqueId: 'raced' }), { key: null }),
  )
  const statuses = (await Promise.all(racing)).map(({ status }) => status)
  expect(statuses.sort()).toEqual([201, 409, 409, 409, 409])
})

test('a replayed post under its key is the first answer', async () => {
  const primaryUser = await aMember('rea@ours.test')
  const body = post({ primaryUser })
  const first = await company.post('/v2/calls', body, { key: 'k' })
  const again = await company.post('/v2/calls', body, { key: 'k' })
  expect([again.status, again.body.callId]).toEqual([201, first.body.callId])
  expect(again.headers['idempotency-replayed']).toBe('true')
  expectRefusal(
    await company.post('/v2/calls', post({ primaryUser, title: 'x' }), { key: 'k' }),
    409,
  )
})

test.each([['actualStart'], ['clientUniqueId'], ['direction'], ['parties'], ['primaryUser']])(
  'a posted call without %s is a 400',
  async (field) => {
    const primaryUser = await aMember('rea@ours.test')
    const [fault] = expectRefusal(
      await company.post('/v2/calls', post({ primaryUser, [field]: undefined })),
      400,
    )
    expect(fault).toContain(field)
  },
)

test('a primary user or party who is no user is a 400', async () => {
  expectRefusal(await company.post('/v2/calls', post({ primaryUser: 'nobody' })), 400)
  const primaryUser = await aMember('rea@ours.test')
  const parties = [{ userId: 'nobody' }]
  const refused = await company.post('/v2/calls', post({ primaryUser, parties }))
  expect(expectRefusal(refused, 400)[0]).toContain('parties.0.userId')
})

test('a member sees what is visible to them, private calls as a party only', async () => {
  const rea = await aMember('rea@ours.test', { visibility: 'own' })
  const other = await aMember('olaf@ours.test', { visibility: 'all' })
  const parties = [{ id: 'x', name: 'X', email: 'x@theirs.test', affiliation: 'customer' }]
  await putIn(
    company,
    aCall('hers'),
    aCall('secret', { private: true }),
    aCall('others', { parties, transcript: undefined }),
  )
  const shown = async (client: TestClient) => {
    const { calls, records } = (await client.get('/v2/calls')).body
    expect(records.totalRecords).toBe(calls.length)
    return calls.map((call: { clientUniqueId: string }) => call.clientUniqueId).sort()
  }
  expect(await shown(company)).toEqual(['hers', 'others'])
  expect(await shown(await personal(rea))).toEqual(['hers', 'secret'])
  expect(await shown(await personal(other))).toEqual(['hers', 'others'])
  expectRefusal(await company.get('/v2/calls/secret'), 404)
  const filter = { callIds: ['secret'] }
  expectRefusal(await company.post('/v2/calls/transcript', { filter }), 404)
  const withIt = await (await personal(rea)).post('/v2/calls/transcript', { filter })
  expect(withIt.status).toBe(200)
})

test('settings: keyword trackers and templates of briefs', async () => {
  const keyword = {
    ...{ kind: 'keyword', name: 'Rivals', keywords: ['acme', 'initech'], side: 'customer' },
    ...{ itemTypes: ['call'], part: { from: 'start', amount: 5, unit: 'minutes' } },
  }
  await company.post('/v1/trackers', keyword)
  await company.post('/v1/trackers', {
    kind: 'question',
    name: 'Q',
    question: 'Q?',
    itemTypes: ['call'],
  })
  const section = { title: 'S', source: 'conversations', question: 'Q?' }
  await company.post('/v1/briefs', { name: 'Ready', sections: [section] })
  await company.post('/v1/briefs', { name: 'Not yet', status: 'draft', sections: [section] })
  const { keywordTrackers } = fitting('trackers', await company.get('/v2/settings/trackers'))
  expect(keywordTrackers).toEqual([
    expect.objectContaining({
      ...{ trackerName: 'Rivals', affiliation: 'NonCompany' },
      ...{ saidAt: 'First', saidAtInterval: 5, saidAtUnit: 'minutes' },
      languageKeywords: [
        { language: 'mul', keywords: ['acme', 'initech'], includeRelatedForms: false },
      ],
    }),
  ])
  const { briefs } = fitting('briefs', await company.get('/v2/settings/briefs'))
  expect(briefs.map(({ briefName, status }) => [briefName, status])).toEqual([
    ['Ready', 'Published'],
    ['Not yet', 'Not published'],
  ])
})
