import type { CompanyNo } from '../../kit/caller.ts'
import type { Source } from '../../ledger/pool.ts'
import { textArray } from '../../platform/arrays.ts'
import type { Run } from '../../platform/run.ts'
import type { Days } from '../range.ts'

/** One line of the usage report. */
export interface UsageLine {
  day: string
  feature: string
  instanceId: string
  action: string
  refund: boolean
  integrationId: string
  memberId: string
  instanceName: string | null
  integrationName: string | null
  /** Quantities by price class, as texts. */
  quantities: Record<string, string>
  credits: bigint
  requests: bigint
}

/** Lines of some days in their order; after a line, at most so many. */
export async function readUsageLines(
  run: Run,
  companyNo: CompanyNo,
  days: Days,
  after: UsageLine | undefined,
  most: number,
): Promise<UsageLine[]> {
  const place = after
    ? [
        after.day,
        after.feature,
        after.instanceId,
        after.action,
        after.refund,
        after.integrationId,
        after.memberId,
      ]
    : []
  return run(
    after ? 'insight-usage-lines-after' : 'insight-usage-lines',
    `select l.*, i.name as "integrationName" from (
       select day::text, feature, instance as "instanceId", action, refund, integration as "integrationId",
         member as "memberId", max(name) as "instanceName", jsonb_object_agg(type, quantity::text) as quantities,
         sum(credits)::bigint as credits, sum(requests)::bigint as requests
       from (
         select u.day, a.feature, coalesce(a.instance_id, '') as instance, u.refund,
           case when u.refund then 'refund' else a.trigger end as action,
           coalesce(a.integration_id, '') as integration, coalesce(a.member_id, '') as member,
           u.type, max(a.instance_name) as name, sum(u.quantity) as quantity, sum(u.credits) as credits,
           sum(u.requests) as requests
         from usage_day u join attribution a on a.company_id = u.company_id and a.id = u.attribution_id
         where u.company_id = $1 and u.day >= $2::date and u.day < $3::date
         group by 1, 2, 3, 4, 5, 6, 7, 8) by_type
       ${after ? 'where (day, feature, instance, action, refund, integration, member) > ($5::date, $6::text, $7::text, $8::text, $9::boolean, $10::text, $11::text)' : ''}
       group by day, feature, instance, action, refund, integration, member
       order by day, feature, instance, action, refund, integration, member limit $4) l
     left join integration i on i.company_id = $1 and i.id = l."integrationId"
     order by day, feature, "instanceId", action, refund, "integrationId", "memberId"`,
    [companyNo, days.from, days.to, most, ...place],
  )
}

/** How a pool stood at the end of a day, by the last entry before that. */
export interface Standing {
  available: bigint
  held: bigint
  used: bigint
}

/** How the pool stood right before each of some moments; undefined before its first entry. */
export async function readStandings(
  run: Run,
  companyNo: CompanyNo,
  moments: Date[],
): Promise<(Standing | undefined)[]> {
  const rows = await run<Standing & { n: bigint }>(
    'insight-standings',
    `select x.n, e.available_after as available, e.held_after as held,
       -- A contract year that brought nothing began without an entry.
       case when exists (select from period p where p.company_id = $1 and p.begun_at is not null
         and p.starts_at > e.at and p.starts_at < x.at) then 0 else e.used_after end as used
     from unnest($2::timestamptz[]) with ordinality x(at, n)
     cross join lateral (
       select at, available_after, held_after, used_after from ledger_entry
       where company_id = $1 and at < x.at order by at desc, seq desc limit 1) e`,
    [companyNo, textArray(moments.map((at) => at.toISOString()))],
  )
  const found = new Map(rows.map((row) => [Number(row.n) - 1, row]))
  return moments.map((_, i) => found.get(i))
}

/** What was granted (1), refunded (5), expired (6) and voided (7) between each moment and the next. */
export async function readMovements(
  run: Run,
  companyNo: CompanyNo,
  moments: Date[],
): Promise<{ n: number; type: number; credits: bigint }[]> {
  return run(
    'insight-movements',
    `select width_bucket(at, $2::timestamptz[]) - 1 as n, type, sum(credits)::bigint as credits from ledger_entry
     where company_id = $1 and type in (1, 5, 6, 7) and at >= $3 and at < $4 group by 1, 2`,
    [
      companyNo,
      textArray(moments.map((at) => at.toISOString())),
      moments[0]!.toISOString(),
      moments.at(-1)!.toISOString(),
    ],
  )
}

/** What was charged on each day, refunds not taken off. */
export async function readConsumed(
  run: Run,
  companyNo: CompanyNo,
  days: Days,
): Promise<Map<string, bigint>> {
  const rows = await run<{ day: string; credits: bigint }>(
    'insight-consumed',
    `select day::text, sum(credits)::bigint as credits from usage_day
     where company_id = $1 and day >= $2::date and day < $3::date and not refund group by 1`,
    [companyNo, days.from, days.to],
  )
  return new Map(rows.map(({ day, credits }) => [day, credits]))
}

/** A grant as the purchase history shows it. */
export interface Purchase {
  createdAt: Date
  source: Source
  credits: bigint
  effectiveAt: Date
  expiresAt: Date | null
  remaining: bigint
  reference: string | null
  grantedBy: string | null
}

/** The grants made between two moments, oldest first. */
export async function readPurchases(
  run: Run,
  companyNo: CompanyNo,
  from: Date,
  to: Date,
): Promise<Purchase[]> {
  return run(
    'insight-purchases',
    `select created_at as "createdAt", source, amount as credits, effective_at as "effectiveAt",
       expires_at as "expiresAt", available + held as remaining, reference, granted_by as "grantedBy"
     from credit_grant where company_id = $1 and created_at >= $2 and created_at < $3 order by no`,
    [companyNo, from.toISOString(), to.toISOString()],
  )
}
