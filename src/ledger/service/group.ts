import assert from 'node:assert/strict'
import type { CompanyNo } from '../../kit/caller.ts'
import { Problem } from '../../kit/problem.ts'
import type { Run } from '../../platform/run.ts'
import { type Book, openBook } from '../book.ts'
import {
  type Asked,
  type Command,
  type Companion,
  type CompanionSession,
  type Detail,
  decide,
  type Outcome,
  type PastCharges,
  pastKey,
  type Rider,
  resultOf,
} from '../commands.ts'
import { catchUp } from '../due.ts'
import type { Attribution, Draw, Grant, Moment, Pool } from '../pool.ts'
import * as store from '../store/groups.ts'

/** A command's end: what was done, or why it was refused. */
export type Settled = { outcome: Outcome } | { refusal: Problem }

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
const nothingRefused: CompanionSession = {}

/** What a group needs beside its commands. */
export interface GroupContext {
  companions: Companion[]
  /** Real time; a company on a test clock has its own. */
  now: Moment
  /** The months known to have a partition, as year * 12 + month. */
  months: ReadonlySet<number>
  /** The months for which this group made sure of one; known to others once it has committed. */
  opened: Set<number>
}

/**
 * Does a group of commands on any number of pools inside the transaction behind `run`: locks the pools,
 * looks up the keys, catches up with what fell due, and decides each command in order. The caller writes
 * all that came of it and commits, and answers nobody before the commit has returned.
 */
export async function runGroup(
  run: Run,
  commands: Command[],
  context: GroupContext,
): Promise<DoneGroup> {
  const desk = await openDesk(run, commands, context)
  const settled = desk.decideAll(commands)
  const { companions } = context
  return {
    settled,
    write: () => desk.write(commands, settled),
    writesAtOnce:
      companions.every((companion) => companion.writesAtOnce) &&
      commands.every(({ rider }) => !rider || rider.by.writesAtOnce),
  }
}

/** What a group decided, still to be written. */
export interface DoneGroup {
  settled: Settled[]
  write: () => Promise<void>
  /** Whether all that is written is asked for before anything is awaited. */
  writesAtOnce: boolean
}

/** The books of one transaction. */
export interface Desk {
  book(companyNo: CompanyNo): Book
  /** The time of a company: its test clock's, else now. */
  now(book: Book): Moment
  decideAll(commands: Command[]): Settled[]
  write(commands: Command[], settled: Settled[]): Promise<void>
}

/** Locks the pools of these commands and lays out all that deciding them needs. */
export async function openDesk(
  run: Run,
  commands: Command[],
  context: GroupContext,
): Promise<Desk> {
  const companies = [...new Set(commands.map((command) => command.companyNo))].sort((a, b) => a - b)
  const keyed = commands.filter((command) => command.key)
  const wanted = wantedOf(commands)
  // All of these are on the wire before the first answer is back.
  const [pools, live, keys, holds, past] = await Promise.all([
    store.lockPools(run, companies),
    store.readLiveGrants(run, companies),
    keyed.length
      ? store.readKeys(
          run,
          keyed.map(({ companyNo, key }) => ({ companyNo, it: key! })),
        )
      : [],
    wanted.holds.length ? store.readHolds(run, wanted.holds) : [],
    wanted.refunds.length ? store.readPastCharges(run, wanted.refunds) : (new Map() as PastCharges),
  ])
  const grants = new Map<CompanyNo, Map<number, Grant>>(companies.map((no) => [no, new Map()]))
  const shelf = (companyNo: CompanyNo) => grants.get(companyNo)!
  for (const { companyNo, it } of live) shelf(companyNo).set(it.no, it)
  // Grants that are spent, but that a refund, a capture or a void may touch.
  const drawn = (companyNo: CompanyNo, draws: Draw[] = []) =>
    draws.map((draw) => ({ companyNo, it: draw.grantNo }))
  const dormant = [
    ...wanted.grants,
    ...wanted.refunds.flatMap(({ companyNo, at, seq }) =>
      drawn(companyNo, past.get(pastKey(companyNo, at, seq))?.draws),
    ),
    ...holds.flatMap(({ companyNo, it }) => drawn(companyNo, it.draws)),
  ].filter(({ companyNo, it }) => !shelf(companyNo).has(it))
  if (dormant.length) {
    for (const { companyNo, it } of await store.readGrants(run, dormant))
      shelf(companyNo).set(it.no, it)
  }

  const books = new Map(
    pools.map((pool) => [pool.companyNo, openBook(pool, [...shelf(pool.companyNo).values()])]),
  )
  const bookOf = (companyNo: CompanyNo): Book => {
    const book = books.get(companyNo)
    assert(book, `company ${companyNo} has a pool`)
    return book
  }
  for (const { companyNo, it } of holds) bookOf(companyNo).holds.set(it.id, it)
  const nowOf = (book: Book): Moment => book.pool.clock ?? context.now
  const before = new Map([...books.values()].map((book) => [book, { ...book.pool }]))
  for (const book of books.values()) {
    const { nextDueAt } = book.pool
    if (nextDueAt !== null && nextDueAt <= nowOf(book)) await layOutDue(run, book, nowOf(book))
  }
  const sessions = await Promise.all(
    context.companions.map((companion) =>
      companion.open(run, [...books.values()], nowOf, (book) => concernedIn(book, commands, past)),
    ),
  )
  for (const book of books.values()) {
    catchUp(book, nowOf(book))
    for (const session of sessions) session.record?.(book)
  }
  const known = new Map(keys.map((key) => [keyed[key.n], key]))
  const riding = await checkRiders(run, commands)
  return {
    book: bookOf,
    now: nowOf,
    decideAll: (asked) => decideAll(asked, { bookOf, nowOf, known, past, sessions, riding }),
    write: (asked, settled) =>
      writeAll(run, [...books.values()], before, sessions, asked, settled, context),
  }
}

/** What commands name that is not on the desk by itself. */
function wantedOf(commands: Command[]) {
  const holds: store.Owned<number>[] = []
  const grants: store.Owned<number>[] = []
  const refunds: { companyNo: CompanyNo; at: Moment; seq: number }[] = []
  for (const { companyNo, asked } of commands) {
    if (asked.kind === 'capture' || asked.kind === 'release')
      holds.push({ companyNo, it: asked.holdId })
    else if (asked.kind === 'void') grants.push({ companyNo, it: asked.grantNo })
    else if (asked.kind === 'refund')
      refunds.push({ companyNo, at: asked.chargeAt, seq: asked.chargeSeq })
  }
  return { holds, grants, refunds }
}

/** Everybody for whom these commands, and the holds on the desk, may change what is used or held. */
function concernedIn(book: Book, commands: Command[], past: PastCharges): Attribution[] {
  const found = new Map<number, Attribution>()
  const add = (attribution: Attribution | undefined) => {
    if (attribution) found.set(attribution.id, attribution)
  }
  for (const { companyNo, asked } of commands) {
    if (companyNo !== book.pool.companyNo) continue
    if (asked.kind === 'charge' || asked.kind === 'hold') add(asked.priced.attribution)
    if (asked.kind === 'refund') {
      add(past.get(pastKey(companyNo, asked.chargeAt, asked.chargeSeq))?.attribution)
    }
  }
  for (const hold of book.holds.values()) add(hold.attribution)
  return [...found.values()]
}

/** Fetches what `catchUp` needs of a pool in which something is due. */
async function layOutDue(run: Run, book: Book, until: Moment): Promise<void> {
  const { companyNo } = book.pool
  const [holds, nextHoldExpiry, periods] = await Promise.all([
    store.readDueHolds(run, companyNo, until),
    store.readNextHoldExpiry(run, companyNo, until),
    store.readPeriods(run, companyNo),
  ])
  for (const hold of holds) if (!book.holds.has(hold.id)) book.holds.set(hold.id, hold)
  book.nextHoldExpiry = nextHoldExpiry
  book.periods = periods
  const dormant = holds
    .flatMap((hold) => hold.draws.map((draw) => ({ companyNo, it: draw.grantNo })))
    .filter(({ it }) => !book.grants.has(it))
  if (dormant.length) {
    for (const { it } of await store.readGrants(run, dormant)) book.grants.set(it.no, it)
  }
}

/** Asks each rider which of its rows must not go through. */
async function checkRiders(run: Run, commands: Command[]): Promise<Map<Command, Problem>> {
  const refused = new Map<Command, Problem>()
  for (const [rider, riding] of ridersOf(commands)) {
    const refusals = await rider.check?.(
      run,
      riding.map((command) => command.rider?.row),
    )
    refusals?.forEach((refusal, i) => {
      const command = riding[i]
      if (refusal && command) refused.set(command, refusal)
    })
  }
  return refused
}

function ridersOf(commands: Command[]): Map<Rider, Command[]> {
  const riders = new Map<Rider, Command[]>()
  for (const command of commands) {
    if (!command.rider) continue
    const riding = riders.get(command.rider.by) ?? []
    riding.push(command)
    riders.set(command.rider.by, riding)
  }
  return riders
}

interface Deciding {
  bookOf: (companyNo: CompanyNo) => Book
  nowOf: (book: Book) => Moment
  known: Map<Command | undefined, store.KnownKey>
  past: PastCharges
  sessions: CompanionSession[]
  riding: Map<Command, Problem>
}

function decideAll(commands: Command[], deciding: Deciding): Settled[] {
  const { bookOf, nowOf, known, past, sessions, riding } = deciding
  const gate = sessions.find((session) => session.refuse) ?? nothingRefused
  const made = new Map<string, { fingerprint: bigint; at: Moment; result: number }>()
  return commands.map((command): Settled => {
    const { companyNo, key } = command
    const book = bookOf(companyNo)
    const now = nowOf(book)
    // Idempotency first: a retry must not fail because the world has moved on.
    const mine = key && `${companyNo}/${key.hash}`
    const first = known.get(command) ?? (mine ? made.get(mine) : undefined)
    if (key && first) {
      if (first.fingerprint !== key.fingerprint) {
        const refusal = new Problem(
          'idempotency-conflict',
          'This key was used for another request.',
        )
        return { refusal }
      }
      return { outcome: { kind: 'replay', at: first.at, result: first.result } }
    }
    if (command.epoch !== undefined && command.epoch !== book.pool.configEpoch) {
      return { outcome: { kind: 'stale', epoch: book.pool.configEpoch } }
    }
    const refused = riding.get(command)
    if (refused) return { refusal: refused }
    try {
      const outcome = decide(book, command, now, past, {
        refuse: (asking, asked) => gate.refuse?.(asking, asked),
      })
      for (const session of sessions) session.record?.(book)
      const result = resultOf(outcome, Math.max(now, book.pool.lastAt ?? now))
      if (key && mine && result) made.set(mine, { fingerprint: key.fingerprint, ...result })
      return { outcome }
    } catch (error) {
      if (error instanceof Problem) return { refusal: error }
      throw error
    }
  })
}

async function writeAll(
  run: Run,
  books: Book[],
  before: Map<Book, Pool>,
  sessions: CompanionSession[],
  commands: Command[],
  settled: Settled[],
  context: GroupContext,
): Promise<void> {
  const writes: Promise<unknown>[] = []
  const own = <T>(pick: (book: Book) => Iterable<T>) =>
    books.flatMap((book) => [...pick(book)].map((it) => ({ companyNo: book.pool.companyNo, it })))
  const when = <T>(rows: T[], write: (run: Run, rows: T[]) => Promise<void>) => {
    if (rows.length) writes.push(write(run, rows))
  }
  const entries = own((book) => book.entries)
  for (const month of unopenedMonths(
    context,
    entries.map(({ it }) => it.at),
  )) {
    writes.push(store.openMonth(run, month))
  }
  when(
    own((book) => pickAll(book.grants, book.newGrants)),
    store.insertGrants,
  )
  when(
    own((book) => pickAll(book.grants, book.changedGrants.difference(book.newGrants))),
    store.updateGrants,
  )
  when(entries, store.insertEntries)
  when(
    own((book) => pickAll(book.holds, book.newHolds)),
    store.insertHolds,
  )
  when(
    own((book) => pickAll(book.holds, book.changedHolds.difference(book.newHolds))),
    store.updateHolds,
  )
  const nowOf = new Map(books.map(({ pool }) => [pool.companyNo, pool.clock ?? context.now]))
  when(
    newKeys(commands, settled, (companyNo) => nowOf.get(companyNo)!),
    store.insertKeys,
  )
  when(newDetails(commands, settled), store.insertDetails)
  when(
    books.map((book) => book.pool).filter((_, i) => hasChanged(before.get(books[i]!)!, books[i]!)),
    store.updatePools,
  )
  for (const book of books) writes.push(store.insertRareRows(run, book))
  for (const session of sessions) if (session.write) writes.push(session.write(run))
  const done = commands.flatMap((command, i) => {
    const end = settled[i]
    const did =
      end && 'outcome' in end && end.outcome.kind !== 'replay' && end.outcome.kind !== 'stale'
    return did ? [{ command, outcome: end.outcome }] : []
  })
  for (const [rider, riding] of ridersOf(done.map(({ command }) => command))) {
    const rows = done
      .filter(({ command }) => riding.includes(command))
      .map((one) => ({ ...one, row: one.command.rider?.row }))
    writes.push(rider.write(run, rows))
  }
  await Promise.all(writes)
}

/** The first moments of the months that this process has not yet seen a partition for. */
function unopenedMonths({ months, opened }: GroupContext, moments: Moment[]): Moment[] {
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

function hasChanged(before: Pool, { pool, entries }: Book): boolean {
  return (
    entries.length > 0 ||
    before.nextDueAt !== pool.nextDueAt ||
    before.grants !== pool.grants ||
    before.periodStart !== pool.periodStart ||
    before.used !== pool.used
  )
}

function newKeys(
  commands: Command[],
  settled: Settled[],
  nowOf: (companyNo: CompanyNo) => Moment,
): store.Owned<store.NewKey>[] {
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
): store.Owned<{ seq: number; detail: Detail }>[] {
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
