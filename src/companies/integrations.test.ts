import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestCompany, type TestHouse, testHouse } from '../../tests/kit/house.ts'
import { type HouseSettings, openHouse } from '../house.ts'
import { createLog } from '../platform/log.ts'

let now = new Date('2026-03-01T12:00:00Z')
let house: TestHouse
let company: TestCompany
beforeAll(async () => {
  house = await testHouse({ clock: { now: () => now } })
  company = await house.newCompany()
})
afterAll(() => house.close())

const make = async (more: Record<string, unknown> = {}) =>
  (await company.post('/v1/integrations', { name: 'Bot', scopes: ['data:read'], ...more })).body

test('a key works, and stops the moment its integration is deleted', async () => {
  const { id, key } = await make()
  const bot = company.as(key)
  for (let i = 0; i < 3; i += 1) expect((await bot.get('/v1/company')).status).toBe(200)
  expect((await company.del(`/v1/integrations/${id}`)).status).toBe(204)
  const refused = await bot.get('/v1/company')
  expect(refused.body).toMatchObject({ status: 401, code: 'unauthenticated' })
  expect(refused.headers['www-authenticate']).toBe('Bearer')
  expect((await company.get(`/v1/integrations/${id}`)).status).toBe(404)
})

test('it stops on the other servers too, before their memory of it is a second old', async () => {
  const settings: HouseSettings = {
    ...{
      databaseUrl: house.database.url,
      databasePool: 4,
      ai: { provider: 'local' },
      spoolDir: tmpdir(),
      sessions: { idleMs: 60_000, longestMs: 60_000 },
    },
    ...{ operatorKey: 'op_other_server', publicUrl: undefined },
  }
  const other = await openHouse(settings, { log: createLog('silent') })
  try {
    const { id, key } = await make()
    const ask = async () => {
      const headers = { authorization: `Bearer ${key}` }
      return (await other.app.inject({ url: '/v1/company', headers })).statusCode
    }
    for (let i = 0; i < 3; i += 1) expect(await ask()).toBe(200)
    await company.del(`/v1/integrations/${id}`)
    const told = performance.now()
    while ((await ask()) === 200) expect(performance.now() - told).toBeLessThan(500)
    expect(await ask()).toBe(401)
  } finally {
    await other.close()
  }
})

test('a rotated key is another key, and the old one ends', async () => {
  const { id, key } = await make()
  expect((await company.as(key).get('/v1/company')).status).toBe(200)
  const rotated = await company.post(`/v1/integrations/${id}/rotate`)
  expect(rotated.status).toBe(200)
  expect((await company.as(key).get('/v1/company')).status).toBe(401)
  expect((await company.as(rotated.body.key).get('/v1/company')).status).toBe(200)
})

test('a key ends when it expires', async () => {
  const past = await company.post('/v1/integrations', {
    ...{ name: 'x', scopes: ['admin'], expiresAt: '2026-02-01T00:00:00Z' },
  })
  expect(past.body.errors).toEqual([{ path: 'expiresAt', message: 'must lie in the future' }])
  const { key } = await make({ expiresAt: '2026-03-01T13:00:00Z' })
  expect((await company.as(key).get('/v1/company')).status).toBe(200)
  now = new Date('2026-03-01T13:00:00Z')
  expect((await company.as(key).get('/v1/company')).status).toBe(401)
})

test.each([
  ['nothing', undefined],
  ['another scheme', 'Digest abc'],
  ['no key at all', 'Bearer nonsense'],
  ['a key that nobody has', `Bearer slc_${'0'.repeat(26)}_${'a'.repeat(52)}00000000`],
  ['Basic without a colon', `Basic ${Buffer.from('abc').toString('base64')}`],
])('%s is no credential', async (_what, authorization) => {
  const refused = await house.client(authorization).get('/v1/company')
  expect(refused.body).toMatchObject({ status: 401, code: 'unauthenticated' })
})

test('Basic takes the integration and its key, and no other integration', async () => {
  const { id, key } = await make()
  const basic = (user: string) =>
    house.client(`Basic ${Buffer.from(`${user}:${key}`).toString('base64')}`).get('/v1/company')
  expect((await basic(id)).status).toBe(200)
  expect((await basic(company.keyId)).status).toBe(401)
})

test('a key does what its scopes say from the next request on', async () => {
  const { id, key } = await make({ scopes: ['credits:read'] })
  const refused = await company.as(key).get('/v1/company')
  expect(refused.body).toMatchObject({ status: 403, code: 'forbidden', scope: 'data:read' })
  await company.patch(`/v1/integrations/${id}`, { scopes: ['credits:read', 'data:read'] })
  expect((await company.as(key).get('/v1/company')).status).toBe(200)
  expect((await company.as(key).get('/v1/integrations')).status).toBe(403)
})

test('a personal integration belongs to a member and goes with the member', async () => {
  const lonely = await company.post('/v1/integrations', {
    ...{ name: 'x', access: 'personal', scopes: ['data:read'] },
  })
  expect(lonely.body).toMatchObject({ status: 422, code: 'unprocessable' })
  expect(lonely.body.errors[0].path).toBe('memberId')
  await company.post('/v1/members', { id: 'ada', name: 'Ada', email: 'ada@example.com' })
  const { key } = await make({ access: 'personal', memberId: 'ada' })
  expect((await company.as(key).get('/v1/company')).status).toBe(200)
  await company.del('/v1/members/ada')
  expect((await company.as(key).get('/v1/company')).status).toBe(401)
})

test('when a key was last used is noted within some seconds', async () => {
  const { id, key } = await make()
  expect((await company.get(`/v1/integrations/${id}`)).body.lastUsedAt).toBeNull()
  await company.as(key).get('/v1/company')
  await expect
    .poll(async () => (await company.get(`/v1/integrations/${id}`)).body.lastUsedAt, {
      timeout: 8000,
    })
    .toBe(now.toISOString())
})
