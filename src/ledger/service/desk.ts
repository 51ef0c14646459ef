import assert from 'node:assert/strict'
import type { CompanyNo } from '../../kit/caller.ts'
import type { Problem } from '../../kit/problem.ts'
import type { Run } from '../../platform/run.ts'
import { type Book, openBook } from '../book.ts'
import { type Command, type Companion, type PastCharges, pastKey, type Rider } from '../commands.ts'
import { catchUp } from '../due.ts'
import type { Attribution, Draw, Grant, Moment } from '../pool.ts'
import { readPastCharges } from '../store/entries.ts'
import { readGrants, readLiveGrants } from '../store/grants.ts'
import { readDueHolds, readHolds, readNextHoldExpiry } from '../store/holds.ts'
import { readKeys } from '../store/keys.ts'
import { lockPools, readPeriods } from '../store/pools.ts'
import type { Owned } from '../store/rows.ts'
import { decideAll, type Settled } from './decide.ts'
import { type Months, writeAll } from './write.ts'

/** What a group needs beside its commands. */
export interface GroupContext extends Months {
  companions: Companion[]
  /** Real time; a company on a test clock has its own. */
  now: Moment
}

/** The books of one transaction. */
export interface Desk {
  books: Book[]
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
    lockPools(run, companies),
    readLiveGrants(run, companies),
    keyed.length
      ? readKeys(
          run,
          keyed.map(({ companyNo, key }) => ({ companyNo, it: key! })),
        )
      : [],
    wanted.holds.length ? readHolds(run, wanted.holds) : [],
    wanted.refunds.length ? readPastCharges(run, wanted.refunds) : (new Map() as PastCharges),
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
    for (const { companyNo, it } of await readGrants(run, dormant)) shelf(companyNo).set(it.no, it)
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
    books: [...books.values()],
    book: bookOf,
    now: nowOf,
    decideAll: (asked) => decideAll(asked, { bookOf, nowOf, known, past, sessions, riding }),
    write: (commands, settled) => {
      const all = [...books.values()]
      const decided = { books: all, sessions, commands, settled, nowOf, fromMemory: false }
      return writeAll(run, decided, context)
    },
  }
}

/** What commands name that is not on the desk by itself. */
function wantedOf(commands: Command[]) {
  const holds: Owned<number>[] = []
  const grants: Owned<number>[] = []
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
export function concernedIn(book: Book, commands: Command[], past: PastCharges): Attribution[] {
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
    readDueHolds(run, companyNo, until),
    readNextHoldExpiry(run, companyNo, until),
    readPeriods(run, companyNo),
  ])
  for (const hold of holds) if (!book.holds.has(hold.id)) book.holds.set(hold.id, hold)
  book.nextHoldExpiry = nextHoldExpiry
  book.periods = periods
  const dormant = holds
    .flatMap((hold) => hold.draws.map((draw) => ({ companyNo, it: draw.grantNo })))
    .filter(({ it }) => !book.grants.has(it))
  if (dormant.length) {
    for (const { it } of await readGrants(run, dormant)) book.grants.set(it.no, it)
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
