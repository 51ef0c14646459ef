import { arrayOf, textArray } from './arrays.ts'

/** What a row says in a column, as it goes to PostgreSQL; texts carry moments, JSON and uuids too. */
export type Value = number | bigint | boolean | string | null

/** A column of rows that travel together: its name, its PostgreSQL type, and what a row says in it. */
export interface Column<Row> {
  name: string
  type: string
  of: (row: Row) => Value
}

/** Rows laid out for one statement. */
export interface LaidOut {
  /** Which columns travel as arrays: statements of the same shape have the same text. */
  shape: string
  /** The select list: `$1::int as c, unnest($2::bigint[]) as seq`. */
  list: string
  values: unknown[]
}

/**
 * Lays rows out as a select list. A column in which all rows say the same travels once, the others as
 * arrays that are unnested side by side; one row is plain values. The server then parses and copies only
 * what differs. At least one column must tell the rows apart.
 */
export function layOut<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): LaidOut {
  let shape = 0
  const list: string[] = []
  const values: unknown[] = []
  columns.forEach(({ name, type, of }, k) => {
    const first = of(rows[0]!)
    const differs = rows.findIndex((row, i) => i > 0 && of(row) !== first)
    if (differs < 0) {
      list.push(`$${k + 1}::${type} as ${name}`)
      values.push(first)
    } else {
      shape += 2 ** k
      list.push(`unnest($${k + 1}::${type}[]) as ${name}`)
      values.push(literalOf(rows.map(of)))
    }
  })
  return { shape: shape.toString(36), list: list.join(', '), values }
}

function literalOf(all: Value[]): string {
  return all.some((value) => typeof value === 'string')
    ? textArray(all as (string | null)[])
    : arrayOf(all as (number | bigint | boolean | null)[])
}
