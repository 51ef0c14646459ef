import { type SqlBool, sql } from 'kysely'
import type { ItemType } from '../conversations/items.ts'
import type { Condition } from '../conversations/selection.ts'
import type { CompanyNo } from '../kit/caller.ts'
import { arrayOf, textArray } from '../platform/arrays.ts'
import type { Tx } from '../platform/database.ts'
import { type After, newestFirst } from '../platform/newest-first.ts'
import type { Run } from '../platform/run.ts'
import { readFilter, type Stream, trackersIn } from './stream.ts'

const columns = [
  'id',
  'name',
  'filter',
  'since',
  'notifyBackfilled',
  'createdBy',
  'createdAt',
] as const

function base(tx: Tx, companyNo: CompanyNo) {
  return tx.selectFrom('stream').select(columns).where('companyId', '=', companyNo)
}

export async function readStream(
  tx: Tx,
  companyNo: CompanyNo,
  id: string,
  lock = false,
): Promise<Stream | undefined> {
  const query = base(tx, companyNo).where('id', '=', id)
  const row = await (lock ? query.forUpdate() : query).executeTakeFirst()
  return row && { ...row, filter: readFilter(row.filter) }
}

/** A page of streams, newest first. */
export async function readStreams(
  tx: Tx,
  companyNo: CompanyNo,
  after: After,
  limit: number,
): Promise<Stream[]> {
  const query = newestFirst(base(tx, companyNo), 'createdAt', after, limit)
  return (await query.execute()).map((row) => ({ ...row, filter: readFilter(row.filter) }))
}

export async function insertStream(tx: Tx, companyNo: CompanyNo, stream: Stream): Promise<void> {
  await tx
    .insertInto('stream')
    .values({ companyId: companyNo, ...stream, filter: JSON.stringify(stream.filter) })
    .execute()
  await writeTrackers(tx, companyNo, stream)
}

export async function updateStream(tx: Tx, companyNo: CompanyNo, stream: Stream): Promise<void> {
  const { name, filter, since, notifyBackfilled } = stream
  await tx
    .updateTable('stream')
    .set({ name, filter: JSON.stringify(filter), since, notifyBackfilled })
    .where('companyId', '=', companyNo)
    .where('id', '=', stream.id)
    .execute()
  await writeTrackers(tx, companyNo, stream)
}

async function writeTrackers(tx: Tx, companyNo: CompanyNo, stream: Stream): Promise<void> {
  await sql`delete from stream_tracker
    where company_id = ${companyNo} and stream_id = ${stream.id}`.execute(tx)
  await sql`insert into stream_tracker (company_id, stream_id, tracker_id)
    select ${companyNo}, ${stream.id}, unnest(${textArray(trackersIn(stream.filter))}::text[])`.execute(
    tx,
  )
}

export async function deleteStream(tx: Tx, companyNo: CompanyNo, id: string): Promise<void> {
  await sql`delete from stream where company_id = ${companyNo} and id = ${id}`.execute(tx)
}

/** The streams whose filter names a tracker. */
export async function readUsing(
  tx: Tx,
  companyNo: CompanyNo,
  trackerId: string,
): Promise<{ id: string; name: string }[]> {
  const { rows } = await sql<{ id: string; name: string }>`
    select s.id, s.name from stream_tracker t
    join stream s on s.company_id = t.company_id and s.id = t.stream_id
    where t.company_id = ${companyNo} and t.tracker_id = ${trackerId} order by s.created_at`.execute(
    tx,
  )
  return rows
}

/** The followers of the streams that a tracker feeds, each once. */
export async function readFollowersOf(
  tx: Tx,
  companyNo: CompanyNo,
  trackerId: string,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select distinct f.member_id as id from stream_tracker t
    join stream_follower f on f.company_id = t.company_id and f.stream_id = t.stream_id
    join member m on m.company_id = f.company_id and m.id = f.member_id and m.removed_at is null
    where t.company_id = ${companyNo} and t.tracker_id = ${trackerId} order by 1`.execute(tx)
  return rows.map(({ id }) => id)
}

/** Who follows which of these streams. */
export async function readFollowers(
  tx: Tx,
  companyNo: CompanyNo,
  streamIds: readonly string[],
): Promise<Map<string, string[]>> {
  const { rows } = await sql<{ streamId: string; memberId: string }>`
    select f.stream_id as "streamId", f.member_id as "memberId" from stream_follower f
    join member m on m.company_id = f.company_id and m.id = f.member_id and m.removed_at is null
    where f.company_id = ${companyNo} and f.stream_id = any(${textArray(streamIds)}::text[])
    order by 1, 2`.execute(tx)
  const followers = new Map<string, string[]>()
  for (const { streamId, memberId } of rows) {
    followers.set(streamId, [...(followers.get(streamId) ?? []), memberId])
  }
  return followers
}

/** The streams that somebody follows. */
export async function readFollowed(tx: Tx, companyNo: CompanyNo): Promise<Stream[]> {
  const rows = await base(tx, companyNo)
    .where(
      sql<SqlBool>`exists (select from stream_follower f
        where f.company_id = stream.company_id and f.stream_id = stream.id)`,
    )
    .orderBy('id')
    .execute()
  return rows.map((row) => ({ ...row, filter: readFilter(row.filter) }))
}

export async function insertFollower(
  tx: Tx,
  companyNo: CompanyNo,
  streamId: string,
  memberId: string,
): Promise<void> {
  await sql`insert into stream_follower (company_id, stream_id, member_id)
    values (${companyNo}, ${streamId}, ${memberId}) on conflict do nothing`.execute(tx)
}

export async function deleteFollower(
  tx: Tx,
  companyNo: CompanyNo,
  streamId: string,
  memberId: string,
): Promise<void> {
  await sql`delete from stream_follower where company_id = ${companyNo}
    and stream_id = ${streamId} and member_id = ${memberId}`.execute(tx)
}

/**
 * Items in which each of these trackers found something: the newest version that read an item has the
 * last word on it.
 */
export function hitBy(companyNo: CompanyNo, trackerIds: readonly string[]): Condition | undefined {
  if (trackerIds.length === 0) return undefined
  const hits = trackerIds.map(
    (id) => sql<SqlBool>`item.no in (
      select r.item_no from tracker_result r
      where r.company_id = ${companyNo} and r.tracker_id = ${id} and r.found
        and not exists (select from tracker_result later where later.company_id = r.company_id
          and later.tracker_id = r.tracker_id and later.item_no = r.item_no and later.version > r.version))`,
  )
  return sql<SqlBool>`(${sql.join(hits, sql` and `)})`
}

/** A call or email in a stream. */
export interface EntryRow {
  no: bigint
  itemType: ItemType
  itemId: string
  title: string
  date: Date
  addedAt: Date
}

/** A page of a stream's entries, newest first by their own dates. */
export async function readEntries(
  tx: Tx,
  companyNo: CompanyNo,
  { filter, since }: Stream,
  where: readonly Condition[],
  before: { at: Date; no: bigint } | undefined,
  limit: number,
): Promise<EntryRow[]> {
  const conditions = before
    ? [
        ...where,
        sql`(item.occurred_at, item.no) < (${before.at}::timestamptz, ${before.no}::bigint)`,
      ]
    : where
  const { rows } = await sql<EntryRow>`
    select item.no, item.type as "itemType", item.id as "itemId", item.title, item.occurred_at as date,
      greatest(${since}::timestamptz, item.arrived_at, (
        select max(r.processed_at) from tracker_result r
        where r.company_id = ${companyNo} and r.item_no = item.no and r.found
          and r.tracker_id = any(${textArray(trackersIn(filter))}::text[]))) as "addedAt"
    from item where ${sql.join(conditions, sql` and `)}
    order by item.occurred_at desc, item.no desc limit ${limit}`.execute(tx)
  return rows
}

/** Leaves a job per item to look for followed streams that it joined; none where nobody follows any. */
export async function enqueueEntries(
  run: Run,
  companyNo: CompanyNo,
  itemNos: readonly bigint[],
  backfilled: boolean,
): Promise<void> {
  await run(
    'stream-entries',
    `select enqueue_job('stream.entry', $1, jsonb_build_object('itemNo', no::text, 'backfilled', $3::boolean),
       'stream-entry:' || no || ':' || $3::boolean, null, null)
     from unnest($2::bigint[]) as no where exists (select from stream_follower where company_id = $1)`,
    [companyNo, arrayOf(itemNos), backfilled],
  )
}

/** Notes that followers are told of an entry; false when they were told before. */
export async function insertTold(
  tx: Tx,
  companyNo: CompanyNo,
  streamId: string,
  itemNo: bigint,
  at: Date,
): Promise<boolean> {
  const { rows } = await sql`
    insert into stream_told (company_id, stream_id, item_no, at)
    values (${companyNo}, ${streamId}, ${itemNo}, ${at})
    on conflict do nothing returning item_no`.execute(tx)
  return rows.length > 0
}
