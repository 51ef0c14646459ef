import type pg from 'pg'
import { keyOf } from '../../src/charges/key.ts'
import { openUsageRollUp } from '../../src/insight/service/roll-up.ts'
import { type Credits, credits } from '../../src/kit/credits.ts'
import type { Outcome } from '../../src/ledger/commands.ts'
import type { Attribution } from '../../src/ledger/pool.ts'
import { type Ledger, openLedger } from '../../src/ledger/service/ledger.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { connectionSettings, type Database, openDatabase } from '../../src/platform/database.ts'
import { createLog } from '../../src/platform/log.ts'

/** The ledger as a server opens it, without the server around it. */
export interface BenchLedger {
  db: Database
  ledger: Ledger
  close(): Promise<void>
}

export function openBenchLedger(url: string): BenchLedger {
  const db = openDatabase({ url })
  const connection = connectionSettings(url, 1) as pg.ClientConfig
  const companions = [openUsageRollUp()]
  const log = createLog('error')
  const ledger = openLedger({ db, clock: systemClock, log, connection, companions })
  return {
    db,
    ledger,
    async close() {
      await ledger.close()
      await db.close()
    },
  }
}

/** A company with a pool that cannot run dry. */
export interface BenchPool {
  no: number
  attribution: Attribution
}

const GRANTS = 3
let lastCompany = 0

/** Founds companies, each with a pool of three large grants and something to charge for. */
export async function makePools(
  { ledger }: BenchLedger,
  owner: pg.Pool,
  count: number,
): Promise<BenchPool[]> {
  const { rows } = await owner.query<{ id: number }>(
    `insert into company (public_id, name, timezone, created_at)
     select 'co_bench' || g, 'Bench ' || g, 'UTC', now() from generate_series($1::int, $2::int) g returning id`,
    [lastCompany + 1, lastCompany + count],
  )
  lastCompany += count
  const numbers = rows.map((row) => row.id)
  await owner.query('insert into pool (company_id) select unnest($1::int[])', [numbers])
  return Promise.all(
    numbers.map(async (no) => {
      for (let grant = 1; grant <= GRANTS; grant++) {
        const asked = {
          source: 'purchased' as const,
          amount: credits(900_000_000),
          effectiveAt: Date.now(),
          expiresAt: Date.now() + grant * 86_400_000,
          reference: null,
          reason: null,
          grantedBy: null,
        }
        await ledger.submit({ companyNo: no, asked: { kind: 'grant', grant: asked } })
      }
      return { no, attribution: await ledger.attribute(no, FOR) }
    }),
  )
}

const FOR = {
  feature: 'ai_tracker',
  instanceId: null,
  instanceName: null,
  trigger: 'api',
  integrationId: 'int_bench',
  memberId: null,
  teamId: null,
}

export const PRICE: Credits = credits(0.1)
export const LINES = { email: 1 }

/** Charges an email under a fresh key, as the charge route does once it has read its request. */
export async function chargeEmail(
  { ledger }: BenchLedger,
  pool: BenchPool,
  key: string,
): Promise<Outcome> {
  const outcome = await ledger.submit({
    companyNo: pool.no,
    key: keyOf(
      'int_bench',
      'charge',
      key,
      'POST /v1/credits/charges\n{"items":[{"type":"email"}]}',
    ),
    epoch: 0,
    asked: {
      kind: 'charge',
      priced: { credits: PRICE, lines: LINES, rateCard: 0, attribution: pool.attribution },
    },
  })
  if (outcome.kind !== 'charge') throw new Error(`a charge ended as ${outcome.kind}`)
  return outcome
}

const CAPTURED = { credits: PRICE, lines: LINES, ends: true }

/** Sets the price of an email aside; gives the hold's number. */
export async function holdEmail(
  { ledger }: BenchLedger,
  pool: BenchPool,
  key: string,
): Promise<number> {
  const outcome = await ledger.submit({
    companyNo: pool.no,
    key: keyOf('int_bench', 'hold', key, 'POST /v1/credits/holds\n{"items":[{"type":"email"}]}'),
    epoch: 0,
    asked: {
      kind: 'hold',
      ttlMs: 600_000,
      priced: { credits: PRICE, lines: LINES, rateCard: 0, attribution: pool.attribution },
    },
  })
  if (outcome.kind !== 'hold') throw new Error(`a hold ended as ${outcome.kind}`)
  return outcome.hold.id
}

/** Charges what was set aside. */
export async function captureEmail(
  { ledger }: BenchLedger,
  pool: BenchPool,
  key: string,
  holdId: number,
): Promise<Outcome> {
  const outcome = await ledger.submit({
    companyNo: pool.no,
    key: keyOf(
      'int_bench',
      'capture',
      key,
      'POST /v1/credits/holds/capture\n{"items":[{"type":"email"}]}',
    ),
    asked: { kind: 'capture', holdId, publicId: String(holdId), capture: CAPTURED },
  })
  if (outcome.kind !== 'capture') throw new Error(`a capture ended as ${outcome.kind}`)
  return outcome
}
