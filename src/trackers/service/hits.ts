import type { ItemQuery } from '../../conversations/selection.ts'
import { matching, visibleTo } from '../../conversations/service/read-items.ts'
import type { Caller } from '../../kit/caller.ts'
import type { Tx } from '../../platform/database.ts'
import type { Hit } from '../hits.ts'
import { readHits } from '../store/hits.ts'

/** What a tracker found in the items of a query that a caller may see. Free: it was paid when it was read. */
export function hitsIn(
  tx: Tx,
  caller: Caller,
  trackerId: string,
  query: ItemQuery,
  limit: number,
): Promise<{ processed: number; found: number; hits: Hit[] }> {
  const seen = caller.kind === 'house' ? [] : [visibleTo(caller)]
  const conditions = [matching(caller.companyNo, query), ...seen]
  return readHits(tx, caller.companyNo, trackerId, conditions, limit)
}
