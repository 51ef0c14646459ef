import assert from 'node:assert/strict'
import type { CompanyNo } from '../../kit/caller.ts'
import type { Run } from '../../platform/run.ts'
import type { Book } from '../book.ts'
import type { Command } from '../commands.ts'
import type { Memory } from '../memory.ts'
import type { Moment } from '../pool.ts'
import { decideAll, type Settled } from './decide.ts'
import { concernedIn, type GroupContext, openDesk } from './desk.ts'
import { unopenedMonths, writeAll } from './write.ts'

/** What a group decided, still to be written. */
export interface DoneGroup {
  settled: Settled[]
  books: Book[]
  write: (run: Run) => Promise<void>
  /** Whether all that is written is asked for before anything is awaited. */
  writesAtOnce: boolean
}

/**
 * Does a group of commands on any number of pools inside the transaction behind `run`: locks the pools,
 * looks up the keys, catches up with what fell due, and decides each command in order. The caller writes
 * all that came of it and commits, and answers nobody before the commit has returned.
 */
export async function readGroup(
  run: Run,
  commands: Command[],
  context: GroupContext,
): Promise<DoneGroup> {
  const desk = await openDesk(run, commands, context)
  const settled = desk.decideAll(commands)
  return {
    settled,
    books: desk.books,
    write: () => desk.write(commands, settled),
    writesAtOnce:
      context.companions.every((companion) => companion.writesAtOnce) &&
      commands.every(({ rider }) => !rider || rider.by.writesAtOnce),
  }
}

/** Commands whose pools are remembered with all they need, those pools, and the commands that must read. */
export interface Recalled {
  books: Map<CompanyNo, Book>
  recalled: Command[]
  others: Command[]
}

/** Tells which commands can be decided from memory: all of a company's, or none. */
export function recall(memory: Memory, commands: Command[], context: GroupContext): Recalled {
  const books = new Map<CompanyNo, Book>()
  const asked = Map.groupBy(commands, (command) => command.companyNo)
  for (const [companyNo, its] of asked) {
    if (!its.every(needsNoReading)) continue
    const holds = its.flatMap(({ asked }) => ('holdId' in asked ? [asked.holdId] : []))
    const book = memory.recall(companyNo, holds)
    if (book && isReady(book, context)) books.set(companyNo, book)
  }
  if (books.size === asked.size) return { books, recalled: commands, others: [] }
  const recalled = commands.filter((command) => books.has(command.companyNo))
  const others = commands.filter((command) => !books.has(command.companyNo))
  return { books, recalled, others }
}

const FROM_MEMORY = new Set<Command['asked']['kind']>(['charge', 'hold', 'capture', 'release'])

function needsNoReading({ asked, rider }: Command): boolean {
  return FROM_MEMORY.has(asked.kind) && (!rider || (!rider.by.check && !!rider.by.writesAtOnce))
}

/** Whether nothing of a pool has fallen due, and nobody has to read for it. */
function isReady(book: Book, { companions, now }: GroupContext): boolean {
  const { clock, nextDueAt } = book.pool
  return (
    (nextDueAt === null || nextDueAt > (clock ?? now)) &&
    companions.every((companion) => companion.writesAtOnce && !companion.reads?.(book.pool))
  )
}

/**
 * Does a group on remembered pools: reads nothing, so that all of it is one message and one commit. Gives
 * nothing where memory may not decide: for a command that would be refused, since its key may have had an
 * effect before and the pool may have changed. Memory is then as if it had not been asked.
 */
export async function recallGroup(
  memory: Memory,
  { books: byCompany, recalled: commands }: Recalled,
  context: GroupContext,
): Promise<DoneGroup | undefined> {
  const books = [...byCompany.values()].sort((a, b) => a.pool.companyNo - b.pool.companyNo)
  const nowOf = ({ pool }: Book): Moment => pool.clock ?? context.now
  const past = new Map()
  const sessions = await Promise.all(
    context.companions.map((companion) =>
      companion.open(nothingIsRead, books, nowOf, (book) => concernedIn(book, commands, past)),
    ),
  )
  for (const book of books) for (const session of sessions) session.record?.(book)
  const bookOf = (companyNo: CompanyNo) => byCompany.get(companyNo)!
  const none = new Map()
  const settled = decideAll(commands, {
    ...{ bookOf, nowOf, sessions, past },
    ...{ known: none, riding: none },
  })
  const undecided = commands.filter((_, i) => !wasDone(settled[i]!))
  const moments = books.flatMap((book) => book.entries.map((entry) => entry.at))
  const months = { months: context.months, opened: new Set<number>() }
  if (undecided.length || unopenedMonths(months, moments).length) {
    for (const book of books) memory.drop(book.pool.companyNo)
    for (const command of undecided) memory.distrust(command.companyNo)
    return undefined
  }
  const write = (run: Run) =>
    writeAll(run, { books, sessions, commands, settled, nowOf, fromMemory: true }, months)
  return { settled, books, write, writesAtOnce: true }
}

function wasDone(end: Settled): boolean {
  return 'outcome' in end && end.outcome.kind !== 'stale' && end.outcome.kind !== 'replay'
}

const nothingIsRead: Run = async (name) => {
  assert.fail(`${name} reads where a companion said that it would not`)
}
