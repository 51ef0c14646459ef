import type { CompanyNo } from '../../kit/caller.ts'
import { micros } from '../../kit/credits.ts'
import { arrayOf, textArray } from '../../platform/arrays.ts'
import { type Column, layOut } from '../../platform/rows.ts'
import type { Run } from '../../platform/run.ts'
import type { Period, Pool } from '../pool.ts'
import { iso, ms } from './rows.ts'

// Rows go in and out as sets: one statement for all pools of a group. `lateral … limit 1` keeps a lookup a
// lookup, whatever the planner believes of an empty table. What is written is unnested in the select list:
// in `from` each array would be stored before it is read.

interface PoolRow {
  companyNo: number
  seq: bigint
  available: bigint
  held: bigint
  used: bigint
  periodStart: Date | null
  everGranted: boolean
  reached: (Date | null)[]
  exhaustedSeq: bigint | null
  exhaustedAt: Date | null
  lastAt: Date | null
  nextDueAt: Date | null
  clock: Date | null
  grants: number
  configEpoch: number
  stamp: bigint
}

/** Locks the pools, in the order of their numbers, so that two groups never wait for each other. */
export async function lockPools(run: Run, companies: CompanyNo[]): Promise<Pool[]> {
  const rows = await run<PoolRow>(
    'ledger-lock',
    `select company_id as "companyNo", seq, available, held, used, period_start as "periodStart",
       ever_granted as "everGranted", reached, exhausted_seq as "exhaustedSeq", exhausted_at as "exhaustedAt",
       last_at as "lastAt", next_due_at as "nextDueAt", clock, grants, config_epoch as "configEpoch", stamp
     from pool where company_id = any ($1::int[]) order by company_id for no key update`,
    [arrayOf(companies)],
  )
  return rows.map(poolOf)
}

/** A pool as it stands, without its lock. */
export async function readPool(run: Run, companyNo: CompanyNo): Promise<Pool | undefined> {
  const rows = await run<PoolRow>(
    'ledger-read-pool',
    `select company_id as "companyNo", seq, available, held, used, period_start as "periodStart",
       ever_granted as "everGranted", reached, exhausted_seq as "exhaustedSeq", exhausted_at as "exhaustedAt",
       last_at as "lastAt", next_due_at as "nextDueAt", clock, grants, config_epoch as "configEpoch", stamp
     from pool where company_id = $1`,
    [companyNo],
  )
  return rows[0] && poolOf(rows[0])
}

function poolOf(row: PoolRow): Pool {
  return {
    companyNo: row.companyNo,
    seq: Number(row.seq),
    available: micros(row.available),
    held: micros(row.held),
    used: micros(row.used),
    periodStart: ms(row.periodStart),
    everGranted: row.everGranted,
    reached: row.reached.map(ms),
    exhaustedSeq: row.exhaustedSeq === null ? null : Number(row.exhaustedSeq),
    exhaustedAt: ms(row.exhaustedAt),
    lastAt: ms(row.lastAt),
    nextDueAt: ms(row.nextDueAt),
    clock: ms(row.clock),
    grants: row.grants,
    configEpoch: row.configEpoch,
    stamp: row.stamp,
  }
}

/** A pool as a group leaves it. */
export interface PoolChange {
  pool: Pool
  /** The stamp that it was remembered with; null when it is locked, and nobody else can have changed it. */
  remembered: bigint | null
}

const poolColumns: Column<PoolChange>[] = [
  { name: 'c', type: 'int', of: ({ pool }) => pool.companyNo },
  { name: 'remembered', type: 'bigint', of: (change) => change.remembered },
  { name: 'stamp', type: 'bigint', of: ({ pool }) => pool.stamp },
  { name: 'seq', type: 'bigint', of: ({ pool }) => pool.seq },
  { name: 'available', type: 'bigint', of: ({ pool }) => pool.available },
  { name: 'held', type: 'bigint', of: ({ pool }) => pool.held },
  { name: 'used', type: 'bigint', of: ({ pool }) => pool.used },
  { name: 'period_start', type: 'timestamptz', of: ({ pool }) => iso(pool.periodStart) },
  { name: 'ever_granted', type: 'boolean', of: ({ pool }) => pool.everGranted },
  { name: 'reached', type: 'text', of: ({ pool }) => textArray(pool.reached.map(iso)) },
  { name: 'exhausted_seq', type: 'bigint', of: ({ pool }) => pool.exhaustedSeq },
  { name: 'exhausted_at', type: 'timestamptz', of: ({ pool }) => iso(pool.exhaustedAt) },
  { name: 'last_at', type: 'timestamptz', of: ({ pool }) => iso(pool.lastAt) },
  { name: 'next_due_at', type: 'timestamptz', of: ({ pool }) => iso(pool.nextDueAt) },
  { name: 'grants', type: 'int', of: ({ pool }) => pool.grants },
]

/**
 * Writes what has changed of pools. A pool whose stamp is not the one that was remembered was changed by
 * somebody else: its new stamp would be null, which the column does not allow, and the transaction fails.
 */
export async function updatePools(run: Run, changes: PoolChange[]): Promise<void> {
  const { shape, list, values } = layOut(poolColumns, changes)
  await run(
    `ledger-update-pools-${shape}`,
    `update pool p set stamp = case when p.stamp = coalesce(x.remembered, p.stamp) then x.stamp end, seq = x.seq,
       available = x.available, held = x.held, used = x.used, period_start = x.period_start,
       ever_granted = x.ever_granted, reached = x.reached::timestamptz[], exhausted_seq = x.exhausted_seq,
       exhausted_at = x.exhausted_at, last_at = x.last_at, next_due_at = x.next_due_at, grants = x.grants
     from (select ${list}) x where p.company_id = x.c`,
    values,
  )
}

/** The contract years of a pool that have not begun, earliest first. */
export async function readPeriods(run: Run, companyNo: CompanyNo): Promise<Period[]> {
  const rows = await run<{
    startsAt: Date
    endsAt: Date
    allotment: bigint
    reference: string | null
  }>(
    'ledger-periods',
    `select starts_at as "startsAt", ends_at as "endsAt", allotment, reference from period
     where company_id = $1 and begun_at is null order by starts_at`,
    [companyNo],
  )
  return rows.map((row) => ({
    startsAt: row.startsAt.getTime(),
    endsAt: row.endsAt.getTime(),
    allotment: micros(row.allotment),
    reference: row.reference,
  }))
}

/** Lays out a contract year that has not begun. */
export async function upsertPeriod(
  run: Run,
  companyNo: CompanyNo,
  period: { startsAt: Date; endsAt: Date; allotment: bigint; reference: string },
): Promise<void> {
  await run(
    'ledger-upsert-period',
    `insert into period (company_id, starts_at, ends_at, allotment, reference) values ($1, $2, $3, $4, $5)
     on conflict (company_id, starts_at) do update
     set ends_at = excluded.ends_at, allotment = excluded.allotment, reference = excluded.reference
     where period.begun_at is null`,
    [
      companyNo,
      period.startsAt.toISOString(),
      period.endsAt.toISOString(),
      period.allotment,
      period.reference,
    ],
  )
}

/** Companies in real time in whose pools something is due. */
export async function readDuePools(run: Run, until: Date, most: number): Promise<CompanyNo[]> {
  const rows = await run<{ companyNo: number }>(
    'ledger-due-pools',
    'select company_id as "companyNo" from due_pools($1, $2)',
    [until, most],
  )
  return rows.map((row) => row.companyNo)
}
