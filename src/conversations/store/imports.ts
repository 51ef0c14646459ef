import { sql } from 'kysely'
import type { CompanyNo } from '../../kit/caller.ts'
import { arrayOf, textArray } from '../../platform/arrays.ts'
import type { Tx } from '../../platform/database.ts'
import type { DataImport, Rejection, Tally } from '../imports.ts'

export interface NewImport
  extends Pick<
    DataImport,
    'id' | 'format' | 'bytes' | 'history' | 'dryRun' | 'contentHash' | 'createdAt' | 'beatAt'
  > {
  actor: string
  keyHash: Buffer | null
}

/** Begins an import; undefined when its key has one already. */
export async function insertImport(tx: Tx, companyNo: CompanyNo, one: NewImport): Promise<boolean> {
  const { rows } = await sql`
    insert into data_import (company_id, id, status, format, bytes, history, dry_run, key_hash, content_hash, actor, created_at, beat_at)
    values (${companyNo}, ${one.id}, 'running', ${one.format}, ${one.bytes}, ${one.history}, ${one.dryRun}, ${one.keyHash},
      ${one.contentHash}, ${one.actor}, ${one.createdAt}, ${one.beatAt})
    on conflict (company_id, key_hash) where key_hash is not null do nothing
    returning id`.execute(tx)
  return rows.length > 0
}

export async function readImportByKey(
  tx: Tx,
  companyNo: CompanyNo,
  keyHash: Buffer,
): Promise<DataImport | undefined> {
  const { rows } = await sql<DataImport>`
    select ${columns} from data_import where company_id = ${companyNo} and key_hash = ${keyHash} for update`.execute(
    tx,
  )
  return rows[0]
}

/** Lets go of a key, so that the same request may be made again. */
export async function forgetKey(tx: Tx, companyNo: CompanyNo, id: string): Promise<void> {
  await sql`update data_import set key_hash = null where company_id = ${companyNo} and id = ${id}`.execute(
    tx,
  )
}

export async function readImportById(
  tx: Tx,
  companyNo: CompanyNo,
  id: string,
): Promise<DataImport | undefined> {
  const { rows } = await sql<DataImport>`
    select ${columns} from data_import where company_id = ${companyNo} and id = ${id}`.execute(tx)
  return rows[0]
}

/** Imports, newest first. */
export async function readImports(
  tx: Tx,
  companyNo: CompanyNo,
  before: { at: Date; id: string } | undefined,
  limit: number,
): Promise<DataImport[]> {
  const behind = before ? sql` and (created_at, id) < (${before.at}, ${before.id})` : sql``
  const { rows } = await sql<DataImport>`
    select ${columns} from data_import where company_id = ${companyNo}${behind}
    order by created_at desc, id desc limit ${limit}`.execute(tx)
  return rows
}

/** Writes how far an import came. */
export async function writeProgress(
  tx: Tx,
  companyNo: CompanyNo,
  id: string,
  { line, accepted, rejectedCount }: Tally,
  beatAt: Date,
): Promise<void> {
  await sql`
    update data_import set line = ${line}, accepted = ${accepted}, rejected_count = ${rejectedCount}, beat_at = ${beatAt}
    where company_id = ${companyNo} and id = ${id}`.execute(tx)
}

/** Writes down lines that were not taken; the first of them is the import's `first`th. */
export async function insertRejections(
  tx: Tx,
  companyNo: CompanyNo,
  id: string,
  first: number,
  rejected: readonly Rejection[],
): Promise<void> {
  await sql`
    insert into import_rejection (company_id, import_id, no, line, error)
    select ${companyNo}, ${id}, ${first}::bigint - 1 + place, line, error
    from unnest(${arrayOf(rejected.map(({ line }) => line))}::bigint[],
      ${textArray(rejected.map(({ error }) => error))}::text[]) with ordinality as given (line, error, place)`.execute(
    tx,
  )
}

/** Lines that an import did not take, in their order, behind a number. */
export async function readRejections(
  tx: Tx,
  companyNo: CompanyNo,
  id: string,
  after: bigint,
  limit: number,
): Promise<(Rejection & { no: bigint })[]> {
  const { rows } = await sql<{ no: bigint; line: bigint; error: string }>`
    select no, line, error from import_rejection
    where company_id = ${companyNo} and import_id = ${id} and no > ${after} order by no limit ${limit}`.execute(
    tx,
  )
  return rows.map(({ no, line, error }) => ({ no, line: Number(line), error }))
}

export async function endImport(
  tx: Tx,
  companyNo: CompanyNo,
  id: string,
  end: Pick<DataImport, 'status' | 'error' | 'charges'> & {
    tally: Tally
    endedAt: Date
    beatAt: Date
  },
): Promise<void> {
  const { tally, charges } = end
  await sql`
    update data_import set status = ${end.status}, error = ${end.error}, line = ${tally.line},
      accepted = ${tally.accepted}, rejected_count = ${tally.rejectedCount},
      rejected = ${JSON.stringify(tally.rejected)}::jsonb, charges = ${charges && JSON.stringify(charges)}::jsonb,
      ended_at = ${end.endedAt}, beat_at = ${end.beatAt}
    where company_id = ${companyNo} and id = ${id}`.execute(tx)
}

const columns = sql.raw(
  `id, status, format, bytes, history, dry_run, line, accepted, rejected_count, rejected, charges, error,
  content_hash, created_at, beat_at, ended_at`,
)
