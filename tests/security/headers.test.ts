import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type TestHouse, testHouse } from '../kit/house.ts'
import { routesOf } from '../kit/openapi.ts'

// Thousands of requests take as long as the machine is busy.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

let house: TestHouse
let secure: TestHouse
beforeAll(async () => {
  house = await testHouse()
  secure = await testHouse({ settings: { publicUrl: 'https://sluice.test' } })
})
afterAll(async () => {
  await house.close()
  await secure.close()
})

const host = 'localhost:4747'
const html = { accept: 'text/html', host }

/** One request of every kind of answer there is: data, refusals, pages, assets, nothing. */
const answers = async () => {
  const { app } = house
  const routes = routesOf(app).filter(({ method }) => method !== 'TRACE')
  const each = routes.map(({ method, url }) => ({ method, url: url.replace(/:\w+|\*/g, 'none') }))
  const others = [
    { method: 'GET', url: '/', headers: html },
    { method: 'GET', url: '/credits', headers: html },
    { method: 'GET', url: '/nothing/here' },
    { method: 'GET', url: '/v1/nothing' },
    { method: 'GET', url: '/assets/nothing.js' },
    { method: 'OPTIONS', url: '/v1/company' },
    { method: 'PATCH', url: '/v1/session' },
    { method: 'POST', url: '/v1/session', payload: '{' },
  ]
  const all = []
  for (const request of [...each, ...others]) {
    const { headers = { host } } = request as { headers?: Record<string, string> }
    all.push({
      request,
      answer: await app.inject({ ...(request as { method: 'GET'; url: string }), headers }),
    })
  }
  return all
}

test('every answer carries the headers that keep browsers from guessing, and none that tells of the server', async () => {
  const all = await answers()
  expect(all.length).toBeGreaterThan(200)
  for (const { request, answer } of all) {
    const name = `${request.method} ${request.url}`
    const { headers } = answer
    expect(headers['x-content-type-options'], name).toBe('nosniff')
    expect(headers['x-frame-options'], name).toBe('DENY')
    expect(headers['referrer-policy'], name).toBe('no-referrer')
    expect(headers['cross-origin-opener-policy'], name).toBe('same-origin')
    expect(headers['cross-origin-resource-policy'], name).toBe('same-origin')
    expect(headers['content-security-policy'], name).toMatch(
      /default-src 'none'.*frame-ancestors 'none'/,
    )
    expect(headers['x-request-id'], name).toMatch(/^req_[0-9a-f]{32}$/)
    expect(headers.server, name).toBeUndefined()
    expect(headers['x-powered-by'], name).toBeUndefined()
    const isAsset = /^\/(assets|docs)\//.test(request.url) && answer.statusCode === 200
    if (!isAsset) expect(headers['cache-control'], name).toBe('no-store')
  }
})

test('no page of another origin is let in, whatever it says of itself', async () => {
  for (const origin of [
    'https://evil.test',
    'null',
    'http://localhost:4747.evil.test',
    'http://evil.test:4747',
  ]) {
    for (const url of ['/v1/company', '/v1/setup', '/openapi.json', '/', '/mcp']) {
      for (const method of ['GET', 'OPTIONS'] as const) {
        const asked = { 'access-control-request-method': 'POST' }
        const { headers } = await house.app.inject({
          method,
          url,
          headers: { origin, host, ...asked },
        })
        const granted = Object.keys(headers).filter((name) => name.startsWith('access-control-'))
        expect(granted, `${method} ${url} from ${origin}`).toEqual([])
      }
    }
  }
})

test("the page runs this server's own scripts only, each answer with a nonce of its own", async () => {
  const pages = await Promise.all([1, 2].map(() => house.app.inject({ url: '/', headers: html })))
  const policies = pages.map(({ headers }) => String(headers['content-security-policy']))
  for (const policy of policies) {
    expect(policy).toContain("script-src 'self';")
    expect(policy).not.toContain('unsafe')
    expect(policy).not.toMatch(/https?:|\*/)
  }
  expect(policies[0]).not.toBe(policies[1])
})

test('over https browsers are told to insist on it, and the cookie is tied to this host', async () => {
  const member = {
    name: 'Ann',
    email: 'ann@secure.test',
    password: 'correct horse battery',
    role: 'member',
  }
  const company = await secure.newCompany()
  expect((await company.post('/v1/members', member)).status).toBe(201)
  const { email, password } = member
  const signed = await secure.client().post('/v1/session', { email, password }, { key: null })
  expect(signed.headers['strict-transport-security']).toMatch(/max-age=\d{8}/)
  expect(String(signed.headers['set-cookie'])).toMatch(
    /^__Host-sluice=[\w-]{43,}; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
  )
  const plain = await house.client().get('/v1/setup')
  expect(plain.headers['strict-transport-security']).toBeUndefined()
})

test.each([
  '/.git/config',
  '/.env',
  '/package.json',
  '/src/main.ts',
  '/assets/',
  '/assets/../index.html',
  '/assets/..%2f..%2fpackage.json',
  '/assets/%2e%2e/%2e%2e/package.json',
  '/assets/..%5c..%5cpackage.json',
  '/assets/....//....//package.json',
  '/assets/%00',
  '//etc/passwd',
  '/assets//etc/passwd',
  '/docs/../../package.json',
  '/docs/js/../../../../package.json',
  '/server-status',
  '/actuator/env',
  '/debug/pprof',
  '/admin',
  '/backup.sql',
  '/.well-known/../package.json',
  '/index.html.map',
  '/assets/index.js.map',
])('%s shows nothing of the disk', async (url) => {
  const { statusCode, body } = await house.app.inject({ url, headers: { host } })
  expect([400, 404], body.slice(0, 200)).toContain(statusCode)
  expect(body).not.toMatch(/"name": ?"sluice"|root:|repositoryformatversion|openHouse/)
})

test('no address sends a browser elsewhere', async () => {
  for (const url of [
    '//evil.test',
    '/\\evil.test',
    '/docs//evil.test',
    '/%2f%2fevil.test',
    '/?next=https://evil.test',
    '/docs?url=//evil.test',
  ]) {
    const { headers } = await house.app.inject({ url, headers: html })
    expect(String(headers.location ?? '/'), url).toMatch(/^\.?\/(?![/\\])/)
  }
})

test('methods that only debug are unknown', async () => {
  const { statusCode } = await house.app.inject({
    method: 'TRACE' as 'GET',
    url: '/v1/company',
    headers: { host },
  })
  expect(statusCode).toBeGreaterThanOrEqual(400)
})
