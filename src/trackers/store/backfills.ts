import type { ItemType } from '../../conversations/items.ts'
import type { CompanyNo } from '../../kit/caller.ts'
import { micros } from '../../kit/credits.ts'
import type { Tx } from '../../platform/database.ts'
import type { Backfill, BackfillStatus, Progress } from '../backfill.ts'

function base(tx: Tx, companyNo: CompanyNo) {
  return tx.selectFrom('trackerBackfill').selectAll().where('companyId', '=', companyNo)
}
type Row = Awaited<ReturnType<ReturnType<typeof base>['executeTakeFirstOrThrow']>>

function backfillOf(row: Row): Backfill {
  return {
    id: row.id,
    trackerId: row.trackerId,
    version: row.version,
    from: row.rangeFrom,
    to: row.rangeTo,
    arrivedAfter: row.arrivedAfter,
    arrivedTo: row.arrivedTo,
    itemTypes: row.itemTypes as ItemType[] | null,
    status: row.status as BackfillStatus,
    total: row.total,
    estimated: row.estimated === null ? null : micros(row.estimated),
    at: row.atDate && row.atNo !== null ? { occurredAt: row.atDate, no: row.atNo } : null,
    createdAt: row.createdAt,
    endedAt: row.endedAt,
  }
}

export async function readBackfill(
  tx: Tx,
  companyNo: CompanyNo,
  id: string,
): Promise<Backfill | undefined> {
  const row = await base(tx, companyNo).where('id', '=', id).executeTakeFirst()
  return row && backfillOf(row)
}

/** All backfills of a tracker, newest first. */
export async function readBackfills(
  tx: Tx,
  companyNo: CompanyNo,
  trackerId: string,
): Promise<Backfill[]> {
  const rows = await base(tx, companyNo)
    .where('trackerId', '=', trackerId)
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .limit(1000)
    .execute()
  return rows.map(backfillOf)
}

export async function insertBackfill(
  tx: Tx,
  companyNo: CompanyNo,
  backfill: Backfill,
): Promise<void> {
  await tx
    .insertInto('trackerBackfill')
    .values({
      companyId: companyNo,
      id: backfill.id,
      trackerId: backfill.trackerId,
      version: backfill.version,
      rangeFrom: backfill.from,
      rangeTo: backfill.to,
      arrivedAfter: backfill.arrivedAfter,
      arrivedTo: backfill.arrivedTo,
      itemTypes: backfill.itemTypes,
      status: backfill.status,
      total: backfill.total,
      estimated: backfill.estimated,
      createdAt: backfill.createdAt,
    })
    .execute()
}

/** Turns every backfill of a tracker that is in one of these states to another. */
export async function turnBackfills(
  tx: Tx,
  companyNo: CompanyNo,
  trackerId: string,
  from: BackfillStatus[],
  to: BackfillStatus,
  at: Date | null,
): Promise<number> {
  const { numUpdatedRows } = await tx
    .updateTable('trackerBackfill')
    .set({ status: to, endedAt: at })
    .where('companyId', '=', companyNo)
    .where('trackerId', '=', trackerId)
    .where('status', 'in', from)
    .executeTakeFirst()
  return Number(numUpdatedRows)
}

/** Ends one backfill, if it has not ended yet. */
export async function endBackfill(
  tx: Tx,
  companyNo: CompanyNo,
  id: string,
  status: 'done' | 'cancelled',
  at: Date,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('trackerBackfill')
    .set({ status, endedAt: at })
    .where('companyId', '=', companyNo)
    .where('id', '=', id)
    .where('status', 'in', ['running', 'stopped'])
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Moves on behind an item that was dealt with. */
export async function moveBackfill(
  tx: Tx,
  companyNo: CompanyNo,
  id: string,
  to: { occurredAt: Date; no: bigint },
): Promise<void> {
  await tx
    .updateTable('trackerBackfill')
    .set({ atDate: to.occurredAt, atNo: to.no })
    .where('companyId', '=', companyNo)
    .where('id', '=', id)
    .execute()
}

/** What backfills have made so far, by id. */
export async function readProgress(
  tx: Tx,
  companyNo: CompanyNo,
  trackerId: string,
): Promise<Map<string, Progress>> {
  const rows = await tx
    .selectFrom('trackerResult')
    .select((eb) => [
      'backfillId',
      eb.fn.countAll<bigint>().as('done'),
      eb.fn.count<bigint>('itemNo').filterWhere('found', '=', true).as('found'),
      eb.fn.sum<string>('credits').as('credits'),
    ])
    .where('companyId', '=', companyNo)
    .where('trackerId', '=', trackerId)
    .where('backfillId', 'is not', null)
    .groupBy('backfillId')
    .execute()
  return new Map(
    rows.map((row) => [
      row.backfillId!,
      { done: Number(row.done), found: Number(row.found), credits: micros(BigInt(row.credits)) },
    ]),
  )
}
