import { invalid } from './problem.ts'

/** What a cursor may carry, and how it reads back. */
type Parts = { text: string; int: number; bigint: bigint; time: Date }
type PartKind = keyof Parts
type PartsOf<Kinds extends readonly PartKind[]> = { [I in keyof Kinds]: Parts[Kinds[I]] }

/** The opaque text that says where a list goes on: the sort keys of the last row shown. */
export function writeCursor(parts: readonly Parts[PartKind][]): string {
  const plain = parts.map((part) =>
    part instanceof Date ? part.toISOString() : typeof part === 'bigint' ? String(part) : part,
  )
  return Buffer.from(JSON.stringify(plain)).toString('base64url')
}

/** Reads a cursor back: `readCursor(asked.cursor, 'time', 'text')`. Refuses, naming `cursor`, what no list gave. */
export function readCursor<const Kinds extends readonly PartKind[]>(
  cursor: string | undefined,
  ...kinds: Kinds
): PartsOf<Kinds> | undefined {
  if (cursor === undefined) return undefined
  const plain = parse(cursor)
  if (!Array.isArray(plain) || plain.length !== kinds.length) throw refused()
  return kinds.map((kind, i) => readPart(kind, plain[i])) as never
}

/**
 * A page from one row more than it shows: when that row is there, the page ends with a cursor made of
 * the last shown row's sort keys.
 */
export function pageOf<Row>(
  rows: readonly Row[],
  limit: number,
  keysOf: (row: Row) => readonly Parts[PartKind][],
): { data: Row[]; nextCursor: string | null } {
  const data = rows.slice(0, limit)
  const last = data.at(-1)
  return { data, nextCursor: rows.length > limit && last ? writeCursor(keysOf(last)) : null }
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return undefined
  }
}

function readPart(kind: PartKind, value: unknown): Parts[PartKind] {
  if (kind === 'text' && typeof value === 'string' && isStorable(value)) return value
  if (kind === 'int' && Number.isInteger(value) && Math.abs(value as number) < 2 ** 31) {
    return value as number
  }
  if (kind === 'bigint' && typeof value === 'string' && /^-?\d{1,18}$/.test(value)) {
    return BigInt(value)
  }
  const isTime = typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)
  if (kind === 'time' && isTime && !Number.isNaN(Date.parse(value))) return new Date(value)
  throw refused()
}

function isStorable(value: string): boolean {
  return value.length <= 1000 && !value.includes('\0') && value.isWellFormed()
}

function refused() {
  return invalid('cursor', 'is not one that this list gave')
}
