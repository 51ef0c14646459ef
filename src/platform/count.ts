import { sql } from 'kysely'
import type { CompanyNo } from '../kit/caller.ts'
import type { Tx } from './database.ts'

/**
 * How many rows a company has of something that it may have only so many of. Whoever else counts them
 * waits until the end of this transaction, so that two who add one at once do not both find room.
 */
export async function countBeforeAdding(
  tx: Tx,
  table: 'connector' | 'mailbox' | 'webhook',
  companyNo: CompanyNo,
): Promise<number> {
  const name = `${table} of ${companyNo}`
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(tx)
  const { rows } = await sql<{ count: bigint }>`
    select count(*) from ${sql.table(table)} where company_id = ${companyNo}`.execute(tx)
  return Number(rows[0]!.count)
}
