import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type TestCompany, type TestHouse, testHouse } from '../../tests/kit/house.ts'
import { type HttpSink, httpSink, type ReceivedRequest } from '../../tests/kit/http-sink.ts'

let house: TestHouse
let strict: TestHouse
let sink: HttpSink
let company: TestCompany
beforeAll(async () => {
  house = await testHouse({ workers: 4, settings: { outboundPrivate: true } })
  strict = await testHouse({
    workers: 2,
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
  })
})
afterAll(async () => {
  await house.close()
  await strict.close()
})
beforeEach(async () => {
  sink = await httpSink()
  company = await house.newCompany()
})
afterEach(() => sink.close())

const every = [
  ...['credits.threshold', 'credits.exhausted', 'credits.granted'],
  ...['tracker.stopped', 'tracker.resumed', 'budget.reached'],
]
const fund = (credits: number, by = company) =>
  by.post('/v1/credits/grants', { source: 'purchased', credits })
const spend = (count: number, by = company) =>
  by.post('/v1/credits/charges', {
    items: Array.from({ length: count }, () => ({ type: 'call', durationSeconds: 700 })),
    feature: 'x',
  })
const makeHook = async (events: string[] = every, by = company) => {
  const made = await by.post('/v1/webhooks', { url: `${sink.url}/hook`, events })
  expect(made.status, made.text).toBe(201)
  return made.body as { id: string; secret: string }
}
const deliveries = async (id: string, by = company) =>
  (await by.get(`/v1/webhooks/${id}/deliveries`)).body.data
const bodies = () => sink.received.map(({ body }) => JSON.parse(body))
const headersOf = ({ headers }: ReceivedRequest) => headers as Record<string, string>

test('events arrive signed, thin and numbered', async () => {
  const { id, secret } = await makeHook()
  await fund(10)
  await spend(10)
  await expect.poll(() => sink.received.length).toBe(3)
  const verifier = new Webhook(secret)
  for (const request of sink.received) {
    verifier.verify(request.body, headersOf(request))
    expect(() => verifier.verify(`${request.body} `, headersOf(request))).toThrow()
    expect(request.body.length).toBeLessThan(1_000)
  }
  const byType = Object.fromEntries(bodies().map((body) => [body.type, body]))
  expect(Object.keys(byType).sort()).toEqual([
    ...['credits.exhausted', 'credits.granted', 'credits.threshold'],
  ])
  const balance = (await company.get('/v1/credits/balance')).body
  expect(byType['credits.threshold']).toMatchObject({
    timestamp: expect.stringMatching(/Z$/),
    data: { companyId: company.id, seq: balance.seq, percent: 100, cause: 'charge' },
  })
  expect(byType['credits.granted'].data.grantId).toMatch(/^grt_/)
  await expect
    .poll(async () => (await deliveries(id)).map(({ status }: { status: string }) => status))
    .toEqual(Array(3).fill('delivered'))
  expect((await deliveries(id)).map((one: { id: string }) => one.id).sort()).toEqual(
    sink.received.map((request) => headersOf(request)['webhook-id']).sort(),
  )
  expect((await company.get('/v1/webhooks')).text).not.toContain('whsec_')
  expect((await company.get('/v1/audit')).text).not.toContain(secret)
})

test('after a change of the secret the old one and the new one both verify', async () => {
  const { id, secret } = await makeHook(['credits.granted'])
  const rotated = await company.post(`/v1/webhooks/${id}/rotate`)
  expect(rotated.body.secret).not.toBe(secret)
  await fund(10)
  await expect.poll(() => sink.received.length).toBe(1)
  const [request] = sink.received as [ReceivedRequest]
  new Webhook(secret).verify(request.body, headersOf(request))
  new Webhook(rotated.body.secret).verify(request.body, headersOf(request))
  const another = `whsec_${Buffer.alloc(32).toString('base64')}`
  expect(() => new Webhook(another).verify(request.body, headersOf(request))).toThrow()
})

test('only the events that were asked for are sent, and none while it is off', async () => {
  const { id } = await makeHook(['credits.granted'])
  await fund(10)
  await spend(10)
  await expect.poll(() => sink.received.length).toBe(1)
  const off = await company.patch(`/v1/webhooks/${id}`, { enabled: false })
  expect(off.body).toMatchObject({ enabled: false, disabledReason: 'by_hand' })
  await fund(10)
  await company.patch(`/v1/webhooks/${id}`, { enabled: true, events: ['credits.threshold'] })
  await new Promise((done) => setTimeout(done, 500))
  expect(bodies().map(({ type }) => type)).toEqual(['credits.granted'])
  expect((await company.del(`/v1/webhooks/${id}`)).status).toBe(204)
  expect((await company.get(`/v1/webhooks/${id}`)).status).toBe(404)
})

test('an address that says it is gone is switched off, and the admins are told', async () => {
  await company.post('/v1/members', { name: 'T', email: 't@gone.test', role: 'tech_admin' })
  sink.answer = (response) => void response.writeHead(410).end()
  const { id } = await makeHook()
  await fund(10)
  await expect
    .poll(async () => (await company.get(`/v1/webhooks/${id}`)).body)
    .toMatchObject({ enabled: false, disabledReason: 'gone' })
  await expect
    .poll(async () => (await company.get('/v1/mails')).body.data)
    .toMatchObject([{ kind: 'webhook_disabled', to: 't@gone.test' }])
  const [notice] = (await company.get('/v1/notifications')).body.data
  expect(notice).toMatchObject({ kind: 'webhook_disabled', webhookId: id, reason: 'gone' })
  expect((await company.get('/v1/audit', { objectType: 'webhook' })).body.data[0]).toMatchObject({
    ...{ actor: 'system', action: 'webhook.change', objectId: id },
    ...{ before: { disabled: null }, after: { disabled: 'gone' } },
  })
  await spend(10)
  await new Promise((done) => setTimeout(done, 500))
  expect(sink.received).toHaveLength(1)
})

test.each([
  ['a busy receiver is left alone as long as it asks', 429, { 'retry-after': '600' }, 600],
  ['a broken receiver is tried again after some seconds', 500, {}, 5],
  ['a redirect is a failure', 302, { location: 'http://127.0.0.1:1/' }, 5],
])('%s', async (_what, status, headers, seconds) => {
  sink.answer = (response) => void response.writeHead(status, headers).end('<b>no</b>')
  const { id } = await makeHook()
  const begun = Date.now()
  await fund(10)
  await expect.poll(async () => (await deliveries(id))[0]?.attempts).toBe(1)
  const [delivery] = await deliveries(id)
  expect(delivery).toMatchObject({
    status: 'queued',
    responseStatus: status,
    response: '<b>no</b>',
  })
  const wait = (Date.parse(delivery.nextAt) - begun) / 1000
  expect(wait).toBeGreaterThan(seconds * 0.89)
  expect(wait).toBeLessThan(seconds * 1.1 + 3)
  expect((await company.get(`/v1/webhooks/${id}`)).body.enabled).toBe(true)
})

test('the next try has the same id and a signature of its own time', async () => {
  sink.answer = (response) => {
    response.writeHead(sink.received.length === 1 ? 503 : 204).end()
  }
  const { id, secret } = await makeHook()
  await fund(10)
  await expect.poll(() => sink.received.length, { timeout: 12_000 }).toBe(2)
  const [first, next] = sink.received.map(headersOf) as [
    Record<string, string>,
    Record<string, string>,
  ]
  expect(next['webhook-id']).toBe(first['webhook-id'])
  expect(Number(next['webhook-timestamp'])).toBeGreaterThan(Number(first['webhook-timestamp']))
  for (const request of sink.received) new Webhook(secret).verify(request.body, headersOf(request))
  await expect
    .poll(async () => (await deliveries(id))[0])
    .toMatchObject({ status: 'delivered', attempts: 2, error: null })
}, 20_000)

test('on a test clock the tries follow at once; the last one switches the webhook off', async () => {
  const still = await house.newCompany({ testClock: '2026-01-01T00:00:00Z' })
  sink.answer = (response) => void response.writeHead(500).end()
  const { id } = await makeHook(['credits.granted'], still)
  await fund(10, still)
  await still.post('/v1/test-clock/advance', { to: '2026-01-02T00:00:00Z' })
  const [delivery] = await deliveries(id, still)
  expect(delivery).toMatchObject({ status: 'failed', attempts: 7, responseStatus: 500 })
  const hook = (await still.get(`/v1/webhooks/${id}`)).body
  expect(hook).toMatchObject({ enabled: false, disabledReason: 'failing' })
  expect(new Set(sink.received.map((one) => headersOf(one)['webhook-id'])).size).toBe(1)

  sink.answer = (response) => void response.writeHead(204).end()
  await still.patch(`/v1/webhooks/${id}`, { enabled: true })
  const again = await still.post(`/v1/webhooks/${id}/deliveries/${delivery.id}/retry`)
  expect(again.body).toMatchObject({ id: delivery.id, status: 'queued' })
  await still.post('/v1/test-clock/advance', { to: '2026-01-02T00:00:00Z' })
  expect(await deliveries(id, still)).toMatchObject([
    { status: 'delivered', deliveredAt: '2026-01-02T00:00:00.000Z' },
  ])
})

test('addresses inside are refused when they are given, and names that lead inside when they are used', async () => {
  const outside = await strict.newCompany()
  const urls = ['http://example.com/', 'https://127.0.0.1/', 'https://[::ffff:127.0.0.1]/', 'x']
  for (const url of urls) {
    const made = await outside.post('/v1/webhooks', { url, events: every })
    expect(made.status, url).toBe(422)
    expect(made.body.errors[0].path).toBe('url')
  }
  const { port } = new URL(sink.url)
  const made = await outside.post('/v1/webhooks', {
    ...{ url: `https://inside.example:8443/?${port}`, events: every },
  })
  await fund(10, outside)
  await expect
    .poll(async () => (await deliveries(made.body.id, outside))[0])
    .toMatchObject({ attempts: 1, status: 'queued', error: expect.stringContaining('not public') })
  expect(sink.received).toHaveLength(0)
})

test('what belongs to another company does not exist', async () => {
  const { id } = await makeHook()
  const other = await house.newCompany()
  expect((await other.get(`/v1/webhooks/${id}`)).status).toBe(404)
  expect((await other.post(`/v1/webhooks/${id}/rotate`)).status).toBe(404)
  expect((await other.get(`/v1/webhooks/${id}/deliveries`)).status).toBe(404)
  expect((await other.get('/v1/webhooks')).body.data).toEqual([])
})

test('of many that are added at once, no more stay than there may be', async () => {
  const company = await house.newCompany()
  const asked = { url: 'https://hooks.example/x', events: ['credits.threshold'] }
  const all = await Promise.all(
    Array.from({ length: 26 }, () => company.post('/v1/webhooks', asked)),
  )
  expect(all.filter(({ status }) => status === 201)).toHaveLength(20)
  expect(all.filter(({ status }) => status === 409)).toHaveLength(6)
})
