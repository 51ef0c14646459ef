import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type TestCompany, type TestHouse, testHouse } from '../../tests/kit/house.ts'
import { type HttpSink, httpSink, type ReceivedRequest } from '../../tests/kit/http-sink.ts'
import { aCall, aTracker, FOUND, fund, NOT_FOUND, putIn } from '../../tests/kit/samples.ts'
import type { ReadRequest } from '../ai/model.ts'
import { createScripted } from '../ai/scripted.ts'

function readBudget({ item }: ReadRequest) {
  const turn = item.turns.find(({ text }) => text.includes('budget'))
  if (!turn) return { found: false, answer: 'No.', occurrences: [] }
  return { found: true, answer: 'Yes.', occurrences: [{ turn: turn.turn, quote: turn.text }] }
}

const OPTIONS = {
  model: createScripted({ read: readBudget }),
  settings: { outboundPrivate: true },
  workers: 2,
}
const PATIENCE = { timeout: 25_000, interval: 50 }

/** The server that is read from, a company on it, and what stands between: it lets all through unless told. */
let remote: TestHouse
let source: TestCompany
let sink: HttpSink
let between: (
  request: ReceivedRequest,
) => { status: number; headers?: object; body?: string } | 'hang' | undefined
/** The server that reads. */
let house: TestHouse
let company: TestCompany

beforeAll(async () => {
  remote = await testHouse(OPTIONS)
  house = await testHouse(OPTIONS)
  sink = await httpSink()
  sink.answer = async (response, request) => {
    const own = between(request)
    if (own === 'hang') return
    if (own) {
      response.writeHead(own.status, { ...own.headers })
      return void response.end(own.body ?? '')
    }
    const { path: url, headers, body } = request
    const { authorization = '' } = headers
    const passed = await remote.app.inject({
      ...{ method: body ? 'POST' : 'GET', url },
      headers: { authorization, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { payload: body } : {}),
    })
    response.writeHead(passed.statusCode, { 'retry-after': passed.headers['retry-after'] ?? '0' })
    response.end(passed.body)
  }
})
afterAll(async () => {
  await sink.close()
  await house.close()
  await remote.close()
})
beforeEach(async () => {
  between = () => undefined
  sink.received.length = 0
  source = await remote.newCompany()
  await source.patch('/v1/company', { limits: { gongPerSecond: 100_000 } })
  company = await house.newCompany()
})
afterEach(() => {
  between = () => undefined
})

const NOW = Date.now()
const daysAgo = (days: number) => new Date(NOW - days * 86_400_000).toISOString()
const soon = (id: string, more = {}) => aCall(id, { startedAt: daysAgo(1), ...more })
const importCalls = (calls: object[]) =>
  source.post(
    '/v1/import?history=true',
    calls.map((one) => JSON.stringify({ kind: 'call', ...one })).join('\n'),
    {
      headers: { 'content-type': 'application/x-ndjson' },
    },
  )

async function connect(more: object = {}): Promise<string> {
  const made = await company.post('/v1/connectors', {
    name: 'Old system',
    baseUrl: sink.url,
    credential: { kind: 'basic', accessKey: source.keyId, accessKeySecret: source.key },
    everyMinutes: null,
    ...more,
  })
  if (made.status !== 201) throw new Error(made.text)
  return made.body.id
}
const runs = async (id: string, client: Pick<TestCompany, 'get'> = company) =>
  (await client.get(`/v1/connectors/${id}/runs`)).body.data
/** Syncs, and waits until that has ended. */
async function sync(id: string) {
  const begun = await company.post(`/v1/connectors/${id}/sync`)
  expect(begun.status, begun.text).toBe(202)
  return ended(id)
}
async function ended(id: string, client: Pick<TestCompany, 'get'> = company) {
  await expect.poll(async () => (await runs(id, client))[0].status, PATIENCE).not.toBe('running')
  return (await runs(id, client))[0]
}
const callsHere = async (client: Pick<TestCompany, 'get'> = company) =>
  (await client.get('/v1/calls', { limit: 1000 })).body.data as { id: string; title: string }[]

test('a sync takes users, calls and transcripts over', async () => {
  await source.post('/v1/members', { name: 'Rea Rep', email: 'rea@ours.test' })
  await source.post('/v1/accounts', { name: 'T', domains: ['theirs.test'], externalId: '001' })
  await company.post('/v1/accounts', { id: 'here', name: 'T', externalId: '001' })
  await putIn(
    source,
    soon('one', { direction: 'outbound', durationSeconds: 700.4 }),
    soon('7782342274025937895', { transcript: undefined, title: 'No words' }),
    soon('old', { startedAt: daysAgo(200) }),
  )
  const id = await connect()
  expect(await sync(id)).toMatchObject({
    ...{ status: 'done', cause: 'hand', users: 1, calls: 2, transcripts: 1 },
    ...{ rejectedCount: 0, error: null },
  })
  const found = await callsHere()
  expect(found.map(({ title }) => title).sort()).toEqual(['Call one', 'No words'])
  expect(found.map((call) => call.id)).toContain('7782342274025937895')
  const one = found.find(({ title }) => title === 'Call one')!
  const { transcript, parties, ...call } = (await company.get(`/v1/calls/${one.id}`)).body
  expect(call).toMatchObject({
    ...{ durationSeconds: 700, direction: 'outbound', scope: 'external', history: true },
    ...{ startedAt: daysAgo(1), accountId: 'here' },
  })
  expect(parties).toMatchObject([
    { name: 'Rea Rep', email: 'rea@ours.test', affiliation: 'company' },
    { name: 'Cora Customer', email: 'cora@theirs.test', affiliation: 'customer' },
  ])
  expect(transcript).toEqual([
    { partyId: parties[0].id, startSeconds: 0, endSeconds: 4, text: 'Hello Cora.' },
    { partyId: parties[1].id, startSeconds: 5, endSeconds: 20, text: FOUND },
  ])
  const { data: members } = (await company.get('/v1/members')).body
  expect(members).toMatchObject([
    { name: 'Rea Rep', email: 'rea@ours.test', role: 'member', canSignIn: false },
  ])
  const shown = (await company.get(`/v1/connectors/${id}`)).body
  expect(Date.parse(shown.syncedTo)).toBeGreaterThan(NOW - 60_000)
})

test('syncing again changes nothing but what has changed, and adds what is new', async () => {
  await source.post('/v1/members', { name: 'Rea', email: 'rea@ours.test' })
  await putIn(source, soon('one'), soon('silent', { transcript: undefined }))
  const id = await connect()
  await sync(id)
  const before = await callsHere()
  await putIn(source, soon('one', { title: 'Renamed' }), soon('two'), soon('silent'))
  expect(await sync(id)).toMatchObject({ status: 'done', users: 0, calls: 3, transcripts: 3 })
  const after = await callsHere()
  expect(after).toHaveLength(3)
  expect(after.map(({ title }) => title).sort()).toEqual(['Call silent', 'Call two', 'Renamed'])
  for (const { id: known } of before) expect(after.map((call) => call.id)).toContain(known)
  expect((await company.get('/v1/members')).body.data).toHaveLength(1)
})

test('who is a member stays as they are, and who was removed does not come back', async () => {
  await source.post('/v1/members', { name: 'Rea', email: 'rea@ours.test' })
  await source.post('/v1/members', { name: 'Olaf', email: 'olaf@ours.test' })
  const admin = { name: 'Rea Here', email: 'Rea@ours.test', role: 'tech_admin' }
  await company.post('/v1/members', admin)
  const olaf = (await company.post('/v1/members', { name: 'O', email: 'olaf@ours.test' })).body.id
  await company.del(`/v1/members/${olaf}`)
  expect(await sync(await connect())).toMatchObject({ status: 'done', users: 0 })
  expect((await company.get('/v1/members')).body.data).toMatchObject([
    { name: 'Rea Here', role: 'tech_admin' },
  ])
})

test('what comes in as history starts no tracker; what begins later, when asked, does', async () => {
  await fund(company, 10)
  const tracker = await aTracker(company, { itemTypes: ['call'] })
  await putIn(source, soon('one'))
  const id = await connect()
  await sync(id)
  await house.workUntilIdle()
  expect((await company.get('/v1/credits/balance')).body.used).toBe(0)
  await company.patch(`/v1/connectors/${id}`, { importAs: 'new' })
  // It begins after the connector was told to bring new calls.
  await putIn(
    source,
    soon('two', { startedAt: new Date(Date.now() + 50).toISOString() }),
    soon('three'),
  )
  await expect
    .poll(async () => {
      await sync(id)
      return (await callsHere()).length
    }, PATIENCE)
    .toBe(3)
  await expect
    .poll(async () => (await company.get('/v1/credits/balance')).body.used, PATIENCE)
    .toBe(1)
  const { data } = (await company.get(`/v1/trackers/${tracker}/results`)).body
  expect(data).toHaveLength(1)
})

test('more than a page is read page by page, in the order of its cursors', async () => {
  await importCalls(Array.from({ length: 230 }, (_, i) => soon(`c${i}`)))
  const id = await connect()
  expect(await sync(id)).toMatchObject({ status: 'done', calls: 230, transcripts: 230 })
  expect(await callsHere()).toHaveLength(230)
  const asked = sink.received.filter(({ path }) => path === '/v2/calls/extensive')
  expect(asked).toHaveLength(3)
})

test('a server that is cut off in the middle is gone on with by another, at its page', async () => {
  await importCalls(Array.from({ length: 230 }, (_, i) => soon(`c${i}`)))
  let pages = 0
  let reached = () => {}
  const second = new Promise<void>((resolve) => {
    reached = resolve
  })
  between = ({ path }) => {
    if (path !== '/v2/calls/extensive' || ++pages < 2) return undefined
    reached()
    return 'hang'
  }
  const first = await testHouse({ ...OPTIONS })
  const made = await first.newCompany()
  const mine = company
  company = made
  const id = await connect()
  await company.post(`/v1/connectors/${id}/sync`)
  await second
  expect((await runs(id))[0]).toMatchObject({ status: 'running', calls: 100 })
  // The process ends without a word: its database stays.
  const next = await testHouse({ ...OPTIONS, on: first.database, workers: 0 })
  try {
    between = () => undefined
    sink.received.length = 0
    const client = next.client(`Bearer ${made.key}`)
    // What holds the job is let go of, as it is when a process ends.
    const free = `update graphile_worker._private_jobs set locked_at = null, locked_by = null, run_at = now()`
    await first.database.asOwner(free)
    await next.startWork(2)
    const run = await ended(id, client)
    expect(run).toMatchObject({ status: 'done', calls: 230, transcripts: 230 })
    expect(await callsHere(client)).toHaveLength(230)
    const asked = sink.received.filter(({ path }) => path === '/v2/calls/extensive')
    expect(asked.length).toBe(2)
  } finally {
    company = mine
    await next.close()
    await first.close()
  }
})

test('it waits as long as it is told, and goes on where it stood', async () => {
  await importCalls(Array.from({ length: 130 }, (_, i) => soon(`c${i}`)))
  let pages = 0
  const at: number[] = []
  between = ({ path }) => {
    if (path !== '/v2/calls/extensive') return undefined
    at.push(Date.now())
    return ++pages === 2 ? { status: 429, headers: { 'retry-after': '2' } } : undefined
  }
  const id = await connect()
  expect(await sync(id)).toMatchObject({ status: 'done', calls: 130, error: null })
  expect(at).toHaveLength(3)
  expect(at[2]! - at[1]!).toBeGreaterThanOrEqual(1_990)
})

test('the limits of these very doors hold it up and do not stop it', async () => {
  await importCalls(Array.from({ length: 230 }, (_, i) => soon(`c${i}`)))
  await source.patch('/v1/company', { limits: { gongPerSecond: 3 } })
  const id = await connect()
  expect(await sync(id)).toMatchObject({ status: 'done', calls: 230 })
})

test.each([
  ['an error', { status: 500, headers: { 'retry-after': '1' } }, /500/],
  ['no JSON', { status: 200, headers: { 'retry-after': '1' }, body: '<html>' }, /does not give/],
  ['a page that is not found', { status: 404, body: '<html>Not found</html>' }, /404/],
  ['JSON of another kind', { status: 200, body: '{"calls": "many"}' }, /does not give/],
])(
  'a server that answers with %s is asked again, and told of meanwhile',
  async (_, answer, why) => {
    await putIn(source, soon('one'))
    between = ({ path }) => (path === '/v2/calls/extensive' ? answer : undefined)
    const id = await connect()
    await company.post(`/v1/connectors/${id}/sync`)
    await expect.poll(async () => (await runs(id))[0].error, PATIENCE).toMatch(why)
    expect((await runs(id))[0]).toMatchObject({ status: 'running', calls: 0 })
    // Another sync beside it is refused.
    expect((await company.post(`/v1/connectors/${id}/sync`)).status).toBe(409)
    between = () => undefined
    await house.database.asOwner(
      `update graphile_worker._private_jobs set run_at = now() where (payload ->> 'companyNo')::int = ${company.no}`,
    )
    expect(await ended(id)).toMatchObject({ status: 'done', calls: 1 })
  },
)

test('what cannot be read of a page is rejected by its id, and holds up nothing', async () => {
  await putIn(source, soon('one'))
  between = ({ path }) => {
    if (path === '/v2/users') {
      const users = [
        { id: '1', emailAddress: 'no address' },
        { id: '2', emailAddress: 'b@ours.test' },
        7,
      ]
      return { status: 200, body: JSON.stringify({ users }) }
    }
    if (path !== '/v2/calls/extensive') return undefined
    const metaData = { id: '5', title: 'Fine', started: daysAgo(1), duration: 10 }
    const calls = [
      { metaData: { id: '4' } },
      { metaData: { ...metaData, id: '6\0' } },
      { metaData },
      null,
    ]
    return { status: 200, body: JSON.stringify({ calls }) }
  }
  const run = await sync(await connect())
  expect(run).toMatchObject({ status: 'done', users: 1, calls: 1, rejectedCount: 5 })
  expect(run.rejected.map((one: { id: string }) => one.id)).toEqual(['1', '?', '4', '6', '?'])
})

test('a refused credential ends the sync at once, and a new one goes on', async () => {
  await putIn(source, soon('one'))
  const id = await connect({ credential: { kind: 'bearer', token: 'wrong' } })
  expect(await sync(id)).toMatchObject({ status: 'failed', error: expect.stringMatching(/401/) })
  const credential = { kind: 'bearer', token: source.key }
  expect((await company.patch(`/v1/connectors/${id}`, { credential })).status).toBe(200)
  expect(await sync(id)).toMatchObject({ status: 'done', calls: 1 })
})

test('a credential is kept sealed, and shown to nobody', async () => {
  const id = await connect()
  await company.patch(`/v1/connectors/${id}`, { credential: { kind: 'bearer', token: source.key } })
  const shown = [
    (await company.get(`/v1/connectors/${id}`)).text,
    (await company.get('/v1/connectors')).text,
    (await company.get('/v1/audit')).text,
  ]
  const { rows } = await house.database.asOwner(
    `select row_to_json(c)::text || encode(sealed_credential, 'escape') as text from connector c`,
  )
  for (const text of [...shown, ...rows.map((row) => row.text)]) {
    expect(text).not.toContain(source.key)
  }
  expect(shown[0]).toContain('bearer')
})

test('a schedule syncs by itself on the company clock, and not when switched off', async () => {
  await putIn(source, soon('one'))
  const start = new Date().toISOString()
  company = await house.newCompany({ testClock: start })
  const id = await connect({ everyMinutes: 60 })
  const after = (minutes: number) => new Date(Date.parse(start) + minutes * 60_000).toISOString()
  const advance = (minutes: number) =>
    company.post('/v1/test-clock/advance', { to: after(minutes) })
  await advance(59)
  expect(await runs(id)).toEqual([])
  await advance(61)
  expect(await runs(id)).toMatchObject([{ cause: 'schedule', status: 'done', calls: 1 }])
  await advance(150)
  expect(await runs(id)).toHaveLength(2)
  await company.patch(`/v1/connectors/${id}`, { enabled: false })
  await advance(400)
  expect(await runs(id)).toHaveLength(2)
  expect((await company.post(`/v1/connectors/${id}/sync`)).status).toBe(409)
})

test('private addresses are refused where they are not allowed', async () => {
  const strict = await testHouse({ on: house.database })
  try {
    const client = strict.client(`Bearer ${company.key}`)
    const body = { name: 'X', credential: { kind: 'bearer', token: 't' } }
    for (const baseUrl of [
      'http://127.0.0.1:80',
      'https://10.0.0.1',
      'https://localhost',
      'file:///etc',
    ]) {
      const refused = await client.post('/v1/connectors', { ...body, baseUrl })
      expect([refused.status, refused.body.errors?.[0]?.path], baseUrl).toEqual([422, 'baseUrl'])
    }
    const fine = await client.post('/v1/connectors', {
      ...body,
      baseUrl: 'https://api.example.com/v2/',
    })
    expect(fine.body.baseUrl).toBe('https://api.example.com')
  } finally {
    await strict.close()
  }
})

test('connectors are the business of admins, each company its own', async () => {
  const id = await connect()
  const asked = { name: 'D', kind: 'api', access: 'shared', scopes: ['data:write'] }
  const weak = company.as((await company.post('/v1/integrations', asked)).body.key)
  expect((await weak.get('/v1/connectors')).status).toBe(403)
  const other = await house.newCompany()
  expect((await other.get(`/v1/connectors/${id}`)).status).toBe(404)
  expect((await other.post(`/v1/connectors/${id}/sync`)).status).toBe(404)
  expect((await other.del(`/v1/connectors/${id}`)).status).toBe(404)
  expect((await other.get('/v1/connectors')).body.data).toEqual([])
  expect((await company.del(`/v1/connectors/${id}`)).status).toBe(204)
  expect((await company.get(`/v1/connectors/${id}/runs`)).status).toBe(404)
  const actions = (await company.get('/v1/audit')).body.data.map(
    (one: { action: string }) => one.action,
  )
  expect(actions).toEqual(expect.arrayContaining(['connector.create', 'connector.delete']))
})

test('two companies pull from each other over HTTP, on one server', async () => {
  await house.app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = house.app.server.address() as AddressInfo
  const other = await house.newCompany()
  await other.patch('/v1/company', { limits: { gongPerSecond: 100_000 } })
  await putIn(other, soon('theirs', { text: NOT_FOUND }))
  const credential = { kind: 'basic', accessKey: other.keyId, accessKeySecret: other.key }
  const id = await connect({ baseUrl: `http://127.0.0.1:${port}/v2`, credential })
  expect(await sync(id)).toMatchObject({ status: 'done', calls: 1 })
  expect((await callsHere()).map(({ title }) => title)).toEqual(['Call theirs'])
  expect((await callsHere(other)).map((call) => call.id)).toEqual(['theirs'])
})
