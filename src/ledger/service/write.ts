import { randomBytes } from 'node:crypto'
import type { CompanyNo } from '../../kit/caller.ts'
import type { Run } from '../../platform/run.ts'
import type { Book } from '../book.ts'
import {
  type Asked,
  type Command,
  type CompanionSession,
  type Detail,
  type Rider,
  resultOf,
} from '../commands.ts'
import type { Moment } from '../pool.ts'
import { insertDetails, insertEntries, insertRareRows, openMonth } from '../store/entries.ts'
import { insertGrants, updateGrants } from '../store/grants.ts'
import { insertHolds, updateHolds } from '../store/holds.ts'
import { insertKeys, type NewKey } from '../store/keys.ts'
import { type PoolChange, updatePools } from '../store/pools.ts'
import type { Owned } from '../store/rows.ts'
import type { Settled } from './decide.ts'

const kinds: Asked['kind'][] = [
  'charge',
  'hold',
  'capture',
  'release',
  'refund',
  'grant',
  'void',
  'settle',
]

/** Which months have a partition. */
export interface Months {
  /** The months known to have a partition, as year * 12 + month. */
  months: ReadonlySet<number>
  /** The months for which this group made sure of one; known to others once it has committed. */
  opened: Set<number>
}

/** What a group decided, on its way into the database. */
export interface Decided {
  books: Book[]
  sessions: CompanionSession[]
  commands: Command[]
  settled: Settled[]
  nowOf: (book: Book) => Moment
  /** Whether the pools are as they are remembered, and not locked. */
  fromMemory: boolean
}

/**
 * Asks for all that a group has to write, before it awaits anything of its own. What is only added comes
 * first and the pools after it: a group that decided from memory waits for the one before it no earlier
 * than it must, and whatever it added is gone when the pools turn out to be others.
 */
export async function writeAll(run: Run, decided: Decided, months: Months): Promise<void> {
  const { books, sessions, commands, settled, nowOf, fromMemory } = decided
  const writes: Promise<unknown>[] = []
  const own = <T>(pick: (book: Book) => Iterable<T>) =>
    books.flatMap((book) =>
      Array.from(pick(book), (it) => ({ companyNo: book.pool.companyNo, it })),
    )
  const when = <T>(rows: T[], write: (run: Run, rows: T[]) => Promise<void>) => {
    if (rows.length) writes.push(write(run, rows))
  }
  const entries = own((book) => book.entries)
  for (const month of unopenedMonths(
    months,
    entries.map(({ it }) => it.at),
  )) {
    writes.push(openMonth(run, month))
  }
  when(entries, insertEntries)
  const times = new Map(books.map((book) => [book.pool.companyNo, nowOf(book)]))
  when(
    newKeys(commands, settled, (companyNo) => times.get(companyNo)!),
    insertKeys,
  )
  when(newDetails(commands, settled), insertDetails)
  when(
    own((book) => pickAll(book.holds, book.newHolds)),
    insertHolds,
  )
  when(
    books.filter(hasChanged).map((book) => stamped(book, fromMemory)),
    updatePools,
  )
  when(
    own((book) => pickAll(book.grants, book.newGrants)),
    insertGrants,
  )
  when(
    own((book) => pickAll(book.grants, book.changedGrants.difference(book.newGrants))),
    updateGrants,
  )
  when(
    own((book) => pickAll(book.holds, book.changedHolds.difference(book.newHolds))),
    updateHolds,
  )
  for (const book of books) writes.push(insertRareRows(run, book))
  for (const session of sessions) if (session.write) writes.push(session.write(run))
  for (const [rider, rows] of doneRiders(commands, settled)) writes.push(rider.write(run, rows))
  await Promise.all(writes)
}

/** The rows of the commands that were done, by who writes them. */
function doneRiders(commands: Command[], settled: Settled[]) {
  const riders = new Map<Rider, Parameters<Rider['write']>[1]>()
  commands.forEach((command, i) => {
    const end = settled[i]
    if (!command.rider || !end || !('outcome' in end)) return
    const { outcome } = end
    if (outcome.kind === 'replay' || outcome.kind === 'stale') return
    const rows = riders.get(command.rider.by) ?? []
    rows.push({ row: command.rider.row, command, outcome })
    riders.set(command.rider.by, rows)
  })
  return riders
}

/** Whether anything of a pool's book is to be written; the pool is then written with it. */
function hasChanged(book: Book): boolean {
  const { pool, found } = book
  return (
    book.entries.length > 0 ||
    book.newGrants.size > 0 ||
    book.changedGrants.size > 0 ||
    book.changedHolds.size > 0 ||
    book.begunPeriods.length > 0 ||
    found.nextDueAt !== pool.nextDueAt ||
    found.periodStart !== pool.periodStart ||
    found.used !== pool.used
  )
}

/** A stamp that no pool ever had. */
export function newStamp(): bigint {
  return randomBytes(8).readBigInt64BE()
}

/** A pool with a stamp of its own. */
function stamped({ pool, found }: Book, fromMemory: boolean): PoolChange {
  pool.stamp = newStamp()
  return { pool, remembered: fromMemory ? found.stamp : null }
}

/** The first moments of the months that this process has not yet seen a partition for. */
export function unopenedMonths({ months, opened }: Months, moments: Moment[]): Moment[] {
  const unopened: Moment[] = []
  let last = -1
  for (const at of moments) {
    if (at === last) continue
    last = at
    const date = new Date(at)
    const month = date.getUTCFullYear() * 12 + date.getUTCMonth()
    if (months.has(month) || opened.has(month)) continue
    unopened.push(at)
    opened.add(month)
  }
  return unopened
}

function pickAll<K, V>(from: Map<K, V>, keys: Set<K>): V[] {
  return [...keys].map((key) => from.get(key)!)
}

function newKeys(
  commands: Command[],
  settled: Settled[],
  nowOf: (companyNo: CompanyNo) => Moment,
): Owned<NewKey>[] {
  return commands.flatMap(({ companyNo, asked, key }, i) => {
    const end = settled[i]
    const result = key && end && 'outcome' in end && resultOf(end.outcome, nowOf(companyNo))
    if (!key || !result) return []
    return [{ companyNo, it: { key, kind: kinds.indexOf(asked.kind) + 1, ...result } }]
  })
}

function newDetails(
  commands: Command[],
  settled: Settled[],
): Owned<{ seq: number; detail: Detail }>[] {
  return commands.flatMap(({ companyNo, asked }, i) => {
    const end = settled[i]
    if (!end || !('outcome' in end) || !('detail' in asked) || !asked.detail) return []
    const { outcome } = end
    const seq =
      outcome.kind === 'charge' || outcome.kind === 'capture'
        ? outcome.charged.seq
        : outcome.kind === 'hold'
          ? outcome.hold.id
          : undefined
    return seq === undefined ? [] : [{ companyNo, it: { seq, detail: asked.detail } }]
  })
}
