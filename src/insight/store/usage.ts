import type { Granularity } from '../../kit/calendar.ts'
import type { CompanyNo } from '../../kit/caller.ts'
import type { Source } from '../../ledger/pool.ts'
import { textArray } from '../../platform/arrays.ts'
import type { Run } from '../../platform/run.ts'
import type { Days } from '../range.ts'

export const groupings = [
  'feature',
  'instance',
  'integration',
  'member',
  'team',
  'itemType',
] as const
export type Grouping = (typeof groupings)[number]

const startColumns: Record<Granularity, string> = {
  day: 'u.day',
  week: "date_trunc('week', u.day::timestamp)::date",
  month: "date_trunc('month', u.day::timestamp)::date",
}

const keyColumns: Record<Grouping, string> = {
  feature: 'a.feature',
  instance: 'a.instance_id',
  integration: 'a.integration_id',
  member: 'a.member_id',
  team: 'a.team_id',
  itemType: 'u.type',
}

/** What was used in one stretch of time, for one key, of one price class. */
export interface UsedOfType {
  start: string
  key: string | null
  type: string
  quantity: bigint
  credits: bigint
  requests: bigint
}

/** What use was for; whatever is not named does not matter. */
export interface UsedFor {
  feature?: string | undefined
  instanceId?: string | undefined
  integrationId?: string | undefined
  memberId?: string | undefined
  teamId?: string | undefined
}

/** Use by stretch, key and price class, refunds taken off; at most `most` rows. */
export async function readUsage(
  run: Run,
  companyNo: CompanyNo,
  days: Days,
  granularity: Granularity,
  groupBy: Grouping | undefined,
  { feature, instanceId, integrationId, memberId, teamId }: UsedFor,
  most: number,
): Promise<UsedOfType[]> {
  const key = groupBy ? keyColumns[groupBy] : 'null::text'
  return run(
    '',
    `select ${startColumns[granularity]}::text as start, ${key} as key, u.type,
       sum(u.quantity)::bigint as quantity, sum(u.credits)::bigint as credits, sum(u.requests)::bigint as requests
     from usage_day u join attribution a on a.company_id = u.company_id and a.id = u.attribution_id
     where u.company_id = $1 and u.day >= $2::date and u.day < $3::date
       and ($5::text is null or a.feature = $5)
       and ($6::text is null or a.instance_id = $6)
       and ($7::text is null or a.integration_id = $7)
       and ($8::text is null or a.member_id = $8)
       and ($9::text is null or a.team_id = $9)
     group by 1, 2, 3 order by 1, 2 nulls first, 3 limit $4`,
    [
      ...[companyNo, days.from, days.to, most],
      ...[feature, instanceId, integrationId, memberId, teamId].map((one) => one ?? null),
    ],
  )
}

/** What keys are called, where that is known. */
export async function readNames(
  run: Run,
  companyNo: CompanyNo,
  grouping: Grouping,
  keys: string[],
): Promise<Map<string, string>> {
  if (grouping === 'feature' || grouping === 'itemType' || keys.length === 0) return new Map()
  const text =
    grouping === 'instance'
      ? `select distinct on (instance_id) instance_id as id, instance_name as name from attribution
         where company_id = $1 and instance_id = any ($2::text[]) and instance_name is not null
         order by instance_id, id desc`
      : `select id, name from ${grouping} where company_id = $1 and id = any ($2::text[])`
  const rows = await run<{ id: string; name: string }>('', text, [companyNo, textArray(keys)])
  return new Map(rows.map(({ id, name }) => [id, name]))
}

/** Net use of whole days by feature and price class, for other prices to be tried on. */
export async function readUsageByFeature(
  run: Run,
  companyNo: CompanyNo,
  days: Days,
): Promise<{ feature: string; type: string; quantity: bigint; credits: bigint }[]> {
  return run(
    'insight-by-feature',
    `select a.feature, u.type, sum(u.quantity)::bigint as quantity, sum(u.credits)::bigint as credits
     from usage_day u join attribution a on a.company_id = u.company_id and a.id = u.attribution_id
     where u.company_id = $1 and u.day >= $2::date and u.day < $3::date group by 1, 2 order by 1, 2`,
    [companyNo, days.from, days.to],
  )
}

/** Net credits of each day that has any. */
export async function readDailyCredits(
  run: Run,
  companyNo: CompanyNo,
  days: Days,
): Promise<{ day: string; credits: bigint }[]> {
  return run(
    'insight-daily',
    `select day::text, sum(credits)::bigint as credits from usage_day
     where company_id = $1 and day >= $2::date and day < $3::date group by 1 order by 1`,
    [companyNo, days.from, days.to],
  )
}

/** The first day that anything was used on. */
export async function readFirstDay(run: Run, companyNo: CompanyNo): Promise<string | null> {
  const rows = await run<{ day: string | null }>(
    'insight-first-day',
    'select min(day)::text as day from usage_day where company_id = $1',
    [companyNo],
  )
  return rows[0]?.day ?? null
}

/** The company's zone, and the day it began. */
export async function readCalendar(
  run: Run,
  companyNo: CompanyNo,
): Promise<{ timezone: string; createdAt: Date }> {
  const rows = await run<{ timezone: string; createdAt: Date }>(
    'insight-calendar',
    'select timezone, created_at as "createdAt" from company where id = $1',
    [companyNo],
  )
  return rows[0]!
}

/** The contract years that have not begun, and what they bring. */
export async function readResets(
  run: Run,
  companyNo: CompanyNo,
): Promise<{ startsAt: Date; endsAt: Date; credits: bigint }[]> {
  return run(
    'insight-resets',
    `select starts_at as "startsAt", ends_at as "endsAt", allotment as credits from period
     where company_id = $1 and begun_at is null order by starts_at`,
    [companyNo],
  )
}

/** A grant that may still be drawn, now or later. */
export interface SupplyRow {
  no: number
  source: Source
  effectiveAt: Date
  expiresAt: Date | null
  /** Available and held. */
  left: bigint
}

/** What a pool has and will have by the grants that were made, and whether one ever began. */
export async function readSupplies(
  run: Run,
  companyNo: CompanyNo,
): Promise<{ everGranted: boolean; grants: SupplyRow[] }> {
  const [pool] = await run<{ everGranted: boolean }>(
    'insight-ever-granted',
    'select ever_granted as "everGranted" from pool where company_id = $1',
    [companyNo],
  )
  const grants = await run<SupplyRow>(
    'insight-supplies',
    `select no, source, effective_at as "effectiveAt", expires_at as "expiresAt", available + held as left
     from credit_grant where company_id = $1 and live and available + held > 0`,
    [companyNo],
  )
  return { everGranted: pool?.everGranted ?? false, grants }
}
