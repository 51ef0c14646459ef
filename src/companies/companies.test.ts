import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestHouse, testHouse } from '../../tests/kit/house.ts'

let house: TestHouse
beforeAll(async () => {
  house = await testHouse()
})
afterAll(() => house.close())

test('the operator founds a company: its pool, its first key, its first admin', async () => {
  const admin = { name: 'Ada', email: 'ada@example.com', password: 'correct horse battery' }
  const asked = { name: 'First Light', timezone: 'Europe/Oslo', admin }
  const made = await house.operator.post('/v1/companies', asked)
  expect(made.status).toBe(201)
  expect(made.body).toMatchObject({ name: 'First Light', timezone: 'Europe/Oslo', testClock: null })
  const company = house.client(`Bearer ${made.body.apiKey.key}`)
  const integration = await company.get(`/v1/integrations/${made.body.apiKey.id}`)
  expect(integration.body).toMatchObject({ kind: 'api', access: 'shared', scopes: ['admin'] })
  const member = await company.get(`/v1/members/${made.body.admin.id}`)
  expect(member.body).toMatchObject({
    email: 'ada@example.com',
    role: 'tech_admin',
    canSignIn: true,
  })
  const { rows } = await house.database.asOwner('select password_hash from member where id = $1', [
    made.body.admin.id,
  ])
  expect(rows[0].password_hash).toMatch(/^\$argon2id\$v=19\$m=65536,t=3,p=1\$/)
})

test('founding a company twice under one key founds one, and tells its key again', async () => {
  const found = () => house.operator.post('/v1/companies', { name: 'Once' }, { key: 'once' })
  const answers = await Promise.all(Array.from({ length: 8 }, found))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
  expect(answers.filter(({ headers }) => headers['idempotency-replayed'] === 'true')).toHaveLength(
    7,
  )
  const { rows } = await house.database.asOwner("select from company where name = 'Once'")
  expect(rows).toHaveLength(1)
})

test('the database knows no key, not even for replays', async () => {
  const company = await house.newCompany()
  const asked = { name: 'Bot', scopes: ['credits:read'] }
  const first = await company.post('/v1/integrations', asked, { key: 'bot' })
  const again = await company.post('/v1/integrations', asked, { key: 'bot' })
  expect(again.text).toBe(first.text)
  const { rows } = await house.database.asOwner(
    `select (select string_agg(encode(answer, 'escape'), '') from request_key)
      || (select string_agg(encode(answer, 'escape'), '') from operator_request_key)
      || (select string_agg(i::text, '') from integration i)
      || (select string_agg(a::text, '') from audit_entry a) as everything`,
  )
  for (const key of [first.body.key, company.key]) expect(rows[0].everything).not.toContain(key)
})

test('the operator lists companies newest first, a page at a time, and shows no keys', async () => {
  for (const name of ['one', 'two', 'three']) await house.newCompany({ name })
  const page = await house.operator.get('/v1/companies', { limit: 2 })
  expect(page.body.data.map((row: { name: string }) => row.name)).toEqual(['three', 'two'])
  const next = await house.operator.get('/v1/companies', { limit: 2, cursor: page.body.nextCursor })
  expect(next.body.data[0].name).toBe('one')
  expect(page.text).not.toContain('slc_')
})

test('a company changes only what it is asked to change', async () => {
  const company = await house.newCompany({ name: 'Before', timezone: 'Europe/Oslo' })
  const before = (await company.get('/v1/company')).body
  const after = await company.patch('/v1/company', { name: 'After', limits: { gongPerDay: 7 } })
  expect(after.status).toBe(200)
  expect(after.body).toEqual({
    ...before,
    name: 'After',
    limits: { ...before.limits, gongPerDay: 7 },
  })
  expect((await company.get('/v1/company')).body).toEqual(after.body)
})

test('the admins are told of the pool until recipients are chosen', async () => {
  const company = await house.newCompany()
  const add = async (id: string, role: string) =>
    company.post('/v1/members', { id, name: id, email: `${id}@example.com`, role })
  await add('tech', 'tech_admin')
  await add('business', 'business_admin')
  await add('plain', 'member')
  const recipients = async () => (await company.get('/v1/company')).body.alertRecipients
  expect(await recipients()).toEqual(['tech', 'business'])
  await company.patch('/v1/company', { alertRecipients: ['plain', 'tech'] })
  expect((await recipients()).sort()).toEqual(['plain', 'tech'])
  await company.del('/v1/members/plain')
  expect(await recipients()).toEqual(['tech'])
  const unknown = await company.patch('/v1/company', { alertRecipients: ['tech', 'nobody'] })
  expect(unknown.status).toBe(422)
  expect(unknown.body.errors).toEqual([{ path: 'alertRecipients.1', message: 'is no member' }])
  await company.patch('/v1/company', { alertRecipients: null })
  expect(await recipients()).toEqual(['tech', 'business'])
})

test('the time zone stays once a contract counts in it', async () => {
  const company = await house.newCompany()
  expect((await company.patch('/v1/company', { timezone: 'Asia/Tokyo' })).body.timezone).toBe(
    'Asia/Tokyo',
  )
  const startDate = new Date().toISOString().slice(0, 10)
  await company.put('/v1/contract', { startDate, termMonths: 12, seats: [] })
  const refused = await company.patch('/v1/company', { timezone: 'UTC' })
  expect(refused.body).toMatchObject({ status: 409, code: 'invalid-state' })
})

test('an unknown time zone, a missing name and an unknown field are refused, by name', async () => {
  for (const [asked, path] of [
    [{ name: 'X', timezone: 'Mars/Olympus' }, 'timezone'],
    [{}, 'name'],
    [
      { name: 'X', admin: { name: 'A', email: 'nonsense', password: 'long enough!' } },
      'admin.email',
    ],
  ] as const) {
    const refused = await house.operator.post('/v1/companies', asked)
    expect(refused.body).toMatchObject({ status: 400, code: 'invalid-request' })
    expect(refused.body.errors[0].path).toBe(path)
  }
  expect((await house.operator.post('/v1/companies', { name: 'X', color: 'red' })).status).toBe(400)
})

test('a company key founds no company, and the operator key reads none', async () => {
  const company = await house.newCompany()
  expect((await company.post('/v1/companies', { name: 'Mine' })).status).toBe(401)
  expect((await house.operator.get('/v1/company')).status).toBe(401)
})

test('every change is in the audit trail, with before and after and no secret', async () => {
  const company = await house.newCompany()
  const actor = `integration:${company.keyId}`
  await company.post('/v1/teams', { id: 'north', name: 'North' })
  await company.patch('/v1/teams/north', { name: 'Far North' })
  await company.put('/v1/teams/north/features', { ai_tracker: false })
  const person = { id: 'ada', name: 'Ada', email: 'ada@example.com', password: 'correct horse b' }
  await company.post('/v1/members', { ...person, teamIds: ['north'] })
  await company.patch('/v1/members/ada', { password: 'another horse' })
  await company.del('/v1/members/ada')
  await company.del('/v1/teams/north')
  await company.patch('/v1/teams/north', { name: 'Gone' })
  const trail = await company.get('/v1/audit', { limit: 100 })
  const told = trail.body.data.map((row: Record<string, unknown>) => [row.actor, row.action])
  expect(told).toEqual([
    [actor, 'team.remove'],
    [actor, 'member.remove'],
    [actor, 'member.change'],
    [actor, 'member.create'],
    [actor, 'team.features'],
    [actor, 'team.change'],
    [actor, 'team.create'],
    ['operator', 'company.create'],
    ['operator', 'integration.create'],
  ])
  const change = trail.body.data[5]
  expect([change.before.name, change.after.name]).toEqual(['North', 'Far North'])
  expect(trail.text).not.toMatch(/horse|argon2|slc_/)
  const page = await company.get('/v1/audit', { limit: 4, objectType: 'team' })
  expect(page.body.data).toHaveLength(4)
  expect(page.body.nextCursor).toBeNull()
})
