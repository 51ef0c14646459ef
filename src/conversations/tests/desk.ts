import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestDatabase, testDatabase } from '../../../tests/kit/database.ts'
import { createServer } from '../../http/server.ts'
import type { Caller } from '../../kit/caller.ts'
import type { App } from '../../platform/app.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Tx } from '../../platform/database.ts'
import { createLog } from '../../platform/log.ts'
import { createMetrics } from '../../platform/metrics.ts'
import type { Imports, Removed } from '../deps.ts'
import type { Arrival } from '../items.ts'
import { conversationRoutes } from '../routes.ts'
import { type Importer, openImporter } from '../service/imports.ts'

/** This module alone behind a server, with a company `1` and what it told the others. */
export interface Desk {
  database: TestDatabase
  app: App
  deps: Imports
  importer: Importer
  /** A shared key with every scope. */
  key: Caller
  clock: Clock & { set(at: string): void }
  arrived: Arrival[]
  removed: Removed[]
  /** Somebody who signs in or holds a personal key. */
  member(id: string, visibility?: string, teams?: string[]): Promise<Caller>
  inCompany<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  send(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    url: string,
    body?: unknown,
    as?: Caller,
  ): Promise<Sent>
  upload(type: string, body: string | Buffer, query?: string, key?: string): Promise<Sent>
  close(): Promise<void>
}

export interface Sent {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer holds
  body: any
  headers: Record<string, unknown>
}

export async function openDesk(): Promise<Desk> {
  const database = await testDatabase()
  await database.asOwner(
    `insert into company (id, public_id, name, timezone, created_at) values (1, 'co_1', 'One', 'UTC', now()), (2, 'co_2', 'Two', 'UTC', now())`,
  )
  let now = new Date('2026-06-15T12:00:00Z')
  const clock = {
    now: () => now,
    set(at: string) {
      now = new Date(at)
    },
  }
  const arrived: Arrival[] = []
  const removed: Removed[] = []
  const deps: Imports = {
    db: database.db,
    clock,
    arrivals: [async (_, __, items) => void arrived.push(...items)],
    erasures: [async (_, __, one) => void removed.push(one)],
    priceArrivals: async (_, __, items) => [
      { trackerId: 't', name: 'T', items: items.length, credits: BigInt(items.length) * 100_000n },
    ],
    spoolDir: join(tmpdir(), `sluice-spool-${process.pid}-${randomUUID().slice(0, 8)}`),
    onError: (error) => console.error(error),
  }
  const importer = openImporter(deps)
  const key: Caller = {
    ...{ kind: 'key', companyNo: 1, companyId: 'co_1', scopes: ['admin'], integrationId: 'int_1' },
    access: 'shared',
  }
  const full = key
  let asking = full
  const app = await createServer({
    db: database.db,
    log: createLog('silent'),
    metrics: createMetrics(),
    faults: async () => [],
    isHttps: false,
    checkAnswers: true,
    authenticate: async () => asking,
    requireOperator: () => {},
    routes: (app) => conversationRoutes(app, { ...deps, importer }),
  })
  const send: Desk['send'] = async (method, url, body, as = key) => {
    asking = as
    return sent(
      await app.inject({ method, url, ...(body === undefined ? {} : { payload: body as object }) }),
    )
  }
  return {
    ...{ database, app, deps, importer, key, clock, arrived, removed, send },
    async member(id, visibility = 'all', teams = []) {
      await database.asOwner(
        `insert into member (company_id, id, name, email, role, visibility, created_at) values (1, $1, $1, $2, 'member', $3, now())`,
        [id, `${id}@Ourside.test`, visibility],
      )
      for (const team of teams) {
        await database.asOwner(
          `insert into team (company_id, id, name, created_at) values (1, $1, $1, now()) on conflict do nothing`,
          [team],
        )
        await database.asOwner(`insert into team_member values (1, $1, $2)`, [team, id])
      }
      return {
        kind: 'session',
        companyNo: 1,
        companyId: 'co_1',
        scopes: ['data:read', 'data:write'],
        memberId: id,
        role: 'member',
      }
    },
    inCompany: (work) => database.db.company(1, work),
    async upload(type, body, query = '', key = '') {
      asking = full
      const headers = { 'content-type': type, ...(key ? { 'idempotency-key': key } : {}) }
      return sent(
        await app.inject({ method: 'POST', url: `/v1/import${query}`, payload: body, headers }),
      )
    },
    async close() {
      await importer.close()
      await app.close()
      await database.drop()
    },
  }
}

/** A call in the shape of `POST /v1/calls`. */
export function aCall(id: string, rest: object = {}) {
  return {
    ...{ id, title: `Call ${id}`, startedAt: '2026-06-15T10:00:00Z', durationSeconds: 700 },
    parties: [
      { id: 'rep', name: 'Rea Rep', email: 'Rea@Ourside.test', affiliation: 'company' },
      { id: 'cust', name: 'Cora Customer', email: 'cora@customer.test', affiliation: 'customer' },
    ],
    transcript: [
      { partyId: 'rep', startSeconds: 0, endSeconds: 4, text: 'Hello Cora, thank you.' },
      { partyId: 'cust', startSeconds: 5, endSeconds: 20, text: 'Yes, we have a budget.' },
    ],
    ...rest,
  }
}

/** An email in the shape of `POST /v1/emails`. */
export function anEmail(id: string, rest: object = {}) {
  return {
    ...{
      id,
      messageId: `<${id}@customer.test>`,
      sentAt: '2026-06-15T11:00:00Z',
      subject: `Note ${id}`,
    },
    ...{ from: { name: 'Cora', email: 'cora@customer.test' }, to: [{ email: 'rea@ourside.test' }] },
    body: 'Yes, we have a budget.',
    ...rest,
  }
}

function sent(response: {
  statusCode: number
  body: string
  headers: Record<string, unknown>
}): Sent {
  const { statusCode: status, headers, body } = response
  return { status, headers, body: body ? JSON.parse(body) : undefined }
}
