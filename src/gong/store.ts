import { type SqlBool, sql } from 'kysely'
import type { ItemType } from '../conversations/items.ts'
import type { Condition, EntityType } from '../conversations/selection.ts'
import type { CompanyNo } from '../kit/caller.ts'
import { arrayOf, textArray } from '../platform/arrays.ts'
import type { Tx } from '../platform/database.ts'
import type { Evidence } from '../trackers/reading.ts'
import type { Definition, Kind } from '../trackers/tracker.ts'
import type { Now, Use } from './pace.ts'

/** What a company has used, kept from others until the transaction ends, and the database's time. */
export async function takeUse(tx: Tx, companyNo: CompanyNo): Promise<{ use: Use; now: Now }> {
  await sql`insert into gong_use (company_id, spaced_to, day, requests)
    values (${companyNo}, 0, '1970-01-01', 0) on conflict do nothing`.execute(tx)
  const { rows } = await sql<Use>`
    select spaced_to, day, requests from gong_use where company_id = ${companyNo} for update`.execute(
    tx,
  )
  // Only now: the wait for the row is over.
  const clock = await sql<Now>`select extract(epoch from at)::float8 * 1000 as ms,
    (at at time zone 'UTC')::date as day from (select clock_timestamp() as at) as clock`.execute(tx)
  return { use: rows[0]!, now: clock.rows[0]! }
}

export async function writeUse(tx: Tx, companyNo: CompanyNo, use: Use): Promise<void> {
  await tx.updateTable('gongUse').set(use).where('companyId', '=', companyNo).execute()
}

/** Items that have a transcript or body. */
export const withContent: Condition = sql<SqlBool>`item.has_content`

/** Calls that one of these members hosted: the first of a call's parties who is a member. */
export function hostedBy(companyNo: CompanyNo, memberIds: readonly string[]): Condition {
  return sql<SqlBool>`(
    select m.id from jsonb_array_elements(item.parties) with ordinality as party (facts, place)
    join member m on m.company_id = ${companyNo} and lower(m.email) = party.facts ->> 'email' and m.removed_at is null
    order by party.place limit 1) = any(${textArray(memberIds)}::text[])`
}

/** The numbers of calls or emails by their own ids. */
export async function numbersOf(
  tx: Tx,
  companyNo: CompanyNo,
  type: ItemType,
  ids: readonly string[],
): Promise<Map<string, bigint>> {
  const { rows } = await sql<{ id: string; no: bigint }>`
    select id, no from item where company_id = ${companyNo} and type = ${type}
      and id = any(${textArray(ids)}::text[]) and deleted_at is null`.execute(tx)
  return new Map(rows.map(({ id, no }) => [id, no]))
}

/** Which members have these addresses. */
export async function membersByEmail(
  tx: Tx,
  companyNo: CompanyNo,
  emails: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await sql<{ id: string; email: string }>`
    select id, lower(email) as email from member where company_id = ${companyNo}
      and removed_at is null and lower(email) = any(${textArray(emails)}::text[])`.execute(tx)
  return new Map(rows.map(({ id, email }) => [email, id]))
}

/** A member as the doors show one. */
export interface User {
  id: string
  name: string
  email: string
  createdAt: Date
}

export async function readUsers(tx: Tx, companyNo: CompanyNo): Promise<User[]> {
  return tx
    .selectFrom('member')
    .select(['id', 'name', 'email', 'createdAt'])
    .where('companyId', '=', companyNo)
    .where('removedAt', 'is', null)
    .orderBy('createdAt')
    .orderBy('id')
    .execute()
}

/** What one tracker found in one call, by its newest version that read it. */
export interface TrackerHits {
  itemNo: bigint
  trackerId: string
  name: string
  kind: Kind
  occurrences: Evidence[]
}

export async function readTrackerHits(
  tx: Tx,
  companyNo: CompanyNo,
  itemNos: readonly bigint[],
): Promise<TrackerHits[]> {
  const { rows } = await sql<TrackerHits>`
    select distinct on (r.item_no, t.name, t.id)
      r.item_no as "itemNo", t.id as "trackerId", t.name, t.kind,
      case when r.found then r.occurrences else '[]' end as occurrences
    from tracker_result r join tracker t on t.company_id = r.company_id and t.id = r.tracker_id
    where r.company_id = ${companyNo} and r.item_no = any(${arrayOf(itemNos)}::bigint[])
    order by r.item_no, t.name, t.id, r.version desc`.execute(tx)
  return rows
}

/** An account or deal as a CRM names it. */
export interface CrmObject {
  type: EntityType
  id: string
  externalId: string | null
  name: string
}

export async function readCrmObjects(
  tx: Tx,
  companyNo: CompanyNo,
  accountIds: readonly string[],
  dealIds: readonly string[],
): Promise<CrmObject[]> {
  const { rows } = await sql<CrmObject>`
    select type, id, external_id as "externalId", name from entity where company_id = ${companyNo}
      and ((type = 'account' and id = any(${textArray(accountIds)}::text[]))
        or (type = 'deal' and id = any(${textArray(dealIds)}::text[])))`.execute(tx)
  return rows
}

export interface KeywordTracker {
  id: string
  name: string
  definition: Definition
  createdBy: string | null
  createdAt: Date
  /** When its definition last changed. */
  updatedAt: Date
}

export async function readKeywordTrackers(tx: Tx, companyNo: CompanyNo): Promise<KeywordTracker[]> {
  const { rows } = await sql<KeywordTracker>`
    select t.id, t.name, t.definition, t.created_by as "createdBy", t.created_at as "createdAt",
      coalesce((select max(v.created_at) from tracker_version v
        where v.company_id = t.company_id and v.tracker_id = t.id), t.created_at) as "updatedAt"
    from tracker t where t.company_id = ${companyNo} and t.kind = 'keyword'
    order by t.created_at, t.id`.execute(tx)
  return rows
}

export interface BriefTemplate {
  id: string
  name: string
  status: string
  createdBy: string | null
  creator: string | null
  createdAt: Date
  updatedAt: Date
}

export async function readBriefTemplates(tx: Tx, companyNo: CompanyNo): Promise<BriefTemplate[]> {
  const { rows } = await sql<BriefTemplate>`
    select b.id, b.name, b.status, b.created_by as "createdBy", m.name as creator,
      b.created_at as "createdAt", b.updated_at as "updatedAt"
    from brief b left join member m on m.company_id = b.company_id and m.id = b.created_by
    where b.company_id = ${companyNo} order by b.created_at, b.id`.execute(tx)
  return rows
}
