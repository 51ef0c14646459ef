import type { CompanyNo } from '../../kit/caller.ts'
import type { Lines, Moment } from '../../ledger/pool.ts'
import { arrayOf } from '../../platform/arrays.ts'
import { type Column, layOut } from '../../platform/rows.ts'
import type { Run } from '../../platform/run.ts'

// The statements that keep the roll-up. Like the ledger's own, one serves all pools of a group.

/** A row of the roll-up, or what a group adds to one. */
export interface UsageRow {
  companyNo: CompanyNo
  day: string
  attributionId: number
  refund: boolean
  type: string
  quantity: bigint
  credits: bigint
  requests: number
  firstAt: Moment
  lastAt: Moment
}

/** What is remembered of a company: its zone, and its own prices by version. */
export interface CompanyFacts {
  companyNo: CompanyNo
  timezone: string
  cards: Record<string, Record<string, string>>
}

export async function readFacts(run: Run, companies: CompanyNo[]): Promise<CompanyFacts[]> {
  return run(
    'insight-facts',
    `select c.id as "companyNo", c.timezone,
       coalesce((select jsonb_object_agg(r.no, r.prices) from rate_card r where r.company_id = c.id), '{}') as cards
     from company c where c.id = any ($1::int[])`,
    [arrayOf(companies)],
  )
}

const iso = (at: Moment) => new Date(at).toISOString()

const columns: Column<UsageRow>[] = [
  { name: 'company_id', type: 'int', of: (row) => row.companyNo },
  { name: 'day', type: 'date', of: (row) => row.day },
  { name: 'attribution_id', type: 'int', of: (row) => row.attributionId },
  { name: 'refund', type: 'boolean', of: (row) => row.refund },
  { name: 'type', type: 'text', of: (row) => row.type },
  { name: 'quantity', type: 'bigint', of: (row) => row.quantity },
  { name: 'credits', type: 'bigint', of: (row) => row.credits },
  { name: 'requests', type: 'bigint', of: (row) => row.requests },
  { name: 'first_at', type: 'timestamptz', of: (row) => iso(row.firstAt) },
  { name: 'last_at', type: 'timestamptz', of: (row) => iso(row.lastAt) },
]

/** Adds to the roll-up. Rows come in the order of their keys, so that no two groups wait for each other. */
export async function addUsage(run: Run, rows: UsageRow[]): Promise<void> {
  const { shape, list, values } = layOut(columns, rows)
  await run(
    `insight-add-usage-${shape}`,
    `insert into usage_day as u (${columns.map((column) => column.name)}) select ${list}
     on conflict (company_id, day, attribution_id, refund, type) do update
     set quantity = u.quantity + excluded.quantity, credits = u.credits + excluded.credits,
       requests = u.requests + excluded.requests, last_at = greatest(u.last_at, excluded.last_at)`,
    values,
  )
}

/** Charges, or refunds, of one day that say the same, as the ledger has them. */
export interface LedgerUse {
  day: string
  attributionId: number
  refund: boolean
  rateCard: number
  lines: Lines
  count: number
  credits: bigint
  firstAt: Date
  lastAt: Date
}

/** Everything that was ever charged and charged back, from the ledger itself, by the days of a zone. */
export async function readLedgerUse(
  run: Run,
  companyNo: CompanyNo,
  timezone: string,
): Promise<LedgerUse[]> {
  return run(
    'insight-ledger-use',
    `select day::text, attribution_id as "attributionId", refund, rate_card as "rateCard", lines,
       count(*) filter (where first)::int as count, sum(credits)::bigint as credits,
       min(at) as "firstAt", max(at) as "lastAt"
     from (
       select (e.at at time zone $2)::date as day, e.at, e.type = 5 as refund,
         case when e.type = 5 then -e.credits else e.credits end as credits,
         coalesce(c.attribution_id, e.attribution_id) as attribution_id,
         coalesce(c.rate_card, e.rate_card, 0) as rate_card, coalesce(c.lines, e.lines, '{}') as lines,
         case when e.type = 5 then e.seq = r.seq else e.seq = e.charge_seq end as first
       from ledger_entry e
       -- What was charged stands on the charge's first entry only.
       left join lateral (
         select f.attribution_id, f.rate_card, f.lines from ledger_entry f
         where e.seq <> e.charge_seq and f.company_id = e.company_id and f.seq = e.charge_seq
           and f.at = case when e.type = 5 then e.charge_at else e.at end) c on true
       left join lateral (
         select seq from refund where e.type = 5 and company_id = e.company_id and charge_seq = e.charge_seq) r on true
       where e.company_id = $1 and e.type in (4, 5)) use
     group by 1, 2, 3, 4, 5`,
    [companyNo, timezone],
  )
}

/** The roll-up as it stands, in the order of its keys. */
export async function readAllUsage(run: Run, companyNo: CompanyNo): Promise<UsageRow[]> {
  const rows = await run<
    Omit<UsageRow, 'requests' | 'firstAt' | 'lastAt'> & {
      requests: bigint
      firstAt: Date
      lastAt: Date
    }
  >(
    'insight-all-usage',
    `select company_id as "companyNo", day::text, attribution_id as "attributionId", refund, type, quantity, credits,
       requests, first_at as "firstAt", last_at as "lastAt"
     from usage_day where company_id = $1 order by day, attribution_id, refund, type collate "C"`,
    [companyNo],
  )
  return rows.map((row) => ({
    ...row,
    requests: Number(row.requests),
    firstAt: row.firstAt.getTime(),
    lastAt: row.lastAt.getTime(),
  }))
}

export async function clearUsage(run: Run, companyNo: CompanyNo): Promise<void> {
  await run('insight-clear-usage', 'delete from usage_day where company_id = $1', [companyNo])
}

export interface ScopeOfUse {
  type: 'team' | 'member' | 'integration' | 'feature' | 'instance'
  id: string
}

/** Charged since a moment, the start of a local day, less refunds of those same charges; for one scope. */
export async function readUsedSince(
  run: Run,
  companyNo: CompanyNo,
  scope: ScopeOfUse,
  since: { day: string; at: Date },
): Promise<bigint> {
  const column = {
    team: 'team_id',
    member: 'member_id',
    integration: 'integration_id',
    feature: 'feature',
    instance: 'instance_id',
  }[scope.type]
  const rows = await run<{ used: bigint }>(
    `insight-used-since-${scope.type}`,
    // "is true" keeps the attributions a set to look into, and not a loop around a scan of the days.
    `select (
       coalesce((select sum(u.credits) from usage_day u
         where u.company_id = $1 and u.day >= $3::date and not u.refund
           and (u.attribution_id in (select id from attribution where company_id = $1 and ${column} = $2)) is true), 0)
       - coalesce((select sum(e.credits) from ledger_entry e
         where e.company_id = $1 and e.type = 5 and e.at >= $4 and e.charge_at >= $4
           and (e.attribution_id in (select id from attribution where company_id = $1 and ${column} = $2)) is true), 0)
     )::bigint as used`,
    [companyNo, scope.id, since.day, since.at.toISOString()],
  )
  return rows[0]!.used
}

/**
 * When the newest charges of some attributions were made, a stretch a day, newest first: as many days as
 * it takes for `enough` of them. The newest day may reach up to `to` and beyond, so what is on it does not count.
 */
export async function readSpansOfUse(
  run: Run,
  companyNo: CompanyNo,
  {
    attributions,
    from,
    to,
    enough,
  }: { attributions: readonly number[]; from?: Date | undefined; to: Date; enough: number },
): Promise<{ first: Date; last: Date }[]> {
  return run(
    'insight-spans-of-use',
    `select first, last from (
       select min(first_at) as first, max(last_at) as last,
         sum(sum(requests) filter (where last_at < $4)) over
           (order by day desc rows between unbounded preceding and 1 preceding) as newer
       from usage_day
       where company_id = $1 and attribution_id = any ($2::int[]) and not refund
         and first_at <= $4 and ($3::timestamptz is null or last_at >= $3)
       group by day) days
     where coalesce(newer, 0) < $5
     order by first desc`,
    [companyNo, arrayOf(attributions), from ?? null, to, enough],
  )
}
