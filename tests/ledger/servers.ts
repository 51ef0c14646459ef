import { createHash } from 'node:crypto'
import { pathToFileURL } from 'node:url'
import type pg from 'pg'
import type * as chargeService from '../../src/charges/service/charge.ts'
import type * as grantService from '../../src/charges/service/grants.ts'
import type * as holdService from '../../src/charges/service/holds.ts'
import type * as ruleService from '../../src/charges/service/rules.ts'
import type * as contractService from '../../src/contracts/service.ts'
import type * as rollUpService from '../../src/insight/service/roll-up.ts'
import type { Caller } from '../../src/kit/caller.ts'
import type * as ledgerService from '../../src/ledger/service/ledger.ts'
import type * as readService from '../../src/ledger/service/reads.ts'
import type * as databaseModule from '../../src/platform/database.ts'
import { createLog } from '../../src/platform/log.ts'
import type { Queue } from '../../src/platform/queue.ts'
import type * as testClockService from '../../src/test-clock/service.ts'

/** The verbs of one server on a database: everything that moves credits, without the doors. */
export interface Server {
  deps: ruleService.Deps & { queue: Queue }
  charges: typeof chargeService
  grants: typeof grantService
  holds: typeof holdService
  contracts: typeof contractService
  testClock: typeof testClockService
  reads: typeof readService
  close(): Promise<void>
}

const source = new URL('../../src/', import.meta.url).pathname
const realSource = (path: string) => pathToFileURL(`${source}${path}`).href

/** No schedules and no jobs wait for these companies. */
const noQueue = { drain: async () => {}, nextDueAt: async () => undefined } as unknown as Queue

/** Opens a server's verbs on a database; `url` says where its source is, for one with a bug in it. */
export async function openServer(
  databaseUrl: string,
  url: (path: string) => string = realSource,
  /** More of PostgreSQL's settings for the ledger's connections, as `-c name=value`. */
  settings = '',
): Promise<Server> {
  const load = <Module>(path: string) => import(url(path)) as Promise<Module>
  const { openDatabase, connectionSettings } =
    await load<typeof databaseModule>('platform/database.ts')
  const { openLedger } = await load<typeof ledgerService>('ledger/service/ledger.ts')
  const { openRuleBook } = await load<typeof ruleService>('charges/service/rules.ts')
  const clock = { now: () => new Date() }
  const log = createLog(process.env.TEST_LOG ?? 'silent')
  const db = openDatabase({ url: databaseUrl, connections: 6 })
  const { openUsageRollUp } = await load<typeof rollUpService>('insight/service/roll-up.ts')
  const connection = connectionSettings(databaseUrl, 1)
  connection.options += ` ${settings}`
  const ledger = openLedger({
    db,
    clock,
    log,
    connection: connection as pg.ClientConfig,
    companions: [openUsageRollUp()],
    // Memory is believed whenever there is any, however often another server proves it wrong.
    trustedAfter: 0,
  })
  return {
    deps: { db, ledger, clock, rules: openRuleBook({ db }), queue: noQueue },
    charges: await load('charges/service/charge.ts'),
    grants: await load('charges/service/grants.ts'),
    holds: await load('charges/service/holds.ts'),
    contracts: await load('contracts/service.ts'),
    testClock: await load('test-clock/service.ts'),
    reads: await load('ledger/service/reads.ts'),
    async close() {
      await ledger.close()
      await db.close()
    },
  }
}

let companies = 0

/** A new company on a test clock, made by the owner's hand. */
export async function newCompany(
  asOwner: (text: string, values?: unknown[]) => Promise<{ rows: Record<string, unknown>[] }>,
  { clock, timezone = 'UTC' }: { clock: Date | null; timezone?: string },
): Promise<Caller> {
  const publicId = `com_${createHash('sha256').update(`${process.pid}/${++companies}`).digest('hex').slice(0, 20)}`
  const { rows } = await asOwner(
    `with made as (
       insert into company (public_id, name, timezone, on_test_clock, created_at)
       values ($1, 'Test company', $2, $3, coalesce($4, now())) returning id)
     insert into pool (company_id, clock) select id, $4 from made returning company_id`,
    [publicId, timezone, clock !== null, clock],
  )
  return {
    kind: 'key',
    companyNo: rows[0]!.company_id as number,
    companyId: publicId,
    scopes: ['admin'],
    integrationId: 'int_test',
  }
}
