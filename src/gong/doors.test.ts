import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { expectRefusal, fitting } from '../../tests/kit/gong-contract.ts'
import { type Answer, type TestCompany, type TestHouse, testHouse } from '../../tests/kit/house.ts'
import { aCall, putIn } from '../../tests/kit/samples.ts'

let house: TestHouse
let second: TestHouse
let company: TestCompany
beforeAll(async () => {
  house = await testHouse()
  second = await testHouse({ on: house.database })
})
afterAll(async () => {
  await second.close()
  await house.close()
})
beforeEach(async () => {
  company = await house.newCompany()
})

const limits = (gongPerSecond: number, gongPerDay = 10_000) =>
  company.patch('/v1/company', { limits: { gongPerSecond, gongPerDay } })
const statusesOf = (answers: Answer[]) => answers.map(({ status }) => status)
const basic = (user: string, key: string) =>
  house.client(`Basic ${Buffer.from(`${user}:${key}`).toString('base64')}`)

const GETS = [
  ...['/v2/calls', '/v2/calls/1', '/v2/users', '/v2/users/1', '/v2/workspaces'],
  ...['/v2/settings/trackers', '/v2/settings/briefs'],
  ...['/v2/entities/ask-entity', '/v2/entities/get-brief'],
]
const POSTS = ['/v2/calls', '/v2/calls/extensive', '/v2/calls/transcript']

test('every refusal has the shape of these doors', async () => {
  await limits(100_000)
  const stranger = house.client('Bearer sk_nonsense')
  const asked = { name: 'Weak', kind: 'api', access: 'shared', scopes: ['credits:read'] }
  const weak = company.as((await company.post('/v1/integrations', asked)).body.key)
  for (const path of GETS) {
    expectRefusal(await house.client().get(path), 401)
    expectRefusal(await stranger.get(path), 401)
    expectRefusal(await weak.get(path), 403)
    expectRefusal(await company.put(path, {}), 405)
  }
  for (const path of POSTS) {
    expectRefusal(await stranger.post(path, {}), 401)
    expectRefusal(await weak.post(path, {}), 403)
    expectRefusal(await company.post(path, {}), 400)
    expectRefusal(await company.post(path, '{"filter":'), 400)
    const text = { headers: { 'content-type': 'text/plain' } }
    expectRefusal(await company.post(path, 'text', text), 400)
    const much = JSON.stringify({ filter: {}, more: 'x'.repeat(11 * 1024 * 1024) })
    expectRefusal(await company.post(path, much), 413)
  }
  expectRefusal(await company.get('/v2/calls', { fromDateTime: 'yesterday' }), 400)
  expectRefusal(await company.get('/v2/calls', { cursor: 'nonsense' }), 400)
  expectRefusal(await company.get('/v2/calls/nothing'), 404)
  expectRefusal(await company.get('/v2/nothing'), 404)
  expectRefusal(await company.get('/v2'), 404)
  // The others keep theirs.
  expect((await company.get('/v1/calls/nothing')).body.code).toBe('not-found')
})

test('a key counts as Basic with its integration, and as Bearer', async () => {
  const { keyId, key } = company
  fitting('workspaces', await basic(keyId, key).get('/v2/workspaces'))
  fitting('workspaces', await company.get('/v2/workspaces'))
  expectRefusal(await basic('other', key).get('/v2/workspaces'), 401)
  expectRefusal(await basic(keyId, 'other').get('/v2/workspaces'), 401)
  const challenge = (await house.client().get('/v2/workspaces')).headers['www-authenticate']
  expect(challenge).toMatch(/Basic/)
})

test('a signed-in person has no business here', async () => {
  const password = 'correct horse battery staple'
  await company.post('/v1/members', {
    name: 'P',
    email: 'p@ours.test',
    password,
    role: 'tech_admin',
  })
  const signed = await house.client().post('/v1/session', { email: 'p@ours.test', password })
  const [cookie] = String(signed.headers['set-cookie']).split(';')
  const answer = await house.client().get('/v2/workspaces', {}, { headers: { cookie: cookie! } })
  expectRefusal(answer, 401)
})

test('one company never sees what another has', async () => {
  await limits(100_000)
  const other = await house.newCompany()
  await other.patch('/v1/company', { limits: { gongPerSecond: 100_000 } })
  const primaryUser = (await company.post('/v1/members', { name: 'A', email: 'a@one.test' })).body
    .id
  await putIn(company, aCall('mine'))
  await company.post('/v1/accounts', { id: 'acc', name: 'Mine', externalId: '001' })
  const [call] = fitting('calls', await company.get('/v2/calls')).calls
  const [workspace] = fitting('workspaces', await company.get('/v2/workspaces')).workspaces
  const [user] = fitting('users', await company.get('/v2/users')).users
  for (const id of [call!.id, 'mine']) {
    expectRefusal(await other.get(`/v2/calls/${id}`), 404)
    const body = { filter: { callIds: [id] } }
    expectRefusal(await other.post('/v2/calls/extensive', body), 404)
    expectRefusal(await other.post('/v2/calls/transcript', body), 404)
  }
  for (const id of [user!.id, primaryUser]) expectRefusal(await other.get(`/v2/users/${id}`), 404)
  expectRefusal(await other.get('/v2/calls'), 404)
  expectRefusal(await other.get('/v2/calls', { workspaceId: workspace.id }), 404)
  const [theirs] = fitting('workspaces', await other.get('/v2/workspaces')).workspaces
  expect(theirs.id).not.toBe(workspace.id)
  const asked = {
    ...{ crmEntityType: 'ACCOUNT', crmEntityId: '001', timePeriod: 'ALL_CONVERSATIONS' },
    ...{ workspaceId: theirs.id, question: 'What?' },
  }
  expectRefusal(await other.get('/v2/entities/ask-entity', asked), 404)
})

test('a workspace is taken as a number or a text', async () => {
  await limits(100_000)
  await putIn(company, aCall('one'))
  const [{ id }] = fitting('workspaces', await company.get('/v2/workspaces')).workspaces
  for (const workspaceId of [id, Number(id)]) {
    fitting('calls', await company.get('/v2/calls', { workspaceId }))
    const filter = { workspaceId }
    fitting('extensive', await company.post('/v2/calls/extensive', { filter }))
    fitting('transcripts', await company.post('/v2/calls/transcript', { filter }))
  }
  expectRefusal(await company.post('/v2/calls/extensive', { filter: { workspaceId: 7 } }), 404)
})

test('what needs the trackers scope is refused without it', async () => {
  await limits(100_000)
  await putIn(company, aCall('one'))
  const asked = { name: 'Data', kind: 'api', access: 'shared', scopes: ['data:read'] }
  const reader = company.as((await company.post('/v1/integrations', asked)).body.key)
  fitting('extensive', await reader.post('/v2/calls/extensive', { filter: {} }))
  const contentSelector = { exposedFields: { content: { trackers: true } } }
  expectRefusal(await reader.post('/v2/calls/extensive', { filter: {}, contentSelector }), 403)
})

test('a burst above the limit is refused with Retry-After, on both servers together', async () => {
  const twin = second.client(`Bearer ${company.key}`)
  const began = Date.now()
  const answers = await Promise.all(
    Array.from({ length: 24 }, (_, i) => (i % 2 ? twin : company).get('/v2/workspaces')),
  )
  const seconds = (Date.now() - began) / 1_000
  const passed = statusesOf(answers).filter((status) => status === 200).length
  expect(passed).toBeGreaterThanOrEqual(3)
  expect(passed).toBeLessThanOrEqual(3 + Math.ceil(seconds * 3))
  for (const answer of answers.filter(({ status }) => status !== 200)) {
    expectRefusal(answer, 429)
    expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1)
  }
})

test('what one server gave out another does not give again', async () => {
  // As if all of the next ten seconds had been given out.
  await company.get('/v2/workspaces')
  const far = Date.now() + 10_000
  const set = 'update gong_use set spaced_to = $2 where company_id = $1'
  await house.database.asOwner(set, [company.no, far])
  const twin = second.client(`Bearer ${company.key}`)
  for (const client of [company, twin]) {
    const refused = await client.get('/v2/workspaces')
    expectRefusal(refused, 429)
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(10)
  }
  // Another company is not held up by that.
  const other = await house.newCompany()
  fitting('workspaces', await other.get('/v2/workspaces'))
  await house.database.asOwner(set, [company.no, 0])
  fitting('workspaces', await twin.get('/v2/workspaces'))
})

test('the day has its own limit, exactly, however many servers there are', async () => {
  await limits(100_000, 7)
  const twin = second.client(`Bearer ${company.key}`)
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => (i % 2 ? twin : company).get('/v2/workspaces')),
  )
  expect(statusesOf(answers).filter((status) => status === 200)).toHaveLength(7)
  const refused = answers.find(({ status }) => status === 429)!
  expectRefusal(refused, 429)
  const left = Number(refused.headers['retry-after'])
  expect(left).toBeGreaterThan(0)
  expect(left).toBeLessThanOrEqual(86_400)
  // The native doors do not count.
  expect((await company.get('/v1/company')).status).toBe(200)
  await limits(100_000, 8)
  fitting('workspaces', await twin.get('/v2/workspaces'))
})

test('the published document names the doors with their refusals', async () => {
  const { paths } = (await house.client().get('/openapi.json')).body
  const found = Object.keys(paths).filter((path) => path.startsWith('/v2/'))
  expect(found.sort()).toEqual([...new Set([...GETS, ...POSTS])].map(template).sort())
  const ask = paths['/v2/entities/ask-entity'].get
  expect(ask.responses['402'].content['application/json'].schema.$ref).toMatch(/GongError$/)
  expect(ask.security).toEqual([{ key: [] }, { basic: [] }])
  expect(paths['/v2/entities/ask-entity'].head).toBeUndefined()
})

function template(path: string): string {
  return path.replace(/1$/, '{id}')
}
