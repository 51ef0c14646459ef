import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Answer, type TestCompany, type TestHouse, testHouse } from '../../tests/kit/house.ts'

// Passwords are slow to check, on purpose.
vi.setConfig({ testTimeout: 120_000 })

const HOST = 'localhost:4747'
const PASSWORD = 'correct horse battery'
const site = { host: HOST, origin: `http://${HOST}` }
const PROXY = '10.1.2.3'
let now = new Date('2026-06-01T08:00:00Z')
let house: TestHouse
let company: TestCompany

beforeAll(async () => {
  const settings = { trustedProxies: ['127.0.0.1', '10.0.0.0/8'] }
  house = await testHouse({ clock: { now: () => now }, settings })
  company = await house.newCompany()
})
afterAll(() => house.close())

async function member(email: string) {
  const body = { name: 'Ada Lund', email, password: PASSWORD }
  return (await company.post('/v1/members', body)).body.id as string
}

const cookieOf = ({ headers }: Answer) => String(headers['set-cookie']).split(';', 1)[0]!

async function signIn(email: string, headers: Record<string, string> = {}) {
  const asked = { key: null, headers: { ...site, ...headers } }
  const signed = await house.client().post('/v1/session', { email, password: PASSWORD }, asked)
  expect(signed.status).toBe(204)
  return { ...site, cookie: cookieOf(signed) }
}

const listed = async (headers: Record<string, string>) =>
  (await house.client().get('/v1/sessions', {}, { headers })).body.data as {
    id: string
    isCurrent: boolean
    address: string
    userAgent: string
  }[]
const isIn = async (headers: Record<string, string>) =>
  (await house.client().get('/v1/session', {}, { headers })).status === 200

test('a person sees their own sessions, the one used last first, and which is this one', async () => {
  const id = await member('list@one.example')
  const old = await signIn('list@one.example', { 'user-agent': 'Old browser' })
  now = new Date(now.getTime() + 60_000)
  const fresh = await signIn('list@one.example', { 'user-agent': 'New browser' })
  const shown = await listed(fresh)
  expect(shown.map(({ isCurrent, userAgent }) => [isCurrent, userAgent])).toEqual([
    [true, 'New browser'],
    [false, 'Old browser'],
  ])
  // What is shown of a session opens nothing.
  for (const { id: shownId } of shown) {
    expect(await isIn({ ...site, cookie: `sluice=${shownId}` })).toBe(false)
  }
  // By asking, the old one has become the one used last.
  expect((await listed(old)).map(({ isCurrent }) => isCurrent)).toEqual([true, false])
  const { data } = (await company.get('/v1/audit', { limit: 1 })).body
  expect(data[0]).toMatchObject({
    ...{ action: 'session.begin', actor: `member:${id}`, objectId: shown[0]!.id },
  })
})

test('a person ends one session, and then all others; each at once', async () => {
  await member('end@one.example')
  const here = await signIn('end@one.example')
  const second = await signIn('end@one.example')
  const third = await signIn('end@one.example')
  const { id } = (await listed(second)).find((one) => one.isCurrent)!
  const path = `/v1/sessions/${id}`
  expect((await house.client().del(path, { headers: here })).status).toBe(204)
  expect((await house.client().del(path, { headers: here })).status).toBe(404)
  expect(await isIn(second)).toBe(false)
  expect(await isIn(third)).toBe(true)
  const ended = await house.client().del('/v1/sessions', { headers: here })
  expect(ended.body).toEqual({ ended: 1 })
  expect([await isIn(here), await isIn(third)]).toEqual([true, false])
})

test('nobody ends or sees the session of somebody else, and a key has none', async () => {
  await member('mine@one.example')
  await member('theirs@one.example')
  const mine = await signIn('mine@one.example')
  const [own] = await listed(mine)
  const theirs = await signIn('theirs@one.example')
  expect(await listed(theirs)).toHaveLength(1)
  const intruding = await house.client().del(`/v1/sessions/${own!.id}`, { headers: theirs })
  expect(intruding.status).toBe(404)
  expect(await isIn(mine)).toBe(true)
  expect((await company.get('/v1/sessions')).status).toBe(401)
  expect((await company.del('/v1/sessions')).status).toBe(401)
})

test('signing in again on the same browser gives a new session and ends the old one', async () => {
  await member('again@one.example')
  const before = await signIn('again@one.example')
  const after = await signIn('again@one.example', { cookie: before.cookie })
  expect(after.cookie).not.toBe(before.cookie)
  expect([await isIn(before), await isIn(after)]).toEqual([false, true])
  const planted = `sluice=${'0'.repeat(52)}`
  expect((await signIn('again@one.example', { cookie: planted })).cookie).not.toBe(planted)
})

test('only proxies that are named are believed when they say where a request came from', async () => {
  await member('proxy@one.example')
  const via = async (forwarded: string) => {
    const headers = await signIn('proxy@one.example', { 'x-forwarded-for': forwarded })
    return (await listed(headers)).find((one) => one.isCurrent)!.address
  }
  // What stands before an address that is no proxy of ours is that address's own say.
  expect(await via('198.51.100.7, 203.0.113.9')).toBe('203.0.113.9')
  expect(await via(`198.51.100.7, ${PROXY}`)).toBe('198.51.100.7')

  const plain = await testHouse({ clock: { now: () => now } })
  const { key } = await plain.newCompany()
  const body = { name: 'Bo', email: 'bo@one.example', password: PASSWORD }
  await plain.client(`Bearer ${key}`).post('/v1/members', body)
  const signed = await plain
    .client()
    .post(
      '/v1/session',
      { email: body.email, password: PASSWORD },
      { key: null, headers: { ...site, 'x-forwarded-for': '203.0.113.9' } },
    )
  const headers = { ...site, cookie: cookieOf(signed) }
  const { data } = (await plain.client().get('/v1/sessions', {}, { headers })).body
  expect(data[0].address).toBe('127.0.0.1')
  await plain.close()
})
