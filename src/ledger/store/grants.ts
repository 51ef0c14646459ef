import type { CompanyNo } from '../../kit/caller.ts'
import { micros } from '../../kit/credits.ts'
import { arrayOf } from '../../platform/arrays.ts'
import { type Column, layOut } from '../../platform/rows.ts'
import type { Run } from '../../platform/run.ts'
import { type Grant, isLive, type Source } from '../pool.ts'
import { iso, ms, type Owned } from './rows.ts'

interface GrantRow {
  companyNo: number
  no: number
  source: Source
  amount: bigint
  available: bigint
  held: bigint
  consumed: bigint
  expired: bigint
  voided: bigint
  voidOwed: bigint
  effectiveAt: Date
  expiresAt: Date | null
  entered: boolean
  reference: string | null
  reason: string | null
  grantedBy: string | null
  createdAt: Date
}

const grantColumns = `g.company_id as "companyNo", g.no, g.source, g.amount, g.available, g.held, g.consumed,
  g.expired, g.voided, g.void_owed as "voidOwed", g.effective_at as "effectiveAt", g.expires_at as "expiresAt",
  g.entered, g.reference, g.reason, g.granted_by as "grantedBy", g.created_at as "createdAt"`

/** The grants of these pools that may still be drawn, expire or begin. */
export async function readLiveGrants(run: Run, companies: CompanyNo[]): Promise<Owned<Grant>[]> {
  const rows = await run<GrantRow>(
    'ledger-grants',
    `select ${grantColumns} from credit_grant g where g.company_id = any ($1::int[]) and g.live`,
    [arrayOf(companies)],
  )
  return rows.map(grantOf)
}

/** Grants by number, live or not. */
export async function readGrants(run: Run, wanted: Owned<number>[]): Promise<Owned<Grant>[]> {
  const rows = await run<GrantRow>(
    'ledger-grants-by-no',
    `select ${grantColumns} from unnest($1::int[], $2::int[]) x(c, n)
     cross join lateral (select * from credit_grant where company_id = x.c and no = x.n limit 1) g`,
    [arrayOf(wanted.map((one) => one.companyNo)), arrayOf(wanted.map((one) => one.it))],
  )
  return rows.map(grantOf)
}

function grantOf(row: GrantRow): Owned<Grant> {
  return {
    companyNo: row.companyNo,
    it: {
      no: row.no,
      source: row.source,
      amount: micros(row.amount),
      available: micros(row.available),
      held: micros(row.held),
      consumed: micros(row.consumed),
      expired: micros(row.expired),
      voided: micros(row.voided),
      voidOwed: micros(row.voidOwed),
      effectiveAt: row.effectiveAt.getTime(),
      expiresAt: ms(row.expiresAt),
      entered: row.entered,
      reference: row.reference,
      reason: row.reason,
      grantedBy: row.grantedBy,
      createdAt: row.createdAt.getTime(),
    },
  }
}

const counters: Column<Owned<Grant>>[] = [
  { name: 'company_id', type: 'int', of: (grant) => grant.companyNo },
  { name: 'no', type: 'int', of: ({ it }) => it.no },
  { name: 'available', type: 'bigint', of: ({ it }) => it.available },
  { name: 'held', type: 'bigint', of: ({ it }) => it.held },
  { name: 'consumed', type: 'bigint', of: ({ it }) => it.consumed },
  { name: 'expired', type: 'bigint', of: ({ it }) => it.expired },
  { name: 'voided', type: 'bigint', of: ({ it }) => it.voided },
  { name: 'void_owed', type: 'bigint', of: ({ it }) => it.voidOwed },
  { name: 'entered', type: 'boolean', of: ({ it }) => it.entered },
  { name: 'live', type: 'boolean', of: ({ it }) => isLive(it) },
]

const grantFacts: Column<Owned<Grant>>[] = [
  { name: 'source', type: 'text', of: ({ it }) => it.source },
  { name: 'amount', type: 'bigint', of: ({ it }) => it.amount },
  { name: 'effective_at', type: 'timestamptz', of: ({ it }) => iso(it.effectiveAt) },
  { name: 'expires_at', type: 'timestamptz', of: ({ it }) => iso(it.expiresAt) },
  { name: 'reference', type: 'text', of: ({ it }) => it.reference },
  { name: 'reason', type: 'text', of: ({ it }) => it.reason },
  { name: 'granted_by', type: 'text', of: ({ it }) => it.grantedBy },
  { name: 'created_at', type: 'timestamptz', of: ({ it }) => iso(it.createdAt) },
]

/** Adds grants. */
export async function insertGrants(run: Run, grants: Owned<Grant>[]): Promise<void> {
  const columns = [...counters, ...grantFacts]
  const { shape, list, values } = layOut(columns, grants)
  await run(
    `ledger-insert-grants-${shape}`,
    `insert into credit_grant (${columns.map((column) => column.name)}) select ${list}`,
    values,
  )
}

/** Writes what has changed of grants: their counters, and whether they began. */
export async function updateGrants(run: Run, grants: Owned<Grant>[]): Promise<void> {
  const { shape, list, values } = layOut(counters, grants)
  await run(
    `ledger-update-grants-${shape}`,
    `update credit_grant g set available = x.available, held = x.held, consumed = x.consumed, expired = x.expired,
       voided = x.voided, void_owed = x.void_owed, entered = x.entered, live = x.live
     from (select ${list}) x where g.company_id = x.company_id and g.no = x.no`,
    values,
  )
}
