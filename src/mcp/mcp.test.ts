import { createHash } from 'node:crypto'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type TestCompany, type TestHouse, testHouse } from '../../tests/kit/house.ts'
import { aCall, anEmail, aTracker, CLOCK, fund, putIn } from '../../tests/kit/samples.ts'
import { createScripted } from '../ai/scripted.ts'
import { tools } from './server.ts'

const model = createScripted()
let house: TestHouse
let company: TestCompany
let account: string
let address: string

beforeAll(async () => {
  house = await testHouse({ model })
  address = await house.app.listen({ port: 0, host: '127.0.0.1' })
})
afterAll(() => house.close())
beforeEach(async () => {
  model.script = {}
  model.calls.length = 0
  company = await house.newCompany({ testClock: CLOCK })
  account = (await company.post('/v1/accounts', { name: 'Theirs', domains: ['theirs.test'] })).body
    .id
})

/** The official client, in either of the protocols. */
async function connect(key: string, mode: 'legacy' | 'auto') {
  const client = new Client(
    { name: 'test', version: '1' },
    mode === 'auto' ? { versionNegotiation: { mode: 'auto' } } : {},
  )
  const headers = { authorization: `Bearer ${key}` }
  await client.connect(
    new StreamableHTTPClientTransport(new URL('/mcp', address), { requestInit: { headers } }),
  )
  return client
}
const call = async (name: string, args: Record<string, unknown> = {}, key = company.key) => {
  const client = await connect(key, 'legacy')
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer holds
  const result = (await client.callTool({ name, arguments: args })) as any
  await client.close()
  return result
}
const question = 'Is there a budget?'
const charges = async () => (await company.get('/v1/credits/charges')).body.data

test.each([
  ['legacy', '2025-11-25'],
  ['auto', '2026-07-28'],
] as const)('the official client is served, %s: protocol %s', async (mode, version) => {
  await fund(company, 10)
  await putIn(company, aCall('long'))
  const client = await connect(company.key, mode)
  expect(client.getServerVersion()?.name).toBe('sluice')
  expect(client.getNegotiatedProtocolVersion()).toBe(version)
  const listed = await client.listTools()
  expect(listed.tools.map(({ name }) => name)).toEqual(tools.map(({ name }) => name))
  const asked = { name: 'ask_account', arguments: { id: account, question } }
  const answer = await client.callTool(asked)
  expect(answer.structuredContent).toMatchObject({ credits: 1, callsSearched: 1 })
  expect(answer._meta?.credits).toEqual({ charged: 1, available: 9 })
  await client.close()
})

test('tools cost what the other doors cost, and charge the tool and the integration', async () => {
  await fund(company, 10)
  const deal = (await company.post('/v1/deals', { name: 'Deal', accountId: account })).body.id
  const section = { title: 'Next', source: 'conversations', question: 'What next?' }
  await company.post('/v1/briefs', { name: 'Daily', sections: [section] })
  await putIn(company, aCall('long'), anEmail('mail', { dealId: deal }))
  const dry = { question, entity: { type: 'account', id: account }, dryRun: true }
  expect((await company.post('/v1/ask', dry)).body.credits).toBe(1.1)
  const estimate = await call('estimate_request', { tool: 'ask_account', id: account })
  expect(estimate.structuredContent).toMatchObject({ credits: 1.1, sufficient: true })
  expect((await call('ask_account', { id: account, question }))._meta.credits.charged).toBe(1.1)
  expect((await call('ask_deal', { id: deal, question }))._meta.credits.charged).toBe(1.1)
  const about = { briefName: 'daily', entityType: 'account', entityId: account }
  const brief = await call('generate_brief', about)
  expect(brief._meta.credits).toEqual({ charged: 1.1, available: 6.7 })
  expect(brief.content[0].text).toContain('Next\nScripted.')
  expect(
    (await charges()).map((one: Record<string, unknown>) => [
      one.feature,
      one.trigger,
      one.integrationId,
    ]),
  ).toEqual(Array(3).fill(['mcp', 'mcp', company.keyId]))
  expect((await charges())[0].instance).toEqual({ id: 'generate_brief', name: 'generate_brief' })
})

test('a refusal is a tool error with its figures, and nothing is charged', async () => {
  await fund(company, 0.5)
  await putIn(company, aCall('long'))
  const short = await call('ask_account', { id: account, question })
  expect(short.isError).toBe(true)
  expect(short.structuredContent).toMatchObject({
    ...{ code: 'insufficient-credits', needed: 1, available: 0.5, held: 0 },
    requestId: expect.stringMatching(/^req_/),
  })
  await fund(company, 5)
  const dear = await call('ask_account', { id: account, question, maxCredits: 0.9 })
  expect(dear.structuredContent).toMatchObject({ code: 'unprocessable', needed: 1 })
  expect((await call('ask_account', { id: 'nowhere', question })).structuredContent.code).toBe(
    'not-found',
  )
  expect((await call('ask_account', { nonsense: true })).isError).toBe(true)
  expect(model.calls).toEqual([])
  expect(await charges()).toEqual([])
})

test('a key of its own makes a second call free, and belongs to the tool and what was asked', async () => {
  await fund(company, 10)
  await putIn(company, aCall('long'))
  const asked = { id: account, question, idempotencyKey: 'mine' }
  const first = await call('ask_account', asked)
  const again = await call('ask_account', asked)
  expect(again.structuredContent).toEqual(first.structuredContent)
  expect(again._meta.credits.charged).toBe(0)
  const other = await call('ask_account', { ...asked, question: 'Another?' })
  expect(other.structuredContent.code).toBe('idempotency-conflict')
  expect(await charges()).toHaveLength(1)
})

test('free tools read balance, use, briefs, trackers and results', async () => {
  await fund(company, 10)
  const tracker = await aTracker(company)
  await putIn(company, aCall('long'))
  await house.workUntilIdle()
  expect((await call('get_credit_balance')).structuredContent).toMatchObject({
    available: 9,
    status: 'ok',
  })
  const [used] = (await call('get_credit_usage', { groupBy: 'feature' })).structuredContent.data
  expect(used).toMatchObject({ key: 'ai_tracker', credits: 1, calls: 1 })
  expect((await call('list_briefs')).structuredContent).toEqual({ data: [], nextCursor: null })
  const [shown] = (await call('list_trackers')).structuredContent.data
  expect(shown).toMatchObject({ id: tracker, status: 'published' })
  const { data } = (await call('get_tracker_results', { trackerId: tracker })).structuredContent
  expect(data[0]).toMatchObject({ itemId: 'long', found: false })
})

test('a key does with tools what it may do elsewhere', async () => {
  const asked = { name: 'Asker', kind: 'mcp', access: 'shared', scopes: ['ai:ask'] }
  const { key } = (await company.post('/v1/integrations', asked)).body
  const balance = await call('get_credit_balance', {}, key)
  expect(balance.structuredContent).toMatchObject({ code: 'forbidden', scope: 'credits:read' })
  expect((await call('ask_account', { id: account, question }, key)).isError).toBeUndefined()
})

test('without a valid key it is 401, and says where to learn more', async () => {
  const send = (headers: Record<string, string>) =>
    fetch(new URL('/mcp', address), {
      method: 'POST',
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
    })
  const none = await send({})
  expect(none.status).toBe(401)
  const metadata = `${address}/.well-known/oauth-protected-resource/mcp`
  const scopes = 'ai:ask ai:brief trackers:read credits:read'
  expect(none.headers.get('www-authenticate')).toBe(
    `Bearer scope="${scopes}", resource_metadata="${metadata}"`,
  )
  const wrong = await send({ authorization: 'Bearer nonsense' })
  expect(wrong.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token", /)
  expect(await (await fetch(metadata)).json()).toMatchObject({
    resource: `${address}/mcp`,
    bearer_methods_supported: ['header'],
  })
  const authorization = `Bearer ${company.key}`
  expect((await send({ authorization, origin: 'https://evil.example' })).status).toBe(403)
  expect((await send({ authorization, origin: 'http://localhost:5173' })).status).toBe(200)
  const get = await fetch(new URL('/mcp', address), { headers: { authorization } })
  expect(get.status).toBe(405)
})

test('a key that asks too fast is told to wait, and others are not', async () => {
  const slow = await testHouse({ model, settings: { mcpPerMinute: 6 }, on: house.database })
  const send = (key: string) =>
    slow.app.inject({
      ...{ method: 'POST', url: '/mcp', payload: { jsonrpc: '2.0', id: 1, method: 'ping' } },
      headers: {
        ...{
          authorization: `Bearer ${key}`,
          host: 'localhost',
          'content-type': 'application/json',
        },
        accept: 'application/json, text/event-stream',
      },
    })
  expect((await send(company.key)).statusCode).toBe(200)
  const refused = await send(company.key)
  expect([refused.statusCode, refused.json().code]).toEqual([429, 'rate-limited'])
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  const other = await house.newCompany()
  expect((await send(other.key)).statusCode).toBe(200)
  await slow.close()
})

test('what tools say of themselves is ours, plain, and the same for everybody', () => {
  const said = tools.map(({ name, title, description }) => ({ name, title, description }))
  // Control and format characters can hide orders to a model; line breaks are not needed either.
  expect(JSON.stringify(said)).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  const pinned = createHash('sha256').update(JSON.stringify(said)).digest('hex')
  expect(pinned.slice(0, 16)).toMatchInlineSnapshot(`"c9df6d0192adb3ba"`)
})
