import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, type TestHouse, testHouse } from '../../tests/kit/house.ts'

const HOST = 'localhost:4747'
const ORIGIN = 'http://localhost:4747'
const PASSWORD = 'correct horse battery'
let now = new Date('2026-06-01T08:00:00Z')
let house: TestHouse
beforeAll(async () => {
  house = await testHouse({ clock: { now: () => now } })
})
afterAll(() => house.close())

const site = { host: HOST, origin: ORIGIN }

async function companyWith(email: string, role = 'tech_admin') {
  const company = await house.newCompany()
  const body = { name: 'Ada Lund', email, password: PASSWORD, role }
  const member = (await company.post('/v1/members', body)).body
  return { company, member }
}

const signIn = (email: string, password = PASSWORD, more = {}, headers = {}) =>
  house
    .client()
    .post(
      '/v1/session',
      { email, password, ...more },
      { key: null, headers: { ...site, ...headers } },
    )

const cookieOf = ({ headers }: Answer) => String(headers['set-cookie']).split(';', 1)[0]!

async function session(email: string) {
  const cookie = cookieOf(await signIn(email))
  return { cookie, headers: { ...site, cookie } }
}

const who = (headers: Record<string, string>) => house.client().get('/v1/session', {}, { headers })

test('a person signs in, acts by role, and signs out', async () => {
  const { company, member } = await companyWith('ada@one.example')
  const signedIn = await signIn('ADA@one.example')
  expect([signedIn.status, signedIn.text]).toEqual([204, ''])
  expect(signedIn.headers['set-cookie']).toMatch(
    /^sluice=[0-9a-z]{52}; Path=\/; HttpOnly; SameSite=Lax$/,
  )
  const headers = { ...site, cookie: cookieOf(signedIn) }
  expect((await who(headers)).body).toMatchObject({
    ...{ member: { id: member.id }, role: 'tech_admin', scopes: ['admin'] },
    company: { id: company.id },
  })
  const made = await house.client().post('/v1/teams', { name: 'By hand' }, { headers })
  expect(made.status).toBe(201)
  const { data } = (await company.get('/v1/audit', { limit: 1 })).body
  expect(data[0]).toMatchObject({ actor: `member:${member.id}`, action: 'team.create' })
  expect((await house.client().del('/v1/session', { headers })).headers['set-cookie']).toMatch(
    /^sluice=; .*Max-Age=0/,
  )
  expect((await who(headers)).status).toBe(401)
})

test('what a role may do changes with the role, at once', async () => {
  const { company, member } = await companyWith('role@one.example')
  const { headers } = await session('role@one.example')
  await company.patch(`/v1/members/${member.id}`, { role: 'member' })
  expect((await house.client().get('/v1/credits/balance', {}, { headers })).body.scope).toBe(
    'credits:read',
  )
  await company.patch(`/v1/members/${member.id}`, { role: 'business_admin' })
  expect((await house.client().get('/v1/credits/balance', {}, { headers })).status).toBe(200)
})

test('unknown, wrong and never chosen get the same answer', async () => {
  const { company } = await companyWith('known@one.example')
  await company.post('/v1/members', { name: 'No password', email: 'never@one.example' })
  const refused = await Promise.all([
    signIn('known@one.example', 'wrong horse'),
    signIn('nobody@one.example'),
    signIn('never@one.example'),
    signIn('known@one.example', PASSWORD, { companyId: 'co_other' }),
  ])
  const said = refused.map(({ text }) => text.replace(/req_[0-9a-f]+/, ''))
  expect(new Set(said).size).toBe(1)
  expect([refused[0]!.status, refused[0]!.headers['set-cookie']]).toEqual([401, undefined])
})

test('tries are limited for known and unknown alike, and the right password works after the pause', async () => {
  await companyWith('often@one.example')
  for (const email of ['often@one.example', 'phantom@one.example']) {
    const statuses: number[] = []
    for (let i = 0; i < 12; i += 1) statuses.push((await signIn(email, 'wrong horse')).status)
    expect(statuses, email).toEqual([...Array(10).fill(401), 429, 429])
  }
  const locked = await signIn('often@one.example')
  expect([locked.status, locked.headers['retry-after']]).toEqual([429, '900'])
  now = new Date(now.getTime() + 16 * 60_000)
  expect((await signIn('often@one.example')).status).toBe(204)
})

test('an address of several companies says which, once the password proved them', async () => {
  const one = await companyWith('both@one.example')
  const two = await companyWith('both@one.example')
  expect((await signIn('both@one.example', 'wrong horse')).body.companies).toBeUndefined()
  const asked = await signIn('both@one.example')
  expect(asked.status).toBe(409)
  expect(asked.body.companies.map(({ id }: { id: string }) => id).sort()).toEqual(
    [one.company.id, two.company.id].sort(),
  )
  const chosen = await signIn('both@one.example', PASSWORD, { companyId: two.company.id })
  const { body } = await who({ ...site, cookie: cookieOf(chosen) })
  expect(body.company.id).toBe(two.company.id)
})

test('a session ends after a while without use, and after its longest time however busy', async () => {
  await companyWith('idle@one.example')
  const idle = await session('idle@one.example')
  now = new Date(now.getTime() + 29 * 60_000)
  expect((await who(idle.headers)).status).toBe(200)
  now = new Date(now.getTime() + 31 * 60_000)
  expect((await who(idle.headers)).status).toBe(401)

  const busy = await session('idle@one.example')
  const statuses: number[] = []
  for (let i = 0; i < 37; i += 1) {
    now = new Date(now.getTime() + 20 * 60_000)
    statuses.push((await who(busy.headers)).status)
  }
  expect(statuses.slice(0, 35)).toEqual(Array(35).fill(200))
  expect(statuses.slice(-2)).toEqual([401, 401])
})

test('sessions end with a new password, own or set, and with the member', async () => {
  const { company, member } = await companyWith('end@one.example')
  const first = await session('end@one.example')
  const other = await session('end@one.example')
  const change = { current: PASSWORD, password: 'another horse battery' }
  const wrong = await house
    .client()
    .post('/v1/session/password', { ...change, current: 'no' }, { headers: first.headers })
  expect(wrong.body.errors).toEqual([{ path: 'current', message: 'is not right' }])
  const changed = await house
    .client()
    .post('/v1/session/password', change, { headers: first.headers })
  expect(changed.status).toBe(204)
  const fresh = { ...site, cookie: cookieOf(changed) }
  expect((await who(first.headers)).status).toBe(401)
  expect((await who(other.headers)).status).toBe(401)
  expect((await who(fresh)).status).toBe(200)

  await company.patch(`/v1/members/${member.id}`, { password: PASSWORD })
  expect((await who(fresh)).status).toBe(401)
  const last = await session('end@one.example')
  await company.del(`/v1/members/${member.id}`)
  expect((await who(last.headers)).status).toBe(401)
  expect((await signIn('end@one.example')).status).toBe(401)
})

test.each([
  ['no origin', { origin: '' }],
  ['another origin', { origin: 'http://evil.example' }],
  ['an origin that is null', { origin: 'null' }],
  ['our name as a part of another', { origin: 'http://localhost:4747.evil.example' }],
  ['our origin, from elsewhere', { 'sec-fetch-site': 'cross-site' }],
])('a cookie with %s reads but never writes', async (_what, headers) => {
  const email = `csrf-${Math.random()}@one.example`
  await companyWith(email)
  const own = (await session(email)).headers
  const sent = Object.fromEntries(
    Object.entries({ ...own, ...headers }).filter(([, value]) => value !== ''),
  )
  const client = house.client()
  const writes = await Promise.all([
    client.post('/v1/teams', { name: 'x' }, { headers: sent }),
    client.patch('/v1/company', { name: 'x' }, { headers: sent }),
    client.put('/v1/contract', {}, { headers: sent }),
    client.del('/v1/members/any', { headers: sent }),
  ])
  expect(writes.map(({ body }) => body.code)).toEqual(Array(4).fill('forbidden'))
  expect((await who(sent)).status).toBe(200)
})

test('a stranger’s page signs nobody in', async () => {
  await companyWith('lure@one.example')
  const evil = { origin: 'http://evil.example', 'sec-fetch-site': 'cross-site' }
  expect((await signIn('lure@one.example', PASSWORD, {}, evil)).status).toBe(403)
})

test('a key of the same request counts before the cookie, and is no person', async () => {
  const { company } = await companyWith('mixed@one.example')
  const { headers } = await session('mixed@one.example')
  const both = { ...headers, authorization: 'Bearer nonsense' }
  expect((await who(both)).status).toBe(401)
  expect((await company.get('/v1/session')).status).toBe(401)
})

test('the database knows no session and no invitation', async () => {
  const { company, member } = await companyWith('secret@one.example')
  const { cookie } = await session('secret@one.example')
  const { token } = (await company.post(`/v1/members/${member.id}/invitation`)).body
  const { rows } = await house.database.asOwner(
    `select (select string_agg(s::text, '') from session s)
      || (select string_agg(i::text, '') from invitation i)
      || (select string_agg(a::text, '') from audit_entry a) as everything`,
  )
  for (const secret of [cookie.split('=')[1]!, token]) {
    expect(rows[0].everything).not.toContain(secret)
    expect(rows[0].everything).not.toContain(Buffer.from(secret).toString('hex'))
  }
})

test('an invited member chooses a password once and signs in', async () => {
  const company = await house.newCompany({ name: 'Inviting' })
  const { id } = (await company.post('/v1/members', { name: 'Bo', email: 'bo@one.example' })).body
  const invite = async () => (await company.post(`/v1/members/${id}/invitation`)).body.token
  const earlier = await invite()
  const token = await invite()
  const post = (path: string, body: unknown) =>
    house.client().post(path, body, { key: null, headers: site })
  expect((await post('/v1/invitations/look', { token: earlier })).status).toBe(404)
  expect((await post('/v1/invitations/look', { token })).body).toEqual({
    ...{ company: 'Inviting', name: 'Bo', email: 'bo@one.example' },
  })
  const weak = await post('/v1/invitations/accept', { token, password: 'password123' })
  expect(weak.body.errors[0].path).toBe('password')
  expect((await post('/v1/invitations/accept', { token, password: PASSWORD })).status).toBe(204)
  expect((await post('/v1/invitations/accept', { token, password: PASSWORD })).status).toBe(404)
  expect((await signIn('bo@one.example')).status).toBe(204)
  const late = await invite()
  now = new Date(now.getTime() + 8 * 24 * 3_600_000)
  expect((await post('/v1/invitations/look', { token: late })).status).toBe(404)
})

test('a new installation says so until its first company', async () => {
  const other = await testHouse()
  expect((await other.client().get('/v1/setup')).body).toEqual({ needed: true })
  await other.newCompany()
  expect((await other.client().get('/v1/setup')).body).toEqual({ needed: false })
  await other.close()
})
