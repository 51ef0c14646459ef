import type { CompanyNo } from '../../kit/caller.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Tx } from '../../platform/database.ts'
import type { Logger } from '../../platform/log.ts'
import { runIn } from '../../platform/run.ts'
import { type Book, judge, type Use, unspentOf } from '../book.ts'
import type { Command, Companion, Outcome } from '../commands.ts'
import { addGrant, enterGrant, type NewGrant, requireRoom } from '../movements.ts'
import type { Attribution, Moment, Pool } from '../pool.ts'
import { internAttribution, readUsedSince } from '../store/entries.ts'
import { upsertPeriod } from '../store/pools.ts'
import { type GroupContext, openDesk } from './desk.ts'
import { type LanesOptions, openLanes } from './lanes.ts'
import { newStamp } from './write.ts'

/** The one writer of balances. Whoever spends, grants or takes back comes through here. */
export interface Ledger {
  /** Does one command, in its company's next group. */
  submit(command: Command): Promise<Outcome>
  /**
   * Does one change by itself, with the pool locked from the start, together with rows of the caller's
   * own; inside the transaction of `db` when that has one.
   */
  transact<T>(
    db: Database,
    companyNo: CompanyNo,
    work: (tx: Tx, books: Books) => Promise<T>,
  ): Promise<T>
  /** The number of what a charge is for; the same attribution always has the same one. */
  attribute(companyNo: CompanyNo, asked: Omit<Attribution, 'id'>): Promise<Attribution>
  /** Does what has fallen due in these companies' pools, if anything has. */
  settle(companyNo: CompanyNo): Promise<void>
  close(): Promise<void>
  waiting(): number
}

/** A pool under a change of its own: what `transact` works on. */
export interface Books {
  readonly pool: Readonly<Pool>
  /** The company's time at which the change is made. */
  readonly now: Moment
  /** What has been used and held by what fell due just now, which the database does not show yet. */
  readonly uses: readonly Use[]
  /** Adds grants and judges the balance once, after all of them. */
  grantAll(asked: NewGrant[], cause: 'grant' | 'reset'): number[]
  /** Counts use from another moment on; `used` is what was consumed since. */
  countFrom(start: Moment, used: bigint): void
  /** Something falls due no later than this. */
  dueBy(at: Moment | null): void
}

export interface LedgerOptions extends Omit<LanesOptions, 'companions'> {
  db: Database
  clock: Clock
  log: Logger
  companions?: Companion[]
}

/** Opens the ledger of this process; any number of processes may have one on the same database. */
export function openLedger({ companions = [], ...options }: LedgerOptions): Ledger {
  const { db, clock } = options
  const lanes = openLanes({ ...options, companions })
  const attributions = new Map<string, Promise<Attribution>>()

  return {
    submit: (command) => lanes.submit(command),
    waiting: () => lanes.waiting(),
    close: () => lanes.close(),

    async transact(within, companyNo, work) {
      return within.company(companyNo, async (tx) => {
        const run = runIn(tx)
        const context: GroupContext = {
          companions,
          now: clock.now().getTime(),
          // Whether it commits is known to its caller only, so it looks for itself.
          months: new Set(),
          opened: new Set(),
        }
        const settleFirst: Command[] = [{ companyNo, asked: { kind: 'settle' } }]
        const desk = await openDesk(run, settleFirst, context)
        const book = desk.book(companyNo)
        const done = await work(tx, booksOf(book, Math.max(desk.now(book), book.pool.lastAt ?? 0)))
        await desk.write(settleFirst, [{ outcome: { kind: 'settle' } }])
        return done
      })
    },

    async attribute(companyNo, asked) {
      const name = JSON.stringify([companyNo, ...Object.values(sorted(asked))])
      const known = attributions.get(name)
      if (known) return known
      if (attributions.size >= ATTRIBUTIONS_MAX) attributions.clear()
      // The promise is kept, so that many who are the first ask the database once.
      const finding = db.company(companyNo, (tx) => internAttribution(runIn(tx), companyNo, asked))
      attributions.set(name, finding)
      finding.catch(() => attributions.delete(name))
      return finding
    },

    async settle(companyNo) {
      await lanes.submit({ companyNo, asked: { kind: 'settle' } })
    },
  }
}

const ATTRIBUTIONS_MAX = 50_000

/** Makes the empty pool of a new company; `clock` is where its test clock stands. */
export async function openPool(tx: Tx, companyNo: CompanyNo, clock: Date | null): Promise<void> {
  await tx.insertInto('pool').values({ companyId: companyNo, clock }).execute()
}

/** What was charged since `start`, less refunds of those same charges. */
export async function usedSince(tx: Tx, companyNo: CompanyNo, start: Date): Promise<bigint> {
  return readUsedSince(runIn(tx), companyNo, start)
}

/** Lays out contract years that have not begun; one that is there already is changed. */
export async function writePeriods(
  tx: Tx,
  companyNo: CompanyNo,
  periods: { startsAt: Date; endsAt: Date; allotment: bigint; reference: string }[],
): Promise<void> {
  for (const period of periods) await upsertPeriod(runIn(tx), companyNo, period)
}

/**
 * Says that something decisions are prepared from has changed: prices, switches. Commands prepared
 * before come back as stale, and are prepared again. Takes the pool's lock.
 */
export async function raiseEpoch(tx: Tx, companyNo: CompanyNo): Promise<void> {
  await tx
    .updateTable('pool')
    .set((eb) => ({ configEpoch: eb('configEpoch', '+', 1), stamp: newStamp() }))
    .where('companyId', '=', companyNo)
    .execute()
}

function booksOf(book: Book, now: Moment): Books {
  return {
    pool: book.pool,
    now,
    uses: book.uses,
    grantAll(asked, cause) {
      const before = unspentOf(book.pool)
      for (const one of asked) requireRoom(book, one.amount)
      const made = asked.map((one) => addGrant(book, one, now))
      const effective = made.filter((grant) => grant.effectiveAt <= now)
      for (const grant of effective) enterGrant(book, grant, now)
      if (effective.length) judge(book, now, cause, before)
      return made.map((grant) => grant.no)
    },
    countFrom(start, used) {
      book.pool.periodStart = start
      book.pool.used = used as Pool['used']
    },
    dueBy(at) {
      const { nextDueAt } = book.pool
      if (at !== null && (nextDueAt === null || at < nextDueAt)) book.pool.nextDueAt = at
    },
  }
}

function sorted(asked: Omit<Attribution, 'id'>): unknown[] {
  const { feature, instanceId, instanceName, trigger, integrationId, memberId, teamId } = asked
  return [feature, instanceId, instanceName, trigger, integrationId, memberId, teamId]
}
