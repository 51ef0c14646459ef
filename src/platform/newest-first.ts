import { type SelectQueryBuilder, sql } from 'kysely'
import type { DB } from './schema.ts'

/** Where a list goes on: the time and the id of the last row shown. */
export type After = readonly [Date, string] | undefined

/**
 * A page of a query, newest first by the column `time`, and by id where times are equal. It looks up where
 * the page before ended and counts nothing, so that a list costs the same on every page and stays stable
 * while rows arrive; `time` and `id` want an index behind the company.
 */
export function newestFirst<Query>(
  query: Query,
  time: 'createdAt' | 'startedAt' | 'at',
  after: After,
  most: number,
): Query {
  const rows = query as SelectQueryBuilder<DB, never, unknown>
  const behind = after
    ? rows.where(sql<boolean>`(${sql.ref(time)}, id) < (${after[0]}, ${after[1]})`)
    : rows
  return behind.orderBy(sql.ref(time), 'desc').orderBy(sql.ref('id'), 'desc').limit(most) as Query
}
