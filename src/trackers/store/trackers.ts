import { sql } from 'kysely'
import type { CompanyNo } from '../../kit/caller.ts'
import { micros } from '../../kit/credits.ts'
import { arrayOf } from '../../platform/arrays.ts'
import type { Tx } from '../../platform/database.ts'
import { enqueue } from '../../platform/queue.ts'
import type { Run } from '../../platform/run.ts'
import type { Definition, Exhaustion, Kind, Stopped, Stored, Tracker } from '../tracker.ts'

const columns = [
  'id',
  'kind',
  'name',
  'version',
  'definition',
  'status',
  'statusSince',
  'stopped',
  'stoppedSince',
  'stoppedPrice',
  'runningSeq',
  'cursor',
  'waitsForHold',
  'teamId',
  'createdBy',
  'createdAt',
] as const

function base(tx: Tx, companyNo: CompanyNo) {
  return tx.selectFrom('tracker').select(columns).where('companyId', '=', companyNo)
}

type Row = Awaited<ReturnType<ReturnType<typeof base>['executeTakeFirstOrThrow']>>

function trackerOf(row: Row): Tracker {
  return {
    id: row.id,
    kind: row.kind as Kind,
    name: row.name,
    version: row.version,
    definition: row.definition as unknown as Definition,
    stored: row.status as Stored,
    storedSince: row.statusSince,
    stopped: row.stopped as Stopped | null,
    stoppedSince: row.stoppedSince,
    stoppedPrice: row.stoppedPrice === null ? null : micros(row.stoppedPrice),
    runningSeq: Number(row.runningSeq),
    cursor: row.cursor,
    waitsForHold: row.waitsForHold,
    teamId: row.teamId,
    createdBy: row.createdBy,
    createdAt: row.createdAt,
  }
}

export async function readTracker(
  tx: Tx,
  companyNo: CompanyNo,
  id: string,
): Promise<Tracker | undefined> {
  const row = await base(tx, companyNo).where('id', '=', id).executeTakeFirst()
  return row && trackerOf(row)
}

/** The tracker, locked: nobody changes it, and no result of it commits, until this transaction ends. */
export async function lockTracker(
  tx: Tx,
  companyNo: CompanyNo,
  id: string,
): Promise<Tracker | undefined> {
  const row = await base(tx, companyNo).where('id', '=', id).forUpdate().executeTakeFirst()
  return row && trackerOf(row)
}

/** Those of some trackers that are there; none of them is deleted until this transaction ends. */
export async function keepTrackers(
  tx: Tx,
  companyNo: CompanyNo,
  ids: readonly string[],
): Promise<string[]> {
  const rows = await tx
    .selectFrom('tracker')
    .select('id')
    .where('companyId', '=', companyNo)
    .where('id', 'in', ['', ...ids])
    .orderBy('id')
    .forKeyShare()
    .execute()
  return rows.map(({ id }) => id)
}

/** A page of trackers, newest first. */
export async function readTrackerPage(
  tx: Tx,
  companyNo: CompanyNo,
  before: { at: Date; id: string } | undefined,
  limit: number,
): Promise<Tracker[]> {
  let query = base(tx, companyNo).orderBy('createdAt', 'desc').orderBy('id', 'desc').limit(limit)
  if (before) {
    query = query.where((eb) =>
      eb.or([
        eb('createdAt', '<', before.at),
        eb.and([eb('createdAt', '=', before.at), eb('id', '<', before.id)]),
      ]),
    )
  }
  return (await query.execute()).map(trackerOf)
}

export async function readPublished(tx: Tx, companyNo: CompanyNo): Promise<Tracker[]> {
  const rows = await base(tx, companyNo).where('status', '=', 'published').execute()
  return rows.map(trackerOf)
}

export async function insertTracker(tx: Tx, companyNo: CompanyNo, tracker: Tracker): Promise<void> {
  await tx
    .insertInto('tracker')
    .values({
      companyId: companyNo,
      id: tracker.id,
      kind: tracker.kind,
      name: tracker.name,
      version: tracker.version,
      definition: JSON.stringify(tracker.definition),
      status: tracker.stored,
      statusSince: tracker.storedSince,
      teamId: tracker.teamId,
      createdBy: tracker.createdBy,
      createdAt: tracker.createdAt,
    })
    .execute()
  await insertVersion(tx, companyNo, tracker, tracker.createdAt)
}

export async function insertVersion(
  tx: Tx,
  companyNo: CompanyNo,
  tracker: Tracker,
  at: Date,
): Promise<void> {
  await tx
    .insertInto('trackerVersion')
    .values({
      companyId: companyNo,
      trackerId: tracker.id,
      version: tracker.version,
      definition: JSON.stringify(tracker.definition),
      createdAt: at,
    })
    .execute()
}

/** Writes what may have changed of a tracker. */
export async function updateTracker(tx: Tx, companyNo: CompanyNo, tracker: Tracker): Promise<void> {
  await tx
    .updateTable('tracker')
    .set({
      name: tracker.name,
      version: tracker.version,
      definition: JSON.stringify(tracker.definition),
      status: tracker.stored,
      statusSince: tracker.storedSince,
      stopped: tracker.stopped,
      stoppedSince: tracker.stoppedSince,
      stoppedPrice: tracker.stoppedPrice,
      runningSeq: BigInt(tracker.runningSeq),
      cursor: tracker.cursor,
      waitsForHold: tracker.waitsForHold,
      teamId: tracker.teamId,
    })
    .where('companyId', '=', companyNo)
    .where('id', '=', tracker.id)
    .execute()
}

export async function deleteTracker(tx: Tx, companyNo: CompanyNo, id: string): Promise<void> {
  await tx.deleteFrom('tracker').where('companyId', '=', companyNo).where('id', '=', id).execute()
}

/** The pool's last exhaustion, and its number now. */
export async function readPoolMark(
  tx: Tx,
  companyNo: CompanyNo,
): Promise<Exhaustion & { seq: number }> {
  const pool = await tx
    .selectFrom('pool')
    .select(['seq', 'exhaustedSeq', 'exhaustedAt'])
    .where('companyId', '=', companyNo)
    .executeTakeFirstOrThrow()
  return {
    seq: Number(pool.seq),
    exhaustedSeq: pool.exhaustedSeq === null ? null : Number(pool.exhaustedSeq),
    exhaustedAt: pool.exhaustedAt?.getTime() ?? null,
  }
}

/** The last arrival so far; none comes in before this transaction ends. */
export async function lockArrivals(tx: Tx, companyNo: CompanyNo): Promise<bigint> {
  const { rows } = await sql<{ lastNo: bigint }>`
    insert into intake (company_id) values (${companyNo})
    on conflict (company_id) do update set last_no = intake.last_no
    returning last_no as "lastNo"`.execute(tx)
  return rows[0]!.lastNo
}

/** Moves on behind an arrival that was dealt with, never back. */
export async function moveCursor(
  tx: Tx,
  companyNo: CompanyNo,
  id: string,
  version: number,
  to: bigint,
): Promise<void> {
  await tx
    .updateTable('tracker')
    .set({ cursor: to })
    .where('companyId', '=', companyNo)
    .where('id', '=', id)
    .where('version', '=', version)
    .where('cursor', '<', to)
    .execute()
}

/** So many items tried today, these included. */
export async function countTrial(
  tx: Tx,
  companyNo: CompanyNo,
  day: string,
  items: number,
): Promise<number> {
  const { rows } = await sql<{ items: number }>`
    insert into tracker_trial (company_id, day, items) values (${companyNo}, ${day}, ${items})
    on conflict (company_id, day) do update set items = tracker_trial.items + excluded.items
    returning items`.execute(tx)
  return rows[0]!.items
}

/** The last arrival that this snapshot sees; all before it are seen as well. */
export async function readLastArrival(tx: Tx, companyNo: CompanyNo): Promise<bigint> {
  const intake = await tx
    .selectFrom('intake')
    .select('lastNo')
    .where('companyId', '=', companyNo)
    .executeTakeFirst()
  return intake?.lastNo ?? 0n
}

export async function readCompanyId(tx: Tx, companyNo: CompanyNo): Promise<string> {
  const company = await tx
    .selectFrom('company')
    .select('publicId')
    .where('id', '=', companyNo)
    .executeTakeFirstOrThrow()
  return company.publicId
}

/** Wakes the trackers that wait for a hold to end in these companies. */
export async function wakeWaiting(run: Run, companies: CompanyNo[]): Promise<void> {
  await run(
    'tracker-wake-waiting',
    `with woken as (
       update tracker set waits_for_hold = false
       where company_id = any ($1::int[]) and waits_for_hold returning company_id, id)
     select enqueue_job('tracker.run', company_id, jsonb_build_object('trackerId', id), 'tracker:' || id, null, null)
     from woken`,
    [arrayOf(companies)],
  )
}

/** Leaves the job that lets a tracker go on; one that waits already is enough. */
export async function enqueueRun(
  run: Run,
  companyNo: CompanyNo,
  trackerId: string,
  after?: Date,
): Promise<void> {
  await run('tracker-wake', 'select enqueue_job($1, $2, $3::jsonb, $4, $5, null)', [
    'tracker.run',
    companyNo,
    JSON.stringify({ trackerId }),
    `${runKey(trackerId)}${after ? ':later' : ''}`,
    after?.toISOString() ?? null,
  ])
}

/** The same, a while from now. */
export async function enqueueAgain(
  tx: Tx,
  companyNo: CompanyNo,
  trackerId: string,
  delayMs: number,
): Promise<void> {
  await enqueue(tx, 'tracker.run', { trackerId }, { companyNo, key: runKey(trackerId), delayMs })
}

function runKey(trackerId: string): string {
  return `tracker:${trackerId}`
}

/** Leaves the jobs that write down, for these companies, what the pool's mark has stopped. */
export async function enqueueStopAll(run: Run, companies: CompanyNo[]): Promise<void> {
  await run(
    'tracker-stop-all',
    `select enqueue_job('tracker.stop-all', c, '{}', 'tracker.stop-all', null, null) from unnest($1::int[]) c`,
    [arrayOf(companies)],
  )
}
