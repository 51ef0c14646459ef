import { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { type TestDatabase, testDatabase } from '../../tests/kit/database.ts'
import { Problem } from '../kit/problem.ts'
import type { App } from '../platform/app.ts'
import { createLog } from '../platform/log.ts'
import { createMetrics } from '../platform/metrics.ts'
import { answers, text, time } from '../platform/shapes.ts'
import { createServer, type ServerOptions } from './server.ts'

const companyNo = 1
let database: TestDatabase
let app: App
let faults: string[] = []

const Note = z.strictObject({
  text: text(20),
  at: time.optional(),
  waitMs: z.number().int().default(0),
})

/** A product of one route: it leaves a team per note, and fails when it is told to. */
function notes(server: App): void {
  server.post(
    '/notes',
    {
      config: { access: 'data:write' },
      schema: {
        summary: 'Leave a note',
        body: Note,
        response: answers({ 201: z.object({ n: z.number() }) }, 409),
      },
    },
    async (request, reply) => {
      const n = await request.db.company(companyNo, async (tx) => {
        const id = crypto.randomUUID()
        const createdAt = new Date()
        await tx
          .insertInto('team')
          .values({ companyId: companyNo, id, name: 'note', createdAt })
          .execute()
        await sleep(request.body.waitMs)
        if (request.body.text === 'refuse') throw new Problem('conflict', 'Not now.')
        if (request.body.text === 'bug') throw new Error('secret detail at db.internal')
        const rows = await tx.selectFrom('team').select('id').execute()
        return rows.length
      })
      return reply.code(201).send({ n })
    },
  )
  server.get(
    '/notes/:id',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Read a note',
        params: z.strictObject({ id: text(10) }),
        querystring: z.strictObject({ limit: z.coerce.number().int().max(5).optional() }),
      },
    },
    async () => ({}),
  )
  server.get(
    '/database-error/:code',
    { config: { access: 'public' }, schema: { summary: 'Fail', hide: true } },
    async (request) => {
      throw Object.assign(new Error('table "x"'), {
        code: (request.params as { code: string }).code,
      })
    },
  )
}

const options = (): ServerOptions => ({
  db: database.db,
  log: createLog('silent'),
  metrics: createMetrics(),
  faults: async () => faults,
  isHttps: false,
  checkAnswers: true,
  authenticate: async () => ({
    ...{ kind: 'key', companyNo, companyId: 'co_1', integrationId: 'int_1' },
    scopes: ['data:write'],
  }),
  requireOperator: () => {
    throw new Problem('unauthenticated', 'no')
  },
  routes: notes,
})

beforeAll(async () => {
  database = await testDatabase()
  await database.asOwner(
    "insert into company (id, public_id, name, timezone, created_at) values (1, 'co_1', 'One', 'UTC', now())",
  )
  app = await createServer(options())
})
afterAll(async () => {
  await app.close()
  await database.drop()
})

const note = (key: string | undefined, body: unknown = { text: 'hello' }) =>
  app.inject({
    ...{ method: 'POST', url: '/notes' },
    headers: { 'content-type': 'application/json', ...(key ? { 'idempotency-key': key } : {}) },
    payload: typeof body === 'string' ? body : JSON.stringify(body),
  })

const count = async () => (await database.asOwner('select count(*)::int as n from team')).rows[0].n

test('twenty at once under one key have one effect and one answer', async () => {
  const before = await count()
  const all = await Promise.all(
    Array.from({ length: 20 }, () => note('twenty', { text: 'x', waitMs: 50 })),
  )
  expect(all.map(({ statusCode }) => statusCode)).toEqual(all.map(() => 201))
  expect(new Set(all.map(({ body }) => body)).size).toBe(1)
  expect(all.filter(({ headers }) => headers['idempotency-replayed'] === 'true')).toHaveLength(19)
  expect(await count()).toBe(before + 1)
})

test('two servers share the meaning of a key', async () => {
  const other = await createServer(options())
  const before = await count()
  const request = {
    ...({ method: 'POST', url: '/notes' } as const),
    headers: { 'idempotency-key': 'shared' },
    payload: { text: 'x', waitMs: 100 },
  }
  const all = await Promise.all(
    Array.from({ length: 10 }, (_, i) => (i % 2 ? app : other).inject(request)),
  )
  expect(new Set(all.map(({ statusCode, body }) => statusCode + body)).size).toBe(1)
  expect(await count()).toBe(before + 1)
  await other.close()
})

test('a key says the same thing twice, in whatever order its fields come', async () => {
  const first = await note('order', { text: 'a', waitMs: 1 })
  const again = await note('order', '{ "waitMs": 1,   "text": "a" }')
  expect(again.body).toBe(first.body)
  expect(again.headers['x-credits-charged']).toBe('0')
  const other = await note('order', { text: 'b', waitMs: 1 })
  expect(other.json()).toMatchObject({ status: 409, code: 'idempotency-conflict' })
})

test('a refusal is not remembered and leaves nothing', async () => {
  const before = await count()
  for (const body of [{ text: 'refuse' }, { text: 'bug' }, { text: '' }]) {
    expect((await note('later', body)).statusCode).toBeGreaterThanOrEqual(400)
  }
  expect(await count()).toBe(before)
  expect((await note('later')).statusCode).toBe(201)
  expect((await note('later')).headers['idempotency-replayed']).toBe('true')
})

test.each([
  ['in this process', () => app],
  ['in another', () => createServer(options())],
])(
  'a request beside one that takes long %s is told so after three seconds',
  async (_where, find) => {
    const there = await find()
    const key = `long ${_where}`
    const first = there.inject({
      ...({ method: 'POST', url: '/notes', headers: { 'idempotency-key': key } } as const),
      payload: { text: 'x', waitMs: 4000 },
    })
    await sleep(150)
    const begun = performance.now()
    const beside = await note(key, { text: 'x', waitMs: 4000 })
    expect(performance.now() - begun).toBeGreaterThan(2800)
    expect(performance.now() - begun).toBeLessThan(3600)
    expect(beside.json()).toMatchObject({ status: 409, code: 'idempotency-in-progress' })
    expect(beside.headers['retry-after']).toBe('1')
    expect((await first).statusCode).toBe(201)
    if (there !== app) await there.close()
  },
)

test.each([
  ['text', 'not json at all', 400, 'invalid-request', 'body'],
  ['nothing', '', 400, 'invalid-request', 'text'],
  ['half of an object', '{"text":', 400, 'invalid-request', 'body'],
  ['an array', [], 400, 'invalid-request', 'body'],
  ['a missing field', {}, 400, 'invalid-request', 'text'],
  ['an unknown field', { text: 'x', colour: 1 }, 400, 'invalid-request', 'body'],
  ['a wrong type', { text: 7 }, 400, 'invalid-request', 'text'],
  ['too long a text', { text: 'x'.repeat(21) }, 400, 'invalid-request', 'text'],
  ['a NUL', { text: 'a\0b' }, 400, 'invalid-request', 'text'],
  ['half a surrogate pair', '{"text":"\\ud83d"}', 400, 'invalid-request', 'text'],
  ['no time', { text: 'x', at: 'yesterday' }, 400, 'invalid-request', 'at'],
  ['a time without a zone', { text: 'x', at: '2026-01-01T00:00:00' }, 400, 'invalid-request', 'at'],
  ['a time of long ago', { text: 'x', at: '0001-01-01T00:00:00Z' }, 400, 'invalid-request', 'at'],
  ['a prototype', '{"text":"x","__proto__":{"admin":true}}', 400, 'invalid-request', 'body'],
])('%s is refused as a problem that names the fault', async (_what, body, status, code, path) => {
  const refused = await note(undefined, body)
  expect(refused.headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(refused.json()).toMatchObject({ status, code, errors: [{ path }] })
  for (const field of ['type', 'title', 'detail', 'requestId']) {
    expect(refused.json()[field], field).toEqual(expect.stringMatching(/./))
  }
  expect(refused.headers['x-request-id']).toBe(refused.json().requestId)
})

test('too large a body, a strange content type and an unknown place are problems too', async () => {
  const large = await note(undefined, `{"text":"${'x'.repeat(11 * 1024 * 1024)}"}`)
  expect(large.json()).toMatchObject({ status: 413, code: 'payload-too-large' })
  const headers = { 'content-type': 'text/csv' }
  const strange = await app.inject({ method: 'POST', url: '/notes', headers, payload: 'a,b' })
  expect(strange.json()).toMatchObject({ status: 400, errors: [{ path: 'content-type' }] })
  const nowhere = await app.inject('/nowhere?secret=1')
  expect(nowhere.json()).toMatchObject({ status: 404, code: 'not-found' })
  expect(nowhere.body).not.toContain('secret')
})

test('a key of 256 characters is refused', async () => {
  expect((await note('k'.repeat(255))).statusCode).toBe(201)
  const refused = await note('k'.repeat(256))
  expect(refused.json()).toMatchObject({ status: 400, errors: [{ path: 'Idempotency-Key' }] })
})

test('a scope that the caller lacks is named', async () => {
  const refused = await app.inject('/notes/a')
  expect(refused.json()).toMatchObject({ status: 403, code: 'forbidden', scope: 'admin' })
})

test('what goes wrong on our side tells nothing of it', async () => {
  const refused = await note(undefined, { text: 'bug' })
  expect(refused.json()).toMatchObject({ status: 500, code: 'internal-error' })
  expect(refused.body).not.toMatch(/secret|internal\.|server\.test|at /)
})

test.each([
  ['40001', 503],
  ['40P01', 503],
  ['57P01', 503],
  ['53300', 503],
  ['08006', 503],
  ['ECONNREFUSED', 503],
  ['22021', 400],
  ['23514', 500],
  ['42501', 500],
])('the database error %s is a %i', async (code, status) => {
  const refused = await app.inject(`/database-error/${code}`)
  expect(refused.json().status).toBe(status)
  if (status === 503) expect(refused.headers['retry-after']).toBe('1')
  expect(refused.body).not.toContain('table')
})

test('a server with a route that does not say who may call it does not start', async () => {
  const routes = (server: App) => void server.get('/open', async () => 'hello')
  await expect(createServer({ ...options(), routes })).rejects.toThrow(/GET \/open.* who may call/)
})

test('the probes tell how it is', async () => {
  expect((await app.inject('/healthz')).statusCode).toBe(200)
  expect((await app.inject('/readyz')).json()).toEqual({ status: 'ready', faults: [] })
  faults = ['The database cannot be reached.']
  const unready = await app.inject('/readyz')
  expect([unready.statusCode, unready.json().faults]).toEqual([503, faults])
  faults = []
  const metrics = await app.inject('/metrics')
  expect(metrics.headers['content-type']).toMatch(/^text\/plain/)
  expect(metrics.body).toMatch(
    /sluice_http_request_seconds_count\{method="POST",route="\/notes",status="201"\} \d/,
  )
})

test('every answer says that it is nobody else’s to keep, frame or guess at', async () => {
  for (const url of ['/healthz', '/nowhere', '/docs/', '/openapi.json']) {
    const { headers } = await app.inject(url)
    expect(headers['x-content-type-options'], url).toBe('nosniff')
    expect(headers['cache-control'], url).toBe('no-store')
    expect(headers['content-security-policy'], url).toMatch(
      /default-src 'none'.*frame-ancestors 'none'/,
    )
  }
})

test('who is not let in leaves a line in the log', async () => {
  const lines: Record<string, unknown>[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)))
      done()
    },
  })
  let scopes: 'known'[] | undefined
  const authenticate = async () => {
    if (!scopes) throw new Problem('unauthenticated', 'The key is not valid.')
    return {
      kind: 'key',
      companyNo,
      companyId: 'co_1',
      integrationId: 'int_1',
      scopes: [],
    } as never
  }
  const own = await createServer({ ...options(), authenticate, log: pino(stream) })
  const post = () =>
    own.inject({ method: 'POST', url: '/notes', headers: { authorization: 'Bearer slc_stolen' } })
  await own.inject('/healthz')
  expect(lines).toEqual([])
  const refused = await post()
  scopes = []
  await post()
  const where = { msg: 'Not let in', method: 'POST', route: '/notes', address: '127.0.0.1' }
  expect(lines).toMatchObject([
    { ...where, code: 'unauthenticated', reqId: refused.headers['x-request-id'] },
    { ...where, code: 'forbidden' },
  ])
  expect(JSON.stringify(lines)).not.toContain('stolen')
  await own.close()
})
