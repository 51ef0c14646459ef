import { arrayOf } from '../../platform/arrays.ts'
import { type Column, layOut } from '../../platform/rows.ts'
import type { Run } from '../../platform/run.ts'
import type { Key } from '../commands.ts'
import type { Moment } from '../pool.ts'
import { iso, type Owned } from './rows.ts'

/** A key that had an effect, and where to find it. */
export interface KnownKey {
  /** Its place among the keys that were looked up. */
  n: number
  at: Moment
  result: number
  fingerprint: bigint
}

export async function readKeys(run: Run, keys: Owned<Key>[]): Promise<KnownKey[]> {
  const rows = await run<{ n: bigint; at: Date; result: bigint; fingerprint: bigint }>(
    'ledger-keys',
    `select x.n, k.at, k.result, k.fingerprint from unnest($1::int[], $2::uuid[]) with ordinality x(c, h, n)
     cross join lateral (select at, result, fingerprint from ledger_key where company_id = x.c and hash = x.h limit 1) k`,
    [arrayOf(keys.map((key) => key.companyNo)), `{${keys.map((key) => key.it.hash).join(',')}}`],
  )
  return rows.map((row) => ({
    n: Number(row.n) - 1,
    at: row.at.getTime(),
    result: Number(row.result),
    fingerprint: row.fingerprint,
  }))
}

/** A key that has an effect now. */
export interface NewKey {
  key: Key
  kind: number
  at: Moment
  result: number
}

const keyColumns: Column<Owned<NewKey>>[] = [
  { name: 'company_id', type: 'int', of: (key) => key.companyNo },
  { name: 'hash', type: 'uuid', of: ({ it }) => it.key.hash },
  { name: 'kind', type: 'smallint', of: ({ it }) => it.kind },
  { name: 'fingerprint', type: 'bigint', of: ({ it }) => it.key.fingerprint },
  { name: 'at', type: 'timestamptz', of: ({ it }) => iso(it.at) },
  { name: 'result', type: 'bigint', of: ({ it }) => it.result },
]

/**
 * Remembers keys, for as long as the ledger lives; in one order, so that two groups with the same keys
 * do not wait for each other.
 */
export async function insertKeys(run: Run, keys: Owned<NewKey>[]): Promise<void> {
  const ordered = keys.sort((a, b) => (a.it.key.hash < b.it.key.hash ? -1 : 1))
  const { shape, list, values } = layOut(keyColumns, ordered)
  await run(
    `ledger-insert-keys-${shape}`,
    `insert into ledger_key (${keyColumns.map((column) => column.name)}) select ${list}`,
    values,
  )
}
