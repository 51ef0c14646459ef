import { readCursor, writeCursor } from '../kit/cursor.ts'
import { Problem } from '../kit/problem.ts'

/** How many things a page has. */
export const PAGE_SIZE = 100

/** Where in a list an answer stands. */
export interface Records {
  totalRecords: number
  currentPageSize: number
  /** 0 is the first. */
  currentPageNumber: number
  /** How to ask for the next page; missing on the last one. */
  cursor?: string
}

export function recordsOf(total: number, size: number, page: number, cursor?: string): Records {
  const own = { totalRecords: total, currentPageSize: size, currentPageNumber: page }
  return cursor === undefined ? own : { ...own, cursor }
}

/** A page of a list that is short enough to be read whole. */
export function pageOf<Row>(
  rows: readonly Row[],
  what: string,
  cursor: string | undefined,
): { rows: Row[]; records: Records } {
  const [page] = readCursor(cursor, 'int') ?? [0]
  const start = Math.max(0, page) * PAGE_SIZE
  const shown = rows.slice(start, start + PAGE_SIZE)
  if (shown.length === 0) throw noneFound(what)
  const next = start + PAGE_SIZE < rows.length ? writeCursor([page + 1]) : undefined
  return { rows: shown, records: recordsOf(rows.length, shown.length, page, next) }
}

/** An empty list is a refusal on these doors. */
export function noneFound(what: string): Problem {
  return new Problem('not-found', `No ${what} were found.`)
}
