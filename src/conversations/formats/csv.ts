import { createHash } from 'node:crypto'
import { parse } from 'csv-parse/sync'
import type { EntityType } from '../selection.ts'
import type { Line } from './lines.ts'

/** One record of a CSV file, with the line it begins at; or why that line is none. */
export type CsvRecord = { line: number } & ({ cells: string[] } | { error: string })

const RECORD_LINES_MAX = 1_000
const RECORD_CHARACTERS_MAX = 1_000_000
const UNCLOSED = 'has a quote that does not end'
const MISPLACED = 'has a quote in the wrong place'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Cuts the lines of a CSV file into records, which may go over several lines inside quotes. A quote that
 * does not end costs its own line only: what follows is read anew from the next one.
 */
export function csvCutter(delimiter: string) {
  let held: { no: number; text: string }[] = []
  let characters = 0
  let isOpen = false

  function* add(no: number, text: string): Generator<CsvRecord> {
    held.push({ no, text })
    characters += text.length
    const scanned = scan(text, isOpen, delimiter)
    isOpen = scanned.isOpen
    if (scanned.isFaulty) yield* giveUp(MISPLACED)
    else if (!isOpen) yield* take()
    else if (held.length >= RECORD_LINES_MAX || characters >= RECORD_CHARACTERS_MAX) {
      yield* giveUp(UNCLOSED)
    }
  }

  function* take(): Generator<CsvRecord> {
    const line = held[0]!.no
    const text = held.map((one) => one.text).join('\n')
    const cells = cellsOf(text, delimiter)
    if (typeof cells === 'string') return yield* giveUp(cells)
    reset()
    if (text.trim() !== '') yield { line, cells }
  }

  /** Tells the first line that is held as faulty, and reads the others again. */
  function* giveUp(error: string): Generator<CsvRecord> {
    const [first, ...rest] = held
    reset()
    yield { line: first!.no, error }
    for (const { no, text } of rest) yield* add(no, text)
  }

  function reset(): void {
    held = []
    characters = 0
    isOpen = false
  }

  function* end(): Generator<CsvRecord> {
    while (held.length > 0) yield* giveUp(UNCLOSED)
  }

  return {
    /** The records that this line ends. */
    *push({ no, bytes }: Line): Generator<CsvRecord> {
      const text = bytes && decoded(bytes)
      if (text !== undefined) return yield* add(no, text)
      yield* end()
      yield { line: no, error: bytes ? 'is not UTF-8' : 'is longer than 10 MB' }
    },
    /** What is left when the file is at its end. */
    end,
  }
}

/** What parts the cells of a file, as its first line tells: a comma, semicolon or tab. */
export function delimiterOf({ bytes }: Line): string {
  const text = (bytes && decoded(bytes)) ?? ''
  const counts = [',', ';', '\t'].map((sign) => ({ sign, times: text.split(sign).length }))
  return counts.reduce((most, one) => (one.times > most.times ? one : most)).sign
}

/** What the columns of a file mean, in their order; a text says why they cannot be used. */
export function columnsOf(kind: EntityType, names: readonly string[]): Column[] | string {
  const known = new Map(Object.entries(meanings[kind]))
  const columns = names.map((name) => known.get(name.toLowerCase().replace(/[^a-z0-9]/g, '')))
  const isNamed = columns.some((column) => column === 'name' || column === 'lastName')
  return isNamed ? columns : `the header has no column name; it has: ${shown(names)}`
}

/** A record as the entity it describes, before it is checked; or why it is none. Empty cells say nothing. */
export function entityOf(
  kind: EntityType,
  columns: readonly Column[],
  cells: readonly string[],
): { entity: Record<string, unknown> } | { error: string } {
  if (cells.length !== columns.length) {
    return { error: `has ${cells.length} cells where the header has ${columns.length}` }
  }
  const given: Partial<Record<NonNullable<Column>, string>> = {}
  for (const [i, column] of columns.entries()) {
    const value = cells[i]!.trim()
    if (column && value !== '') given[column] ??= value
  }
  const { firstName, lastName, domains, status, stage, ...entity } = given
  const name = entity.name ?? [firstName, lastName].filter(Boolean).join(' ')
  const own = {
    ...entity,
    ...(name ? { name } : {}),
    ...(domains ? { domains: domains.split(/[\s;,|]+/).flatMap(domainOf) } : {}),
    ...(status || stage ? { status: statusOf(status, stage) } : {}),
  }
  if (entity.id || entity.externalId) return { entity: own }
  // The same row is the same entity when it comes again.
  const key = given.email?.toLowerCase() ?? `${name}\n${given.accountId ?? ''}`
  const hash = createHash('sha256').update(`${kind}\n${key}`).digest('hex').slice(0, 40)
  return { entity: { ...own, id: `csv_${hash}` } }
}

/** What a column gives; undefined for one that is not read. */
export type Column =
  | 'id'
  | 'externalId'
  | 'name'
  | 'firstName'
  | 'lastName'
  | 'email'
  | 'domains'
  | 'accountId'
  | 'status'
  | 'stage'
  | undefined

const every: Record<string, Column> = {
  ...{ id: 'id', recordid: 'id', externalid: 'externalId', crmid: 'externalId', name: 'name' },
}
const person: Record<string, Column> = {
  ...{ fullname: 'name', firstname: 'firstName', lastname: 'lastName' },
  ...{ email: 'email', emailaddress: 'email', mail: 'email' },
}
const ofAccount: Record<string, Column> = {
  ...{ accountid: 'accountId', associatedcompanyid: 'accountId' },
}

/** The names of columns, in small letters and digits only, as CRMs write them. */
const meanings: Record<EntityType, Record<string, Column>> = {
  account: {
    ...every,
    ...{ accountid: 'id', accountname: 'name', company: 'name', companyname: 'name' },
    ...{ domain: 'domains', domains: 'domains', website: 'domains', companydomainname: 'domains' },
  },
  contact: { ...every, ...person, ...ofAccount, contactid: 'id', contactname: 'name' },
  lead: { ...every, ...person, leadid: 'id', leadname: 'name' },
  deal: {
    ...every,
    ...ofAccount,
    ...{ dealid: 'id', opportunityid: 'id', dealname: 'name', opportunityname: 'name' },
    ...{ status: 'status', stage: 'stage', dealstage: 'stage', stagename: 'stage' },
  },
}

function domainOf(text: string): string[] {
  const domain = text
    .toLowerCase()
    .replace(/^[a-z]+:\/\//, '')
    .replace(/^www\./, '')
    .replace(/[/:?#].*$/, '')
  return domain ? [domain] : []
}

/** A deal's status; of a sales stage only whether it was won or lost counts. */
function statusOf(status: string | undefined, stage: string | undefined): string {
  const given = (status ?? stage ?? '').toLowerCase()
  const end = /^(?:closed[ _-]?)?(won|lost)$/.exec(given)?.[1]
  return end ?? (status === undefined ? 'open' : given)
}

/** Whether a record goes on behind a line, and whether a quote in it closes in the middle of a cell. */
function scan(text: string, wasOpen: boolean, delimiter: string) {
  let isOpen = wasOpen
  let isFaulty = false
  if (!text.includes('"')) return { isOpen, isFaulty }
  let isFieldStart = !wasOpen
  for (let i = 0; i < text.length; i += 1) {
    const sign = text[i]
    if (isOpen) {
      if (sign !== '"') continue
      if (text[i + 1] === '"') i += 1
      else {
        isOpen = false
        isFaulty ||= i + 1 < text.length && text[i + 1] !== delimiter
      }
    } else if (sign === '"' && isFieldStart) {
      isOpen = true
      isFieldStart = false
    } else isFieldStart = sign === delimiter
  }
  return { isOpen, isFaulty }
}

/** The cells of one record; a text says why it is none. */
function cellsOf(text: string, delimiter: string): string[] | string {
  if (!text.includes('"')) return text.split(delimiter)
  try {
    const [cells = [], more] = parse(text, {
      ...{ delimiter, relax_quotes: true, relax_column_count: true },
    }) as string[][]
    return more ? MISPLACED : cells
  } catch {
    return MISPLACED
  }
}

function decoded(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

function shown(names: readonly string[]): string {
  return JSON.stringify(names.map((name) => name.slice(0, 40)).slice(0, 20))
}
