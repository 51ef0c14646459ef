// biome-ignore-all lint/suspicious/noThenProperty: the wire contract's word; nobody awaits it
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ReadRequest } from '../src/ai/model.ts'
import { createScripted } from '../src/ai/scripted.ts'
import { doctor } from '../src/doctor/service.ts'
import { ownerSnapshot } from '../src/platform/owner-snapshot.ts'
import { type TestCompany, type TestHouse, testHouse } from './kit/house.ts'
import { signedIn } from './kit/people.ts'
import { aCall, anEmail, aTracker, CLOCK, fund, putIn } from './kit/samples.ts'

/** Finds something in whatever it reads. */
const model = createScripted({
  read: ({ item }: ReadRequest) => {
    const turn = item.turns.at(-1)!
    return { found: true, answer: 'Yes.', occurrences: [{ turn: turn.turn, quote: turn.text }] }
  },
})

let house: TestHouse
let company: TestCompany
let address: string
beforeAll(async () => {
  house = await testHouse({ model })
  address = await house.app.listen({ port: 0, host: '127.0.0.1' })
  company = await house.newCompany({ testClock: CLOCK })
})
afterAll(() => house.close())

/** Does what waits where the clock stands, or on the way to a later moment. */
async function goOn(to = CLOCK): Promise<void> {
  const moved = await company.post('/v1/test-clock/advance', { to })
  if (moved.status !== 200) throw new Error(moved.text)
}
async function callTool(name: string, args: Record<string, unknown>) {
  const client = new Client({ name: 'test', version: '1' })
  const headers = { authorization: `Bearer ${company.key}` }
  const url = new URL('/mcp', address)
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }))
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer holds
  const result = (await client.callTool({ name, arguments: args })) as any
  await client.close()
  return result
}
const read = async (path: string) => (await company.get(path, { limit: 1000 })).body
const balance = () => read('/v1/credits/balance')
const tracker = (id: string) => read(`/v1/trackers/${id}`)
const readBy = async (id: string): Promise<string[]> =>
  (await read(`/v1/trackers/${id}/results`)).data
    .map((one: { itemId: string }) => one.itemId)
    .sort()
const backfills = (id: string) => read(`/v1/trackers/${id}/backfills`)
const lastRun = async (id: string) => (await read(`/v1/automations/${id}/runs`)).data[0]
const names = (kind: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${kind}-${i + 1}`)

const refused = { status: 402, body: { code: 'insufficient-credits', available: 0, held: 0 } }
const HISTORY = [...names('old-call', 8), ...names('old-mail', 10)]
const MISSED = [...names('missed-call', 2), ...names('missed-mail', 3)]
const question = 'What was said?'

test('the credits end in the middle of a backfill, and what follows is as it was promised', async () => {
  const admin = await signedIn(house, company, 'admin@ours.test', { role: 'tech_admin' })
  const follower = await signedIn(house, company, 'follower@ours.test')
  const account = await company.post('/v1/accounts', { name: 'Theirs', domains: ['theirs.test'] })
  const entity = { type: 'account', id: account.body.id }
  await putIn(
    company,
    ...names('old-call', 8).map((id) => aCall(id, { history: true })),
    ...names('old-mail', 10).map((id) => anEmail(id, { history: true })),
  )
  // Three trackers with 9 credits of history each: 15 are there, and 2 of 17 are held by somebody else.
  await fund(company, 17)
  const held = await company.post('/v1/credits/holds', { credits: 2, feature: 'outside' })
  const history = { from: '2026-06-01T00:00:00Z', to: '2026-06-15T00:00:00Z' }
  const ids: string[] = []
  for (const name of ['Calls', 'All', 'None']) {
    ids.push(await aTracker(company, { name, question: `Is it ${name}?` }, { history }))
  }
  const [ofCalls, ofAll, ofNone] = ids as [string, string, string]
  const keyword = { kind: 'keyword', name: 'Word', question: undefined, keywords: ['budget'] }
  const free = await aTracker(company, keyword)
  const draft = { kind: 'question', name: 'Late', question: 'Is it late?' }
  const late = (await company.post('/v1/trackers', draft)).body.id
  const spare = await aTracker(company, { name: 'Spare' })
  const filter = { trackers: [{ trackerId: ofAll, found: true }] }
  const stream = (await company.post('/v1/streams', { name: 'Found', filter })).body.id
  await company.post(`/v1/streams/${stream}/followers`, { memberId: follower.id })
  const aBrief = async (name: string, section: object) =>
    (await company.post('/v1/briefs', { name, sections: [{ title: name, ...section }] })).body.id
  const ofTrackers = await aBrief('Found', { source: 'trackers', trackerIds: [ofAll] })
  const ofTalk = await aBrief('Said', { source: 'conversations', question })
  const when = { type: 'schedule', every: 'day', at: '14:00' }
  const daily = async (name: string, briefId: string) =>
    (await company.post('/v1/automations', { name, when, then: { briefId, entity } })).body.id
  const automations = [await daily('Paid', ofTalk), await daily('Free', ofTrackers)]

  await goOn()
  // Nothing is available, but 2 are held: nobody has run out yet, whoever comes next waits.
  expect(await balance()).toMatchObject({
    available: 0,
    held: 2,
    status: expect.not.stringMatching('exhausted'),
  })
  expect(await readBy(ofCalls)).toEqual([...HISTORY].sort())
  const before = await readBy(ofAll)
  expect(before.length).toBeGreaterThan(0)
  expect(before.length).toBeLessThan(HISTORY.length)
  expect(await readBy(ofNone)).toEqual([])
  expect(await tracker(ofAll)).toMatchObject({ status: 'published', waitingFor: 'held' })
  const captured = await company.post(`/v1/credits/holds/${held.body.id}/capture`, { credits: 2 })
  expect(captured.status, captured.text).toBe(201)

  // In that very commit.
  expect(await balance()).toMatchObject({ available: 0, held: 0, status: 'exhausted' })
  for (const id of ids) {
    expect(await tracker(id)).toMatchObject({ status: 'out_of_credits', statusSince: CLOCK })
  }
  expect((await backfills(ofAll)).data[0]).toMatchObject({
    ...{ status: 'stopped', total: 18, done: before.length },
    ...{ remaining: 18 - before.length, endedAt: null },
  })
  const { seq } = await balance()
  await putIn(
    company,
    ...names('missed-call', 2).map((id) => aCall(id)),
    ...names('missed-mail', 3).map((id) => anEmail(id)),
  )
  await goOn('2026-06-16T12:00:00Z')

  // Question trackers: no publication, nothing new, unpublishing always.
  const published = await company.post(`/v1/trackers/${late}/publish`, { history })
  expect(published).toMatchObject({ ...refused, body: { ...refused.body, needed: 0.1 } })
  for (const verb of ['resume', 'backfills']) {
    const asked = verb === 'resume' ? {} : history
    expect(await company.post(`/v1/trackers/${ofAll}/${verb}`, asked)).toMatchObject(refused)
  }
  expect((await company.post(`/v1/trackers/${spare}/unpublish`, {})).status).toBe(200)
  expect(await readBy(ofAll)).toEqual(before)
  expect(await tracker(ofCalls)).toMatchObject({
    missed: { callsShort: 0, callsLong: 2, emails: 3, credits: 2.3 },
  })
  // Keyword trackers are free and go on.
  expect(await readBy(free)).toEqual([...MISSED].sort())
  // A stream adds no call, shows what it has, and says since when and why it is old.
  const entries = async () =>
    (await read(`/v1/streams/${stream}/items`)).data.map((one: { itemId: string }) => one.itemId)
  expect((await entries()).sort()).toEqual(before)
  const stale = { since: CLOCK, reason: 'out_of_credits', trackerIds: [ofAll] }
  expect(await read(`/v1/streams/${stream}`)).toMatchObject({ stale, dataAsOf: CLOCK })
  // Requests that cost fail whole, by every door; what costs nothing is done.
  const ask = { entity, question }
  expect(await company.post('/v1/ask', ask, { key: 'later' })).toMatchObject({
    ...{ status: 402, body: { ...refused.body, needed: 11.3 } },
  })
  expect(await company.post(`/v1/briefs/${ofTalk}/generate`, { entity })).toMatchObject(refused)
  const fromTrackers = await company.post(`/v1/briefs/${ofTrackers}/generate`, { entity })
  expect(fromTrackers.body).toMatchObject({ credits: 0, sections: [{ stale, dataAsOf: CLOCK }] })
  const nothing = { ...ask, from: '2020-01-01T00:00:00Z', to: '2020-02-01T00:00:00Z' }
  expect((await company.post('/v1/ask', nothing)).body).toMatchObject({ credits: 0 })
  expect((await company.post('/v1/ask', { ...ask, dryRun: true })).body.credits).toBe(11.3)
  const tool = await callTool('ask_account', { id: entity.id, question })
  expect(tool).toMatchObject({ isError: true, structuredContent: refused.body })
  const shown = await callTool('get_tracker_results', { trackerId: ofAll })
  expect(shown.isError, JSON.stringify(shown)).toBeFalsy()
  const one = { feature: 'outside', items: [{ type: 'email' }] }
  expect(await company.post('/v1/credits/charges', one, { key: 'once' })).toMatchObject(refused)
  expect(await company.post('/v1/credits/holds', one)).toMatchObject(refused)
  const charges = names('batch', 2).map((idempotencyKey) => ({ ...one, idempotencyKey }))
  const batch = await company.post('/v1/credits/charges/batch', { charges })
  expect(batch.body.results).toMatchObject(
    charges.map(() => ({ status: 402, problem: refused.body })),
  )
  // By hand in the app nothing changes.
  const byHand = await admin.client.post('/v1/ask', ask)
  expect([byHand.status, byHand.body.credits], byHand.text).toEqual([200, 0])
  // Automations skip, whatever their price, and say why.
  for (const id of automations) {
    expect(await lastRun(id)).toMatchObject({ status: 'skipped', reason: 'out_of_credits' })
  }
  expect((await read(`/v1/briefs/${ofTalk}/generated`)).data).toEqual([])
  // Everybody concerned was told: three notices, one mail.
  const notices = (await read('/v1/notifications')).data
  const stops = notices.filter((notice: { kind: string }) => notice.kind === 'tracker_stopped')
  expect(new Set(stops.map((stop: { trackerId: string }) => stop.trackerId))).toEqual(
    new Set([...ids, spare]),
  )
  const mails = (await read('/v1/mails')).data as { kind: string; to: string; subject: string }[]
  const ofStops = mails.filter(({ kind }) => kind === 'tracker_stopped')
  expect(ofStops.map(({ to, subject }) => [to, subject]).sort()).toEqual([
    ['admin@ours.test', '4 trackers have stopped – Test company'],
    ['follower@ours.test', 'The tracker “All” has stopped – Test company'],
  ])
  // Not one entry was written in all of this.
  expect(await balance()).toMatchObject({ available: 0, held: 0, seq })

  await fund(company, 100)
  // The API works again by itself, the refused keys too; trackers stand still.
  expect((await company.post('/v1/ask', ask, { key: 'later' })).body.credits).toBe(11.3)
  expect((await company.post('/v1/credits/charges', one, { key: 'once' })).status).toBe(201)
  const paid = await callTool('ask_account', { id: entity.id, question })
  expect(paid._meta.credits.charged).toBe(11.3)
  await goOn('2026-06-16T12:00:00Z')
  for (const id of ids) expect((await tracker(id)).status).toBe('out_of_credits')
  const resume = (id: string, asked: object) => company.post(`/v1/trackers/${id}/resume`, asked)
  const priced = { calls: { count: 2, credits: 2 }, all: { count: 5, credits: 2.3 } }
  expect((await resume(ofAll, { dryRun: true })).body.missed).toEqual(priced)
  expect((await resume(ofCalls, {})).body).toMatchObject({ status: 'published', missed: priced })
  expect((await resume(ofAll, { missed: 'all' })).status).toBe(200)
  expect((await resume(ofNone, { missed: 'none' })).body.backfillId).toBeNull()
  await goOn('2026-06-17T12:00:00Z')
  // Each way to resume, and the backfills go on where they stopped.
  const calls = names('missed-call', 2)
  expect(await readBy(ofCalls)).toEqual([...HISTORY, ...calls].sort())
  expect(await readBy(ofAll)).toEqual([...HISTORY, ...MISSED].sort())
  expect(await readBy(ofNone)).toEqual([...HISTORY].sort())
  for (const id of ids) {
    const { data } = await backfills(id)
    for (const one of data) expect(one).toMatchObject({ status: 'done', remaining: 0 })
    expect((await tracker(id)).pending).toBe(0)
  }
  // What was left out is read by a backfill, when somebody wants it.
  const rest = { from: '2026-06-14T00:00:00Z', to: '2026-06-15T00:00:00Z' }
  const started = await company.post(`/v1/trackers/${ofNone}/backfills`, rest)
  expect(started.body).toMatchObject({ total: 5, credits: 0 })
  await goOn('2026-06-17T12:00:00Z')
  expect(await readBy(ofNone)).toEqual([...HISTORY, ...MISSED].sort())
  // The stream is full and current, with the calls' own dates; the follower heard of none of the backfilled.
  expect((await entries()).sort()).toEqual([...HISTORY, ...MISSED].sort())
  expect(await read(`/v1/streams/${stream}`)).toMatchObject({ stale: null })
  // The next trigger works; what was skipped is not made up for.
  for (const id of automations) {
    expect(await lastRun(id)).toMatchObject({ status: 'done', reason: null })
    expect((await read(`/v1/automations/${id}/runs`)).data).toHaveLength(2)
  }
  expect((await read(`/v1/briefs/${ofTalk}/generated`)).data).toHaveLength(1)

  // Once per tracker version and item, each with its own charge; and the books are right.
  for (const id of ids) {
    const results = (await read(`/v1/trackers/${id}/results`)).data as {
      itemId: string
      chargeId: string
      credits: number
    }[]
    expect(new Set(results.map(({ itemId }) => itemId)).size).toBe(results.length)
    const { data } = (await company.get('/v1/credits/charges', { limit: 1000, instanceId: id }))
      .body
    expect(data.map((charge: { id: string }) => charge.id).sort()).toEqual(
      results.map(({ chargeId }) => chargeId).sort(),
    )
    for (const { itemId, credits } of results) expect(credits).toBe(/call/.test(itemId) ? 1 : 0.1)
  }
  const spent = 3 * 9 + (2 + 2.3 + 2.3) + 2 + 0.1 + 3 * 11.3
  const left = await balance()
  expect(left.available).toBe(Number((117 - spent).toFixed(6)))
  expect(left.held).toBe(0)
  expect(await ownerSnapshot(house.database.url, (run) => doctor({ run }))).toEqual([])
}, 120_000)
