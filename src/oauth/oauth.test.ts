import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { type TestCompany, type TestHouse, testHouse } from '../../tests/kit/house.ts'
import {
  answerConsent,
  type Browser,
  beginFlow,
  browserAt,
  exchange,
  REDIRECT,
  register,
  tokenRequest,
} from '../../tests/kit/oauth.ts'
import { aCall, fund, putIn } from '../../tests/kit/samples.ts'
import { createScripted } from '../ai/scripted.ts'

// Passwords are slow to check, on purpose.
vi.setConfig({ testTimeout: 120_000 })

const PASSWORD = 'correct horse battery'
const ALL = 'ai:ask ai:brief trackers:read credits:read'
let house: TestHouse
let company: TestCompany
let address: string
let people = 0

beforeAll(async () => {
  house = await testHouse({ model: createScripted() })
  address = await house.app.listen({ port: 0, host: '127.0.0.1' })
  company = await house.newCompany({ name: 'Northwind' })
})
afterAll(() => house.close())
// Each test has the registrations of a quarter of an hour to itself.
beforeEach(() => house.database.asOwner('delete from sign_in_try'))

interface Person {
  id: string
  browser: Browser
}
const known = new Map<string, Promise<Person>>()

/** A member on a browser of their own, signed in: of each role the same one. */
function person(role = 'business_admin'): Promise<Person> {
  const found = known.get(role) ?? newPerson(role)
  known.set(role, found)
  return found
}

async function newPerson(role: string): Promise<Person> {
  people += 1
  const email = `person-${people}@one.example`
  const body = { name: 'Ada Lund', email, password: PASSWORD, role }
  const { id } = (await company.post('/v1/members', body)).body
  const browser = browserAt(address)
  expect((await browser.post('/v1/session', { email, password: PASSWORD })).status).toBe(204)
  return { id, browser }
}

/** A program that a person let in, with its tokens. */
async function connected(asked: { who?: Person; role?: string; scope?: string } = {}) {
  const who = asked.who ?? (await person(asked.role))
  const clientId = String((await register(address)).body.client_id)
  const { path, flow } = beginFlow(address, clientId, asked.scope ? { scope: asked.scope } : {})
  const { callback, question } = await answerConsent(who.browser, path)
  const code = callback.searchParams.get('code')!
  const { body: tokens } = await exchange(address, flow, code)
  return { ...who, clientId, flow, callback, question, code, tokens }
}

async function callTool(token: string | undefined, name: string, args: object = {}) {
  const answer = await fetch(new URL('/mcp', address), {
    method: 'POST',
    headers: {
      ...{ 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({
      ...{ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } },
    }),
  })
  const text = await answer.text()
  const data = /^data: (.*)$/m.exec(text)?.[1] ?? text
  return {
    status: answer.status,
    challenge: answer.headers.get('www-authenticate'),
    result: JSON.parse(data).result,
  }
}

const lastAudit = async () => (await company.get('/v1/audit', { limit: 1 })).body.data[0]
const integrationOf = async (clientId: string) => {
  const { data } = (await company.get('/v1/integrations', { limit: 200 })).body
  return data.find((one: { clientId: string }) => one.clientId === clientId)
}

test('a client finds its way from the 401 to the metadata', async () => {
  const { challenge, status } = await callTool(undefined, 'list_trackers')
  expect(status).toBe(401)
  const [, metadata] = /resource_metadata="([^"]+)"/.exec(challenge ?? '')!
  const resource = await (await fetch(metadata!)).json()
  expect(resource).toEqual({
    ...{ resource: `${address}/mcp`, resource_name: 'Sluice', authorization_servers: [address] },
    ...{ bearer_methods_supported: ['header'], scopes_supported: ALL.split(' ') },
  })
  const server = await fetch(`${address}/.well-known/oauth-authorization-server`)
  expect(server.headers.get('x-request-id')).toMatch(/^req_/)
  expect(await server.json()).toMatchObject({
    issuer: address,
    authorization_endpoint: `${address}/oauth/authorize`,
    token_endpoint: `${address}/oauth/token`,
    registration_endpoint: `${address}/oauth/register`,
    revocation_endpoint: `${address}/oauth/revoke`,
    code_challenge_methods_supported: ['S256'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    response_types_supported: ['code'],
    token_endpoint_auth_methods_supported: ['none'],
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: true,
    scopes_supported: ALL.split(' '),
  })
})

test('a member lets a program in, and its charges carry the integration and the member', async () => {
  const { id, clientId, callback, flow, question, tokens } = await connected()
  expect(question).toEqual({
    client: { name: 'Test program', uri: null },
    redirect: { host: '127.0.0.1:7777', isThisMachine: true },
    company: { id: company.id, name: 'Northwind' },
    scopes: ALL.split(' ').map((scope) => ({ scope, may: true })),
  })
  expect(`${callback.origin}${callback.pathname}`).toBe(REDIRECT)
  expect(callback.searchParams.get('state')).toBe(flow.state)
  expect(callback.searchParams.get('iss')).toBe(address)
  expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 600, scope: ALL })
  expect(tokens.refresh_token).toMatch(/^[\w-]{43}$/)

  await fund(company, 10)
  const account = (await company.post('/v1/accounts', { name: 'Theirs', domains: ['theirs.test'] }))
    .body.id
  await putIn(company, aCall('long'))
  const asked = await callTool(tokens.access_token, 'ask_account', {
    ...{ id: account, question: 'Is there a budget?', timePeriod: 'ALL_CONVERSATIONS' },
  })
  expect(asked.result._meta.credits).toEqual({ charged: 1, available: 9 })
  const integration = await integrationOf(clientId)
  expect(integration).toMatchObject({
    ...{ name: 'Test program', kind: 'mcp', access: 'personal', keyHint: 'OAuth' },
    ...{ clientId: flow.clientId, scopes: ALL.split(' ') },
  })
  expect(integration.lastUsedAt).not.toBeNull()
  const [charge] = (await company.get('/v1/credits/charges')).body.data
  expect(charge).toMatchObject({
    ...{ feature: 'mcp', trigger: 'mcp', integrationId: integration.id, memberId: id, credits: 1 },
  })
})

test('the database knows no token, no code and no request', async () => {
  const { tokens, code } = await connected()
  const { rows } = await house.database.asOwner(
    `select (select string_agg(t::text, '') from oauth_token t)
      || (select coalesce(string_agg(r::text, ''), '') from oauth_request r)
      || (select string_agg(a::text, '') from audit_entry a) as everything`,
  )
  for (const secret of [code, tokens.access_token!, tokens.refresh_token!]) {
    expect(rows[0].everything).not.toContain(secret)
    expect(rows[0].everything).not.toContain(Buffer.from(secret).toString('hex'))
  }
})

test.each([
  [
    'no challenge',
    { code_challenge: undefined, code_challenge_method: undefined },
    'invalid_request',
  ],
  ['a plain challenge', { code_challenge_method: 'plain' }, 'invalid_request'],
  ['another audience', { resource: 'https://elsewhere.example/mcp' }, 'invalid_target'],
  ['the implicit flow', { response_type: 'token' }, 'unsupported_response_type'],
])(
  'asked with %s, the program is told no, with its state and the issuer',
  async (_what, more, error) => {
    const { browser } = await person()
    const clientId = String((await register(address)).body.client_id)
    const { path, flow } = beginFlow(address, clientId, more)
    const back = new URL((await browser.get(path)).headers.get('location')!)
    const told = new URLSearchParams(back.hash ? back.hash.slice(1) : back.search)
    expect(`${back.origin}${back.pathname}`).toBe(REDIRECT)
    expect([told.get('error'), told.get('state'), told.get('iss')]).toEqual([
      ...[error, flow.state, address],
    ])
  },
)

test.each([
  ['another path', `${REDIRECT}/other`],
  ['another host', 'http://127.0.0.2:7777/callback'],
  ['a longer host', 'http://127.0.0.1.evil.example:7777/callback'],
  ['another scheme', 'https://127.0.0.1:7777/callback'],
  ['a query', `${REDIRECT}?next=evil`],
])('a redirect to %s than the registered one goes nowhere', async (_what, redirect) => {
  const { browser } = await person()
  const clientId = String((await register(address)).body.client_id)
  const answer = await browser.get(beginFlow(address, clientId, { redirect_uri: redirect }).path)
  expect([answer.status, answer.headers.get('location')]).toEqual([400, null])
  expect(await answer.text()).toContain('redirect_uri')
})

test('on this very machine the port may be another one', async () => {
  const { browser } = await person()
  const clientId = String((await register(address)).body.client_id)
  const redirect_uri = 'http://127.0.0.1:50123/callback'
  const { path, flow } = beginFlow(address, clientId, { redirect_uri })
  const { callback } = await answerConsent(browser, path)
  expect(callback.host).toBe('127.0.0.1:50123')
  const { status } = await exchange(address, flow, callback.searchParams.get('code')!)
  expect(status).toBe(200)
})

test('an unknown client is shown an error, and nobody is sent anywhere', async () => {
  const { browser } = await person()
  const answer = await browser.get(beginFlow(address, 'app_nobody').path)
  expect([answer.status, answer.headers.get('location')]).toEqual([400, null])
  expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
})

test('a code is worth nothing with a wrong verifier, client, redirect or audience', async () => {
  const { browser } = await person()
  const clientId = String((await register(address)).body.client_id)
  const other = String((await register(address)).body.client_id)
  const wrong: Record<string, string | undefined>[] = [
    { code_verifier: 'x'.repeat(43) },
    { code_verifier: undefined },
    { client_id: other },
    { redirect_uri: 'http://127.0.0.1:7778/callback' },
    { resource: 'https://elsewhere.example/mcp' },
  ]
  for (const more of wrong) {
    const { path, flow } = beginFlow(address, clientId)
    const { callback } = await answerConsent(browser, path)
    const given = await exchange(address, flow, callback.searchParams.get('code')!, more)
    expect(given.status, JSON.stringify(more)).toBe(400)
    expect(given.body.access_token).toBeUndefined()
  }
})

test('a code used twice ends what the first use gave', async () => {
  const { tokens, flow, code } = await connected()
  expect((await callTool(tokens.access_token, 'list_trackers')).status).toBe(200)
  expect((await exchange(address, flow, code)).body.error).toBe('invalid_grant')
  expect((await callTool(tokens.access_token, 'list_trackers')).status).toBe(401)
  const refresh = { grant_type: 'refresh_token', client_id: flow.clientId }
  const late = await tokenRequest(address, { ...refresh, refresh_token: tokens.refresh_token })
  expect(late.body.error).toBe('invalid_grant')
})

test('of a code used many times at once, one use at most counts', async () => {
  const { browser } = await person()
  const clientId = String((await register(address)).body.client_id)
  const { path, flow } = beginFlow(address, clientId)
  const { callback } = await answerConsent(browser, path)
  const code = callback.searchParams.get('code')!
  const all = await Promise.all(Array.from({ length: 8 }, () => exchange(address, flow, code)))
  expect(all.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1)
  expect(all.filter(({ status }) => status === 400).length).toBeGreaterThanOrEqual(7)
})

test('a refresh token is used once; used again it ends the connection', async () => {
  const { tokens, flow, clientId } = await connected()
  const refresh = (refresh_token: string | undefined) =>
    tokenRequest(address, { grant_type: 'refresh_token', client_id: flow.clientId, refresh_token })
  const second = (await refresh(tokens.refresh_token)).body
  expect(second.refresh_token).not.toBe(tokens.refresh_token)
  expect((await callTool(second.access_token, 'list_trackers')).status).toBe(200)
  const third = (await refresh(second.refresh_token)).body
  expect((await refresh(second.refresh_token)).body.error).toBe('invalid_grant')
  expect((await refresh(third.refresh_token)).body.error).toBe('invalid_grant')
  expect((await callTool(third.access_token, 'list_trackers')).status).toBe(401)
  expect(await integrationOf(clientId)).toBeUndefined()
  expect(await lastAudit()).toMatchObject({ action: 'integration.revoke' })
})

test('of a refresh token used many times at once, one use at most counts', async () => {
  const { tokens, flow } = await connected()
  const asked = { grant_type: 'refresh_token', client_id: flow.clientId }
  const all = await Promise.all(
    Array.from({ length: 6 }, () =>
      tokenRequest(address, { ...asked, refresh_token: tokens.refresh_token }),
    ),
  )
  expect(all.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1)
})

test('refreshing gives no more than was granted, and only to the same client and audience', async () => {
  const { tokens, flow } = await connected({ scope: 'trackers:read' })
  expect(tokens.scope).toBe('trackers:read')
  const base = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
  const other = String((await register(address)).body.client_id)
  const asked = [
    { ...base, client_id: other },
    { ...base, client_id: flow.clientId, scope: ALL },
    { ...base, client_id: flow.clientId, resource: 'https://elsewhere.example/mcp' },
  ]
  for (const form of asked) expect((await tokenRequest(address, form)).status).toBe(400)
})

test('a token that ran out is refused', async () => {
  const { tokens } = await connected()
  await house.database.asOwner(
    `update oauth_token set expires_at = now() - interval '1 second' where kind = 'AccessToken'`,
  )
  const late = await callTool(tokens.access_token, 'list_trackers')
  expect([late.status, late.challenge]).toEqual([401, expect.stringMatching(/invalid_token/)])
})

test('a program gives its token back, and the connection ends for good', async () => {
  for (const which of ['refresh_token', 'access_token'] as const) {
    const { tokens, flow } = await connected()
    const revoke = (client_id: string) =>
      fetch(`${address}/oauth/revoke`, {
        method: 'POST',
        body: new URLSearchParams({ token: tokens[which]!, client_id }),
      })
    const other = String((await register(address)).body.client_id)
    await revoke(other)
    expect((await callTool(tokens.access_token, 'list_trackers')).status, which).toBe(200)
    expect((await revoke(flow.clientId)).status).toBe(200)
    expect((await callTool(tokens.access_token, 'list_trackers')).status, which).toBe(401)
  }
})

test('a member sees what they let in and takes it back; so does an admin', async () => {
  const one = await connected({ who: await newPerson('member') })
  const shown = (await (await one.browser.get('/v1/connections')).json()) as {
    data: { id: string; name: string }[]
  }
  expect(shown.data.map(({ name }) => name)).toEqual(['Test program'])
  const stranger = await person()
  const path = `/v1/connections/${shown.data[0]!.id}`
  expect((await stranger.browser.del(path)).status).toBe(404)
  expect((await one.browser.del(path)).status).toBe(204)
  expect((await callTool(one.tokens.access_token, 'list_trackers')).status).toBe(401)
  expect(await lastAudit()).toMatchObject({
    ...{ action: 'integration.revoke', actor: `member:${one.id}` },
  })
  const two = await connected()
  const { id } = await integrationOf(two.clientId)
  expect((await company.post(`/v1/integrations/${id}/rotate`)).status).toBe(409)
  await company.del(`/v1/integrations/${id}`)
  expect((await callTool(two.tokens.access_token, 'list_trackers')).status).toBe(401)
})

test('nobody gives more than they have, now or later', async () => {
  const { question, tokens, id } = await connected({ who: await newPerson('member') })
  expect(question.scopes).toContainEqual({ scope: 'credits:read', may: false })
  expect(tokens.scope).toBe('ai:ask ai:brief trackers:read')
  const refused = await callTool(tokens.access_token, 'get_credit_balance')
  expect([refused.status, refused.result.structuredContent.code]).toEqual([200, 'forbidden'])
  await company.del(`/v1/members/${id}`)
  expect((await callTool(tokens.access_token, 'list_trackers')).status).toBe(401)

  const admin = await connected({ who: await newPerson('business_admin') })
  expect((await callTool(admin.tokens.access_token, 'get_credit_balance')).status).toBe(200)
  await company.patch(`/v1/members/${admin.id}`, { role: 'member' })
  const demoted = await callTool(admin.tokens.access_token, 'get_credit_balance')
  expect(demoted.result.structuredContent).toMatchObject({ scope: 'credits:read' })
})

test('a client that lacks a scope is told which to ask for, where its person has it', async () => {
  const { tokens } = await connected({ scope: 'trackers:read' })
  const refused = await callTool(tokens.access_token, 'get_credit_balance')
  expect(refused.status).toBe(403)
  expect(refused.challenge).toMatch(
    /^Bearer error="insufficient_scope", scope="trackers:read credits:read", resource_metadata=/,
  )
})

test('a token is for the MCP server alone, and no key is a token', async () => {
  const { tokens } = await connected({ role: 'tech_admin' })
  const authorization = { authorization: `Bearer ${tokens.access_token}` }
  for (const path of ['/v1/credits/balance', '/v1/trackers', '/v1/session']) {
    expect((await fetch(`${address}${path}`, { headers: authorization })).status, path).toBe(401)
  }
  // Another name of the same server is another audience.
  const elsewhere = (host: string) =>
    house.app.inject({
      ...{ method: 'POST', url: '/mcp', payload: { jsonrpc: '2.0', id: 1, method: 'ping' } },
      headers: { ...authorization, host, accept: 'application/json, text/event-stream' },
    })
  expect((await elsewhere('localhost:4747')).statusCode).toBe(401)
  expect((await elsewhere(new URL(address).host)).statusCode).toBe(200)
  expect((await callTool('x'.repeat(43), 'list_trackers')).status).toBe(401)
  expect((await callTool(tokens.refresh_token, 'list_trackers')).status).toBe(401)
})

test('another company gains nothing from a token', async () => {
  const { tokens } = await connected()
  const other = await house.newCompany({ name: 'Other' })
  const account = (await other.post('/v1/accounts', { name: 'Secret', domains: ['secret.test'] }))
    .body.id
  const asked = await callTool(tokens.access_token, 'ask_account', {
    id: account,
    question: 'Who?',
  })
  expect(asked.result.structuredContent.code).toBe('not-found')
})

test('saying no ends the request, and gives nothing', async () => {
  const { browser } = await person()
  const clientId = String((await register(address)).body.client_id)
  const { path, flow } = beginFlow(address, clientId)
  const { callback, page } = await answerConsent(browser, path, false)
  expect(callback.searchParams.get('error')).toBe('access_denied')
  expect(callback.searchParams.get('state')).toBe(flow.state)
  expect(await integrationOf(clientId)).toBeUndefined()
  expect((await browser.post(`${page}/answer`, { agree: true })).status).toBe(404)
})

test('each request is asked anew, and only on the browser that began it', async () => {
  const { browser, clientId } = await connected()
  const { path } = beginFlow(address, clientId)
  const page = (await browser.get(path)).headers.get('location')!
  expect(page).toMatch(/^\/oauth\/consent\//)
  const lured = await person('member')
  expect((await lured.browser.get(`${page}/request`)).status).toBe(404)
  expect((await lured.browser.post(`${page}/answer`, { agree: true })).status).toBe(404)
  const nobody = browserAt(address)
  expect((await nobody.get(`${page}/request`)).status).toBe(401)
  const evil = await fetch(new URL(`${page}/answer`, address), {
    ...{ method: 'POST', body: '{"agree":true}' },
    headers: {
      ...{ 'content-type': 'application/json', origin: 'https://evil.example' },
      cookie: [...browser.jar].map(([name, { value }]) => `${name}=${value}`).join('; '),
    },
  })
  expect(evil.status).toBe(403)
  expect((await browser.get(`${page}/request`)).status).toBe(200)
})

test('a program that is let in again keeps its integration', async () => {
  const { browser, clientId } = await connected({ scope: 'trackers:read' })
  const before = await integrationOf(clientId)
  const { path, flow } = beginFlow(address, clientId, { scope: 'ai:ask' })
  const { callback } = await answerConsent(browser, path)
  const { body } = await exchange(address, flow, callback.searchParams.get('code')!)
  expect(body.scope).toBe('ai:ask')
  const after = await integrationOf(clientId)
  expect([after.id, after.scopes]).toEqual([before.id, ['trackers:read', 'ai:ask']])
})

test('registering keeps little of what is said, and refuses unsafe redirects', async () => {
  const said = {
    ...{ client_name: 'Evil\u202e name\n', token_endpoint_auth_method: 'client_secret_post' },
    ...{
      redirect_uris: ['cursor://anysphere.cursor/callback'],
      scope: 'admin',
      jwks_uri: 'https://x',
    },
  }
  const { status, body } = await register(address, said)
  expect([status, body]).toEqual([
    201,
    {
      ...{ client_id: expect.stringMatching(/^app_/), client_id_issued_at: expect.any(Number) },
      ...{ client_name: 'Evil name', redirect_uris: said.redirect_uris },
      ...{ application_type: 'native', token_endpoint_auth_method: 'none' },
      ...{ response_types: ['code'], grant_types: ['authorization_code', 'refresh_token'] },
    },
  ])
  const bad = [
    ...[
      ['http://evil.example/cb'],
      ['javascript:alert(1)'],
      ['https://ok.example/#x'],
      ['nonsense'],
    ],
    ...[[], ['https://user@ok.example/cb'], ['data:text/html,x'], undefined],
  ]
  for (const redirect_uris of bad) {
    const refused = await register(address, { redirect_uris })
    expect([refused.status, refused.body.error], String(redirect_uris)).toEqual([
      ...[400, 'invalid_redirect_uri'],
    ])
  }
})

test('from one address only so many programs are registered', async () => {
  const statuses: number[] = []
  for (let i = 0; i < 32; i += 1) statuses.push((await register(address)).status)
  expect(statuses).toEqual([...Array(30).fill(201), 429, 429])
})

test('a client that says who it is at an address of its own is not looked up in our own network', async () => {
  const { browser } = await person()
  for (const id of ['https://127.0.0.1/client', 'https://localhost/client.json']) {
    const answer = await browser.get(beginFlow(address, id).path)
    expect([answer.status, answer.headers.get('location')], id).toEqual([400, null])
  }
})
