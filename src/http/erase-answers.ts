import { sql } from 'kysely'
import type { ErasureListener } from '../conversations/deps.ts'
import { arrayOf } from '../platform/arrays.ts'
import { hashOf } from './named.ts'

/** Takes the answers away that were remembered under keys and name what is erased. */
export function keptAnswersOnErasure(): ErasureListener {
  return async (tx, companyNo, { as, items, email }) => {
    if (as !== 'erased') return
    const names = [...items.map(({ id }) => id), ...(email === undefined ? [] : [email])]
    if (names.length === 0) return
    await sql`update request_key set answer = null, names = '{}'
      where company_id = ${companyNo} and names && ${arrayOf(names.map(hashOf))}::bigint[]`.execute(
      tx,
    )
  }
}
