import { formatCredits, toJson } from '../kit/credits.ts'

/** A cell of a report: a text, a number, an amount of credits (always a bigint), or nothing. */
export type Cell = string | number | bigint | null

/** One column: its heading, its name in JSON, and what a row has in it. */
export interface Column<Row> {
  title: string
  name: string
  of: (row: Row) => Cell
}

/** What a spreadsheet would take for the beginning of a formula, and the guard against it. */
const TRIGGER = /^[=+\-@\t\r\n\0＝＋－＠']/

/** The heading line of a report. */
export function csvHead<Row>(columns: readonly Column<Row>[]): string {
  return csvLine(columns.map(({ title }) => title))
}

/** A row as a line of CSV (RFC 4180). */
export function csvRow<Row>(columns: readonly Column<Row>[], row: Row): string {
  return csvLine(columns.map(({ of }) => of(row)))
}

/** A row as JSON, under the columns' names. */
export function jsonRow<Row>(columns: readonly Column<Row>[], row: Row): string {
  const entries = columns.map(({ name, of }) => {
    const cell = of(row)
    return [name, typeof cell === 'bigint' ? toJson(cell) : cell]
  })
  return JSON.stringify(Object.fromEntries(entries))
}

function csvLine(cells: Cell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`
}

/**
 * A text that a spreadsheet would take for a formula gets a leading apostrophe, which it does not show;
 * so does one that begins with an apostrophe, so that taking one off always gives the text itself.
 * Numbers stay numbers.
 */
function csvCell(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell === 'bigint') return formatCredits(cell)
  if (typeof cell === 'number') return String(cell)
  const safe = TRIGGER.test(cell) ? `'${cell}` : cell
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
