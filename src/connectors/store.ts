import { sql } from 'kysely'
import type { CompanyNo } from '../kit/caller.ts'
import type { Tx } from '../platform/database.ts'
import { type After, newestFirst } from '../platform/newest-first.ts'
import type { Connector, Rejected, SyncRun } from './connector.ts'

export async function insertConnector(tx: Tx, no: CompanyNo, connector: Connector): Promise<void> {
  await tx
    .insertInto('connector')
    .values({ companyId: no, ...connector, place: placeOf(connector) })
    .execute()
}

/** Writes a connector unless somebody did since it was read; gives whether it was written. */
export async function updateConnector(
  tx: Tx,
  no: CompanyNo,
  connector: Connector,
): Promise<boolean> {
  const { id, createdAt: _, revision, ...changed } = connector
  const [done] = await tx
    .updateTable('connector')
    .set({ ...changed, place: placeOf(connector), revision: revision + 1n })
    .where('companyId', '=', no)
    .where('id', '=', id)
    .where('revision', '=', revision)
    .execute()
  return done?.numUpdatedRows === 1n
}

export async function deleteConnector(tx: Tx, no: CompanyNo, id: string): Promise<void> {
  await tx.deleteFrom('connector').where('companyId', '=', no).where('id', '=', id).execute()
}

export async function findConnector(
  tx: Tx,
  no: CompanyNo,
  id: string,
  lock = false,
): Promise<Connector | undefined> {
  const query = connectors(tx, no).where('id', '=', id)
  const row = await (lock ? query.forUpdate() : query).executeTakeFirst()
  return row && toConnector(row)
}

export async function listConnectors(tx: Tx, no: CompanyNo, after: After, most: number) {
  const rows = await newestFirst(connectors(tx, no), 'createdAt', after, most).execute()
  return rows.map(toConnector)
}

/** Begins a run; false when one is under way already. */
export async function insertRun(tx: Tx, no: CompanyNo, run: SyncRun): Promise<boolean> {
  const [done] = await tx
    .insertInto('connectorRun')
    .values({ companyId: no, ...run, rejected: JSON.stringify(run.rejected) })
    .onConflict((conflict) =>
      conflict.columns(['companyId', 'connectorId']).where('status', '=', 'running').doNothing(),
    )
    .execute()
  return done?.numInsertedOrUpdatedRows === 1n
}

export async function updateRun(tx: Tx, no: CompanyNo, run: SyncRun): Promise<void> {
  const { id, connectorId: _, startedAt: __, cause: ___, ...changed } = run
  await tx
    .updateTable('connectorRun')
    .set({ ...changed, rejected: JSON.stringify(run.rejected) })
    .where('companyId', '=', no)
    .where('id', '=', id)
    .execute()
}

export async function findRun(
  tx: Tx,
  no: CompanyNo,
  id: string,
  lock = false,
): Promise<SyncRun | undefined> {
  const query = runs(tx, no).where('id', '=', id)
  const row = await (lock ? query.forUpdate() : query).executeTakeFirst()
  return row && toRun(row)
}

/** The run under way, if any. */
export async function findRunning(
  tx: Tx,
  no: CompanyNo,
  connectorId: string,
): Promise<SyncRun | undefined> {
  const row = await runs(tx, no)
    .where('connectorId', '=', connectorId)
    .where('status', '=', 'running')
    .executeTakeFirst()
  return row && toRun(row)
}

export async function listRuns(
  tx: Tx,
  no: CompanyNo,
  connectorId: string,
  after: After,
  most: number,
) {
  const rows = await newestFirst(
    runs(tx, no).where('connectorId', '=', connectorId),
    'startedAt',
    after,
    most,
  ).execute()
  return rows.map(toRun)
}

/** Which of these addresses belong to members, or did. */
export async function knownEmails(
  tx: Tx,
  no: CompanyNo,
  emails: readonly string[],
): Promise<Set<string>> {
  const rows = await tx
    .selectFrom('member')
    .select(sql<string>`lower(email)`.as('email'))
    .where('companyId', '=', no)
    .where(sql<string>`lower(email)`, 'in', ['', ...emails])
    .execute()
  return new Set(rows.map(({ email }) => email))
}

/** Which of these ids are or were members'. */
export async function knownIds(
  tx: Tx,
  no: CompanyNo,
  ids: readonly string[],
): Promise<Set<string>> {
  const rows = await tx
    .selectFrom('member')
    .select('id')
    .where('companyId', '=', no)
    .where('id', 'in', ['', ...ids])
    .execute()
  return new Set(rows.map(({ id }) => id))
}

function connectors(tx: Tx, no: CompanyNo) {
  return tx.selectFrom('connector').selectAll().where('companyId', '=', no)
}

function runs(tx: Tx, no: CompanyNo) {
  return tx.selectFrom('connectorRun').selectAll().where('companyId', '=', no)
}

function placeOf({ place }: Connector) {
  return place && JSON.stringify(place)
}

function toConnector({ companyId: _, ...row }: object & { companyId: number }): Connector {
  return row as Connector
}

function toRun({
  companyId: _,
  ...row
}: object & { companyId: number; rejected: unknown }): SyncRun {
  return { ...row, rejected: row.rejected as Rejected[] } as SyncRun
}
