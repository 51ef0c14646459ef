import { randomUUID } from 'node:crypto'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Model } from '../../src/ai/model.ts'
import { type House, type HouseSettings, openHouse } from '../../src/house.ts'
import type { Clock } from '../../src/platform/clock.ts'
import { createLog, type Logger } from '../../src/platform/log.ts'
import type { Resolve } from '../../src/platform/outbound.ts'
import { type TestDatabase, testDatabase } from './database.ts'

export interface Answer {
  status: number
  headers: Record<string, string | undefined>
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer holds
  body: any
  text: string
}

export interface RequestOptions {
  /** The Idempotency-Key; a fresh one for each POST unless given, none for null. */
  key?: string | null
  headers?: Record<string, string>
}

/** Speaks to the whole server with one credential. */
export interface TestClient {
  get(
    path: string,
    query?: Record<string, string | number>,
    options?: RequestOptions,
  ): Promise<Answer>
  post(path: string, body?: unknown, options?: RequestOptions): Promise<Answer>
  put(path: string, body?: unknown, options?: RequestOptions): Promise<Answer>
  patch(path: string, body?: unknown, options?: RequestOptions): Promise<Answer>
  del(path: string, options?: RequestOptions): Promise<Answer>
}

export interface TestCompany extends TestClient {
  id: string
  /** Its number inside the database. */
  no: number
  key: string
  keyId: string
  /** The same company by another key. */
  as(key: string): TestClient
}

export interface TestHouse extends House {
  database: TestDatabase
  operator: TestClient
  /** Without a credential, or with the given Authorization header. */
  client(authorization?: string): TestClient
  newCompany(asked?: Record<string, unknown>): Promise<TestCompany>
  /** Runs all jobs that are due, and those they leave, until nothing is left to do. */
  workUntilIdle(): Promise<void>
}

export interface TestHouseOptions {
  clock?: Clock
  /** So many workers run, as they do in a server; none unless given. */
  workers?: number
  /** Who reads for question trackers; the local rules unless given. */
  model?: Model
  /** What differs from the settings of every test. */
  settings?: Partial<HouseSettings>
  /** How the names of webhooks are looked up. */
  resolve?: Resolve
  /** Where it logs to; nowhere unless given. */
  log?: Logger
  /** The database of another house, to be a second server on it; the first one drops it. */
  on?: TestDatabase
}

const OPERATOR_KEY = 'op_only-for-tests-0123456789'

/** The whole product on a fresh database of its own. Every answer is checked against its schema. */
export async function testHouse({
  clock,
  workers = 0,
  model,
  settings,
  resolve,
  log = createLog('silent'),
  on,
}: TestHouseOptions = {}): Promise<TestHouse> {
  const database = on ?? (await testDatabase())
  const house = await openHouse(
    {
      databaseUrl: database.url,
      databasePool: 12,
      operatorKey: OPERATOR_KEY,
      publicUrl: undefined,
      sessions: { idleMs: 30 * 60_000, longestMs: 12 * 3_600_000 },
      ai: { provider: 'local' },
      spoolDir: await mkdtemp(join(tmpdir(), 'sluice-imports-')),
      ...settings,
    },
    {
      ...(clock ? { clock } : {}),
      ...(model ? { model } : {}),
      ...(resolve ? { resolve } : {}),
      log,
      checkAnswers: true,
    },
  )
  if (workers > 0) await house.startWork(workers)
  const client = (authorization?: string) => clientOf(house, authorization)
  const operator = client(`Bearer ${OPERATOR_KEY}`)
  return {
    ...house,
    database,
    operator,
    client,
    async newCompany(asked = {}) {
      const made = await operator.post('/v1/companies', { name: 'Test company', ...asked })
      if (made.status !== 201) throw new Error(`no company: ${made.text}`)
      const { id, apiKey } = made.body
      const { rows } = await database.asOwner('select id from company where public_id = $1', [id])
      const as = (key: string) => client(`Bearer ${key}`)
      return { ...as(apiKey.key), id, no: rows[0].id, key: apiKey.key, keyId: apiKey.id, as }
    },
    async workUntilIdle() {
      for (let busy = true; busy; ) {
        const { rows } = await database.asOwner(
          `select distinct (payload ->> 'companyNo')::int as no, coalesce(p.clock, now()) as now
           from graphile_worker._private_jobs j
           join pool p on p.company_id = (j.payload ->> 'companyNo')::int
           where j.attempts < j.max_attempts
             and case when payload ->> 'dueAt' is null then j.attempts > 0 or j.run_at <= now()
               else (payload ->> 'dueAt')::timestamptz <= p.clock end`,
        )
        for (const { no, now } of rows) await house.queue.drain(no, now)
        busy = rows.length > 0
      }
    },
    async close() {
      await house.close()
      if (!on) await database.drop()
    },
  }
}

function clientOf(house: House, authorization: string | undefined): TestClient {
  async function send(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    body: unknown,
    { key, headers }: RequestOptions & { query?: Record<string, string> } = {},
    query: Record<string, string | number> = {},
  ): Promise<Answer> {
    const sentKey = key === undefined && method === 'POST' ? randomUUID() : key
    const response = await house.app.inject({
      ...{ method, url },
      query: Object.fromEntries(
        Object.entries(query).map(([name, value]) => [name, String(value)]),
      ),
      headers: {
        ...(authorization ? { authorization } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(sentKey ? { 'idempotency-key': sentKey } : {}),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = response.body
    const isJson = /json/.test(String(response.headers['content-type']))
    return {
      status: response.statusCode,
      headers: response.headers as Record<string, string>,
      body: isJson && text !== '' ? JSON.parse(text) : {},
      text,
    }
  }
  return {
    get: (path, query, options) => send('GET', path, undefined, options, query),
    post: (path, body, options) => send('POST', path, body, options),
    put: (path, body, options) => send('PUT', path, body, options),
    patch: (path, body, options) => send('PATCH', path, body, options),
    del: (path, options) => send('DELETE', path, undefined, options),
  }
}
