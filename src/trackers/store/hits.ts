import { type RawBuilder, sql } from 'kysely'
import type { Condition } from '../../conversations/selection.ts'
import type { CompanyNo } from '../../kit/caller.ts'
import type { Tx } from '../../platform/database.ts'
import type { Hit } from '../hits.ts'

/** The newest version's word on each item that all conditions take. */
function lastWords(
  companyNo: CompanyNo,
  trackerId: string,
  conditions: readonly Condition[],
): RawBuilder<unknown> {
  return sql`tracker_result r join item on item.company_id = r.company_id and item.no = r.item_no
    where r.company_id = ${companyNo} and r.tracker_id = ${trackerId}
      and not exists (select from tracker_result later where later.company_id = r.company_id
        and later.tracker_id = r.tracker_id and later.item_no = r.item_no and later.version > r.version)
      and ${sql.join([...conditions], sql` and `)}`
}

/** In how many of some items a tracker found something, and the newest of those. */
export async function readHits(
  tx: Tx,
  companyNo: CompanyNo,
  trackerId: string,
  conditions: readonly Condition[],
  limit: number,
): Promise<{ processed: number; found: number; hits: Hit[] }> {
  const words = lastWords(companyNo, trackerId, conditions)
  const counted = await sql<{ processed: bigint; found: bigint }>`
    select count(*) as processed, count(*) filter (where r.found) as found from ${words}`.execute(
    tx,
  )
  const { rows } = await sql<Hit>`
    select r.item_no as "itemNo", item.type as "itemType", item.id as "itemId", item.title,
      item.occurred_at as "occurredAt", r.answer, r.occurrences
    from ${words} and r.found order by item.occurred_at desc, item.no desc limit ${limit}`.execute(
    tx,
  )
  const { processed, found } = counted.rows[0]!
  return { processed: Number(processed), found: Number(found), hits: rows }
}
