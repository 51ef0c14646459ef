import { type SqlBool, sql } from 'kysely'
import type { Condition } from '../../conversations/selection.ts'
import type { CompanyNo } from '../../kit/caller.ts'
import { type Credits, micros } from '../../kit/credits.ts'
import { arrayOf, textArray } from '../../platform/arrays.ts'
import type { Tx } from '../../platform/database.ts'
import type { Run } from '../../platform/run.ts'
import type { Evidence } from '../reading.ts'
import { ATTEMPTS_MAX, type FailureRow, type ResultRow } from '../result.ts'
import type { Tracker } from '../tracker.ts'

/** A result to be kept: what one version of a tracker found in one item. */
export interface NewResult {
  companyNo: CompanyNo
  trackerId: string
  version: number
  itemNo: bigint
  found: boolean
  answer: string
  occurrences: Evidence[]
  model: string
  backfillId: string | null
  occurredAt: Date
  processedAt: Date
}

/** What it cost, and the charge that says so; nothing for a free tracker. */
export interface Paid {
  credits: Credits
  at: number | null
  seq: number | null
}

/** Adds results; one that is there already stays. */
export async function insertResults(run: Run, rows: (NewResult & Paid)[]): Promise<void> {
  await run(
    'tracker-insert-results',
    `insert into tracker_result (company_id, tracker_id, version, item_no, found, answer, occurrences, model, credits,
       charge_at, charge_seq, backfill_id, occurred_at, processed_at)
     select * from unnest($1::int[], $2::text[], $3::int[], $4::bigint[], $5::boolean[], $6::text[], $7::jsonb[],
       $8::text[], $9::bigint[], $10::timestamptz[], $11::bigint[], $12::text[], $13::timestamptz[], $14::timestamptz[])`,
    [
      arrayOf(rows.map((row) => row.companyNo)),
      textArray(rows.map((row) => row.trackerId)),
      arrayOf(rows.map((row) => row.version)),
      arrayOf(rows.map((row) => row.itemNo)),
      arrayOf(rows.map((row) => row.found)),
      textArray(rows.map((row) => row.answer)),
      textArray(rows.map((row) => JSON.stringify(row.occurrences))),
      textArray(rows.map((row) => row.model)),
      arrayOf(rows.map((row) => row.credits)),
      textArray(rows.map((row) => (row.at === null ? null : new Date(row.at).toISOString()))),
      arrayOf(rows.map((row) => row.seq)),
      textArray(rows.map((row) => row.backfillId)),
      textArray(rows.map((row) => row.occurredAt.toISOString())),
      textArray(rows.map((row) => row.processedAt.toISOString())),
    ],
  )
}

/**
 * Which results may be kept right now, in the order given: the tracker is published, in this version, and
 * has none for the item, which nobody is erasing. From here to the commit the tracker cannot be changed or
 * unpublished, nor the item erased.
 */
export async function checkResults(run: Run, rows: NewResult[]): Promise<boolean[]> {
  const found = await run<{ n: bigint }>(
    'tracker-check-results',
    `select x.n from unnest($1::int[], $2::text[], $3::int[], $4::bigint[]) with ordinality x(c, t, v, i, n)
     join tracker t on t.company_id = x.c and t.id = x.t
     join item i on i.company_id = x.c and i.no = x.i
     where t.status = 'published' and t.version = x.v
       and not exists (select from tracker_result r
         where r.company_id = x.c and r.tracker_id = x.t and r.version = x.v and r.item_no = x.i)
       and i.deleted_at is null and not i.private
     for share of t for key share of i skip locked`,
    [
      arrayOf(rows.map((row) => row.companyNo)),
      textArray(rows.map((row) => row.trackerId)),
      arrayOf(rows.map((row) => row.version)),
      arrayOf(rows.map((row) => row.itemNo)),
    ],
  )
  const allowed = new Set(found.map((row) => Number(row.n)))
  return rows.map((_, i) => allowed.has(i + 1))
}

/**
 * Items that a tracker version has no result for. Looked up item by item: right after a publication the
 * planner believes that a tracker has next to no results, and would compare every item with all of them.
 */
export function unread(companyNo: CompanyNo, trackerId: string, version: number): Condition {
  return sql<SqlBool>`(select true from tracker_result r where r.company_id = ${companyNo}
    and r.item_no = item.no and r.tracker_id || '' = ${trackerId} and r.version + 0 = ${version}) is null`
}

/** Items that a tracker version has no result for and has not given up on. */
export function without(companyNo: CompanyNo, trackerId: string, version: number): Condition {
  return sql<SqlBool>`${unread(companyNo, trackerId, version)} and (select true from tracker_failure f where f.company_id = ${companyNo} and f.tracker_id = ${trackerId}
      and f.version = ${version} and f.item_no = item.no and f.attempts >= ${ATTEMPTS_MAX}) is null`
}

/** Items that a tracker version has a result for. */
export function having(companyNo: CompanyNo, trackerId: string, version: number): Condition {
  return sql<SqlBool>`exists (select from tracker_result r where r.company_id = ${companyNo}
    and r.tracker_id = ${trackerId} and r.version = ${version} and r.item_no = item.no)`
}

export interface ResultFilter {
  itemId?: string | undefined
  found?: boolean | undefined
  from?: Date | undefined
  to?: Date | undefined
  version?: number | undefined
  before?: { at: Date; no: bigint } | undefined
  limit: number
  /** Only results of items that may be seen. */
  visible: Condition
}

/** A page of a tracker's results, the latest processed first. */
export async function readResults(
  tx: Tx,
  companyNo: CompanyNo,
  trackerId: string,
  filter: ResultFilter,
): Promise<ResultRow[]> {
  const { itemId, found, from, to, version, before, limit, visible } = filter
  const where = [
    sql<SqlBool>`r.company_id = ${companyNo} and r.tracker_id = ${trackerId}`,
    sql<SqlBool>`item.deleted_at is null`,
    visible,
  ]
  if (itemId !== undefined) where.push(sql`item.id = ${itemId}`)
  if (found !== undefined) where.push(sql`r.found = ${found}`)
  if (from) where.push(sql`r.occurred_at >= ${from}`)
  if (to) where.push(sql`r.occurred_at < ${to}`)
  if (version !== undefined) where.push(sql`r.version = ${version}`)
  if (before)
    where.push(sql`(r.processed_at, r.item_no) < (${before.at}::timestamptz, ${before.no}::bigint)`)
  const { rows } = await sql<ResultRow & { credits: bigint }>`
    select r.item_no as "itemNo", item.type as "itemType", item.id as "itemId", item.title,
      r.occurred_at as "occurredAt", r.version, r.found, r.answer, r.occurrences, r.model, r.credits,
      r.charge_at as "chargeAt", r.charge_seq as "chargeSeq", r.processed_at as "processedAt"
    from tracker_result r join item on item.company_id = r.company_id and item.no = r.item_no
    where ${sql.join(where, sql` and `)}
    order by r.processed_at desc, r.item_no desc limit ${limit}`.execute(tx)
  return rows.map((row) => ({ ...row, credits: micros(row.credits) }))
}

/** Notes that an item could not be processed; gives how often now. */
export async function noteFailure(
  tx: Tx,
  companyNo: CompanyNo,
  row: { trackerId: string; version: number; itemNo: bigint; reason: string; at: Date },
): Promise<number> {
  const { rows } = await sql<{ attempts: number }>`
    insert into tracker_failure (company_id, tracker_id, version, item_no, attempts, reason, last_at)
    values (${companyNo}, ${row.trackerId}, ${row.version}, ${row.itemNo}, 1, ${row.reason}, ${row.at})
    on conflict (company_id, tracker_id, version, item_no)
    do update set attempts = tracker_failure.attempts + 1, reason = excluded.reason, last_at = excluded.last_at
    returning attempts`.execute(tx)
  return rows[0]!.attempts
}

/** A page of what a tracker version could not read, the latest first. */
export async function readFailures(
  tx: Tx,
  companyNo: CompanyNo,
  { id, version }: Pick<Tracker, 'id' | 'version'>,
  asked: { before?: { at: Date; no: bigint } | undefined; limit: number; visible: Condition },
): Promise<FailureRow[]> {
  const { before, limit, visible } = asked
  const { rows } = await sql<FailureRow>`
    select f.item_no as "itemNo", item.type as "itemType", item.id as "itemId", item.title,
      item.occurred_at as "occurredAt", f.reason, f.attempts, f.last_at as at
    from tracker_failure f join item on item.company_id = f.company_id and item.no = f.item_no
    where f.company_id = ${companyNo} and f.tracker_id = ${id} and f.version = ${version}
      and f.attempts >= ${ATTEMPTS_MAX} and item.deleted_at is null and ${visible}
      and ${before ? sql<SqlBool>`(f.last_at, f.item_no) < (${before.at}::timestamptz, ${before.no}::bigint)` : sql<SqlBool>`true`}
    order by f.last_at desc, f.item_no desc limit ${limit}`.execute(tx)
  return rows
}

/** How many items a tracker version has given up on. */
export async function countFailures(
  tx: Tx,
  companyNo: CompanyNo,
  { id, version }: Pick<Tracker, 'id' | 'version'>,
): Promise<number> {
  const { n } = await tx
    .selectFrom('trackerFailure')
    .select((eb) => eb.fn.countAll<bigint>().as('n'))
    .where('companyId', '=', companyNo)
    .where('trackerId', '=', id)
    .where('version', '=', version)
    .where('attempts', '>=', ATTEMPTS_MAX)
    .executeTakeFirstOrThrow()
  return Number(n)
}

/** Lets items of these dates be tried again, however often they have failed. */
export async function forgetFailures(
  tx: Tx,
  companyNo: CompanyNo,
  { id, version }: Pick<Tracker, 'id' | 'version'>,
  { from, to }: { from: Date; to: Date },
): Promise<void> {
  await sql`delete from tracker_failure f using item
    where f.company_id = ${companyNo} and f.tracker_id = ${id} and f.version = ${version}
      and item.company_id = f.company_id and item.no = f.item_no
      and item.occurred_at >= ${from} and item.occurred_at < ${to}`.execute(tx)
}

/** Takes out all that was found in items. */
export async function deleteResultsOf(
  tx: Tx,
  companyNo: CompanyNo,
  itemNos: readonly bigint[],
): Promise<void> {
  const nos = `{${itemNos.join(',')}}`
  // Results that are about to commit come first, and are seen by what follows.
  await sql`select from item where company_id = ${companyNo} and no = any(${nos}::bigint[])
    order by no for update`.execute(tx)
  await sql`update tracker_result set answer = '', occurrences = '[]'
    where company_id = ${companyNo} and item_no = any(${nos}::bigint[])`.execute(tx)
}
