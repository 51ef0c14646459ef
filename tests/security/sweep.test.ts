import { Writable } from 'node:stream'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { keyOf } from '../../src/companies/keys.ts'
import { doctor } from '../../src/doctor/service.ts'
import { type Scope, scopes } from '../../src/kit/caller.ts'
import { randomText } from '../../src/platform/ids.ts'
import { ownerSnapshot } from '../../src/platform/owner-snapshot.ts'
import { type TestHouse, testHouse } from '../kit/house.ts'
import { type Route, routesOf } from '../kit/openapi.ts'
import { type RichCompany, richCompany } from '../kit/rich-company.ts'
import { tableHashes } from '../kit/table-hashes.ts'
import { shoot } from './stranger.ts'
import * as sweep from './sweep.ts'

// Thousands of requests take as long as the machine is busy.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

let ahead = 0
const clock = { now: () => new Date(Date.now() + ahead) }
const DAY_MS = 86_400_000
let house: TestHouse
let victim: RichCompany
let attacker: RichCompany
let routes: Route[]
let before: Record<string, string>
/** What nobody but the victim may see: its texts, its secrets, its ids. */
let secrets: string[]
const logged: string[] = []

/** Routes that ask for no credential; a new one is looked at by a person before it stands here. */
const open = [
  'DELETE /mcp',
  'DELETE /v1/session',
  'GET /.well-known/oauth-authorization-server',
  'GET /.well-known/oauth-protected-resource',
  'GET /.well-known/oauth-protected-resource/mcp',
  'GET /docs',
  'GET /docs/',
  'GET /docs/js/scalar.js',
  'GET /docs/problems',
  'GET /healthz',
  'GET /mcp',
  'GET /metrics',
  'GET /oauth/authorize',
  'GET /oauth/authorize/:id',
  'GET /oauth/jwks',
  'GET /openapi.json',
  'GET /readyz',
  'GET /v1/setup',
  'POST /mcp',
  'POST /oauth/register',
  'POST /oauth/revoke',
  'POST /oauth/token',
  'POST /v1/invitations/accept',
  'POST /v1/invitations/look',
  'POST /v1/session',
]

const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

beforeAll(async () => {
  const stream = new Writable({
    write(chunk, _encoding, done) {
      logged.push(String(chunk))
      done()
    },
  })
  const log = pino({ level: 'trace' }, stream)
  house = await testHouse({ clock, log, resolve: async () => [] })
  victim = await richCompany(house, 'victim')
  attacker = await richCompany(house, 'attacker')
  routes = routesOf(house.app)
  secrets = [
    victim.canary,
    ...victim.secrets,
    ...Object.values(victim.ids).filter((id) => id !== 'none'),
  ]
  before = await tableHashes(house.database, victim.no)
})
afterAll(() => house.close())

async function newKey(asked: Record<string, unknown>): Promise<{ id: string; key: string }> {
  const { body } = await attacker.post('/v1/integrations', {
    name: 'Key',
    kind: 'api',
    access: 'shared',
    ...asked,
  })
  return body
}

test('what is open to everybody is what was meant to be', () => {
  const found = routes.filter(({ access }) => access === 'public').map(sweep.titleOf)
  const titles = found.filter((title) => !/^HEAD | \/assets\/| \/v2\//.test(title))
  expect(titles.sort()).toEqual(open)
  // A sweep that finds nothing to check proves nothing.
  expect(sweep.guarded(routes).length).toBeGreaterThan(200)
  const unpublished = sweep
    .guarded(routes)
    .filter(
      ({ isPublished, method, url }) =>
        !isPublished && method !== 'HEAD' && !url.startsWith('/oauth/'),
    )
  expect(unpublished.map(sweep.titleOf)).toEqual([])
})

test('what is open on the /v2 doors says only that there is no such method', async () => {
  for (const route of routes) {
    if (route.access !== 'public' || !route.url.startsWith('/v2/')) continue
    expect((await shoot(house.app, route, {})).status, sweep.titleOf(route)).toBe(405)
  }
})

test('nobody comes in without a credential that counts', async () => {
  const revoked = await newKey({ scopes: ['admin'] })
  const expiring = await newKey({
    scopes: ['admin'],
    expiresAt: new Date(Date.now() + DAY_MS / 2).toISOString(),
  })
  const { tech_admin: session } = attacker.people
  const company = { method: 'GET', url: '/v1/company' }
  for (const headers of [bearer(revoked.key), bearer(expiring.key), session]) {
    expect((await shoot(house.app, company, { headers })).status).toBe(200)
  }
  await attacker.del(`/v1/integrations/${revoked.id}`)
  ahead = DAY_MS
  const { key, keyId } = victim
  const credentials: Record<string, sweep.Headers> = {
    'no key': {},
    'a wrong key': bearer(keyOf(keyId, randomText(32))),
    'a key of nobody': bearer(keyOf('int_00000000000000000000000000', randomText(32))),
    'a key with a wrong checksum': bearer(`${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`),
    'half a key': bearer(key.slice(0, 40)),
    'no bearer': { authorization: key },
    'an empty bearer': { authorization: 'Bearer ' },
    "another's id with a key": { authorization: `Basic ${btoa(`${attacker.keyId}:${key}`)}` },
    'a key in the wrong place': { 'x-api-key': key, cookie: `key=${key}` },
    'a revoked key': bearer(revoked.key),
    'an expired key': bearer(expiring.key),
    'a session that is over': session,
    'a session of nobody': { ...session, cookie: `sluice=${randomText(32)}` },
    'a key beside a session': { ...session, ...bearer(revoked.key) },
  }
  const swept = await sweep
    .sweepCredentials(house.app, routes, credentials, victim.ids, secrets)
    .finally(() => {
      ahead = 0
    })
  expect(swept.findings).toEqual([])
  expect(swept.requests).toBe(sweep.guarded(routes).length * Object.keys(credentials).length)
  console.log(`credentials: ${swept.requests} requests`)
})

test("a company's key is no operator's, and the operator's is no company's", async () => {
  const operator = { authorization: 'Bearer op_only-for-tests-0123456789' }
  for (const route of sweep.guarded(routes)) {
    const headers = route.access === 'operator' ? bearer(attacker.key) : operator
    expect((await shoot(house.app, route, { headers })).status, sweep.titleOf(route)).toBe(401)
  }
})

test('each scope opens what says so, and nothing else', async () => {
  const keys = new Map<string, string>()
  for (const scope of scopes) {
    const personal = { access: 'personal', memberId: attacker.ids.members }
    keys.set(`only ${scope}`, (await newKey({ scopes: [scope], ...personal })).key)
    const others = scopes.filter((one) => one !== scope && one !== 'admin')
    keys.set(`without ${scope}`, (await newKey({ scopes: others })).key)
  }
  const of = (name: string) => (scope: Scope) => bearer(keys.get(`${name} ${scope}`)!)
  const swept = await sweep.sweepScopes(house.app, routes, of('without'), of('only'))
  expect(swept.findings).toEqual([])
  expect(swept.requests).toBeGreaterThan(390)
  console.log(`scopes: ${swept.requests} requests`)
})

test('each role may do what the table of roles says, and nothing else', async () => {
  const swept = await sweep.sweepRoles(house.app, routes, attacker.people)
  expect(swept.findings).toEqual([])
  expect(swept.requests).toBeGreaterThan(600)
  console.log(`roles: ${swept.requests} requests`)
})

test('a session writes from a page of this server only', async () => {
  const { cookie } = attacker.people.tech_admin
  const swept = await sweep.sweepOrigins(house.app, routes, cookie!)
  expect(swept.findings).toEqual([])
  expect(swept.requests).toBeGreaterThan(400)
  console.log(`origins: ${swept.requests} requests`)
})

test("another company's ids are to everybody else like ids of nobody", async () => {
  const callers = [bearer(attacker.key), attacker.people.tech_admin]
  const wall = { own: attacker.ids, victim: victim.ids, secrets, sent: new Set<string>() }
  const rounds = [false, true].flatMap((isChosen) =>
    callers.map((headers) => ({ isChosen, headers })),
  )
  const all = { requests: 0, places: 0, passed: 0 }
  for (const round of rounds) {
    const swept = await sweep.sweepIds(house.app, routes, { ...wall, ...round })
    expect(swept.findings).toEqual([])
    for (const count of ['requests', 'places', 'passed'] as const) all[count] += swept[count]
  }
  expect(all.places).toBeGreaterThan(300)
  expect(all.passed).toBeGreaterThan(all.places * 0.9)
  console.log(
    `ids: ${all.requests} requests, ${all.passed} of ${all.places} places past validation`,
  )
})

test('after all of it the victim is as it was, and no log tells of it', async () => {
  expect(await tableHashes(house.database, victim.no)).toEqual(before)
  expect(await ownerSnapshot(house.database.url, (run) => doctor({ run }))).toEqual([])
  const texts = [victim.canary, attacker.canary, ...victim.secrets, ...attacker.secrets]
  expect(logged.filter((line) => texts.some((text) => line.includes(text)))).toEqual([])
})
