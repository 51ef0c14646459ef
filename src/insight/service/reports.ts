import { addDays, dayOf, startOfDay } from '../../kit/calendar.ts'
import { type Caller, type CompanyNo, requireScope } from '../../kit/caller.ts'
import type { Pool } from '../../ledger/pool.ts'
import { current, listEntries } from '../../ledger/service/reads.ts'
import { usedPercent } from '../../ledger/thresholds.ts'
import { type Run, runIn } from '../../platform/run.ts'
import { type Bound, type Days, daysOf, eachDay, piecesOf, within } from '../range.ts'
import * as store from '../store/reports.ts'
import { readCalendar } from '../store/usage.ts'
import type { Deps } from './usage.ts'

export type { Purchase, UsageLine } from '../store/reports.ts'
export type EntryLine = Awaited<ReturnType<typeof listEntries>>[number]

export interface ReportQuestion {
  from?: Bound | undefined
  to?: Bound | undefined
}

/** Rows of a report, a few at a time. */
export type Chunks<Row> = AsyncGenerator<readonly Row[]>

const DAYS_AT_ONCE = 7
const LINES_AT_ONCE = 2_000

/**
 * The usage report: a line per day, feature, instance, action, integration and member. It tells of the
 * moment it was asked for, however long it is read: days that are over no longer change, and the last
 * one was read whole at the start.
 */
export async function usageReport(
  deps: Deps,
  caller: Caller,
  asked: ReportQuestion,
): Promise<Chunks<store.UsageLine>> {
  const { companyNo } = caller
  const lines = (run: Run, days: Days, after?: store.UsageLine) =>
    store.readUsageLines(run, companyNo, days, after, LINES_AT_ONCE)
  const { closed, open } = await begin(deps, caller, asked, async (run, frame) => {
    const last: store.UsageLine[] = []
    for (let more = true; more; ) {
      const page = await lines(run, frame.open, last.at(-1))
      last.push(...page)
      more = page.length === LINES_AT_ONCE
    }
    return { ...frame, open: last }
  })
  return (async function* () {
    for (const days of piecesOf(closed, DAYS_AT_ONCE)) {
      for (let after: store.UsageLine | undefined, more = true; more; ) {
        const page = await deps.db.snapshot(companyNo, (tx) => lines(runIn(tx), days, after))
        if (page.length > 0) yield page
        after = page.at(-1)
        more = page.length === LINES_AT_ONCE
      }
    }
    yield open
  })()
}

/** One day of the balance report. */
export interface BalanceLine {
  day: string
  opening: bigint
  granted: bigint
  consumed: bigint
  refunded: bigint
  expired: bigint
  voided: bigint
  closing: bigint
  total: bigint
  usedPercent: number
}

const BALANCE_DAYS_AT_ONCE = 62

/** The balance report: a line per day, from the company's first to today; balances are available + held. */
export async function balanceReport(
  deps: Deps,
  caller: Caller,
  asked: ReportQuestion,
): Promise<Chunks<BalanceLine>> {
  const { companyNo } = caller
  const { closed, timezone, last } = await begin(deps, caller, asked, async (run, frame, pool) => ({
    ...frame,
    last: await balanceLines(run, companyNo, frame.open, frame.timezone, pool),
  }))
  return (async function* () {
    for (const days of piecesOf(closed, BALANCE_DAYS_AT_ONCE)) {
      yield await deps.db.snapshot(companyNo, (tx) =>
        balanceLines(runIn(tx), companyNo, days, timezone),
      )
    }
    yield last
  })()
}

/** The lines of some days; the last of them ends with the pool as it stands, where that is given. */
async function balanceLines(
  run: Run,
  companyNo: CompanyNo,
  span: Days,
  timezone: string,
  pool?: Pool,
): Promise<BalanceLine[]> {
  const days = eachDay(span)
  if (days.length === 0) return []
  const moments = [...days, span.to].map((day) => startOfDay(day, timezone))
  const standings = await store.readStandings(run, companyNo, moments)
  const movements = await store.readMovements(run, companyNo, moments)
  const consumed = await store.readConsumed(run, companyNo, span)
  const moved = (n: number, type: number) =>
    movements.find((one) => one.n === n && one.type === type)?.credits ?? 0n
  const nothing = { available: 0n, held: 0n, used: 0n }
  return days.map((day, n) => {
    const before = standings[n] ?? nothing
    const after = (n === days.length - 1 ? pool : undefined) ?? standings[n + 1] ?? nothing
    const { available, held, used } = after as Pool
    return {
      day,
      opening: before.available + before.held,
      granted: moved(n, 1),
      consumed: consumed.get(day) ?? 0n,
      refunded: moved(n, 5),
      expired: moved(n, 6),
      voided: moved(n, 7),
      closing: available + held,
      total: available + held + used,
      usedPercent: usedPercent({
        available,
        held,
        used,
        everGranted: standings[n + 1] !== undefined,
      } as Pool),
    }
  })
}

/** The purchase history: every grant made in the days asked for, with what is left of it. */
export async function purchaseReport(
  deps: Deps,
  caller: Caller,
  asked: ReportQuestion,
): Promise<{ timezone: string; rows: Chunks<store.Purchase> }> {
  const { timezone, grants } = await begin(deps, caller, asked, async (run, { days, timezone }) => {
    const [from, to] = [startOfDay(days.from, timezone), startOfDay(days.to, timezone)]
    return { timezone, grants: await store.readPurchases(run, caller.companyNo, from, to) }
  })
  const rows = (async function* () {
    yield grants
  })()
  return { timezone, rows }
}

/** Every entry of the ledger in the days asked for, up to the one that was the last at the start. */
export async function ledgerReport(deps: Deps, caller: Caller, asked: ReportQuestion) {
  const { bounds, seq } = await begin(
    deps,
    caller,
    asked,
    async (_run, { days, timezone }, pool) => ({
      bounds: { from: startOfDay(days.from, timezone), to: startOfDay(days.to, timezone) },
      seq: pool.seq,
    }),
  )
  return (async function* () {
    for (let after: { at: Date; seq: bigint } | undefined, more = true; more; ) {
      const filter = { ...bounds, order: 'asc' as const, after, limit: LINES_AT_ONCE }
      const page = await listEntries(deps, caller.companyNo, filter)
      const rows = page.filter((row) => row.seq <= seq)
      if (rows.length > 0) yield rows
      const end = page.at(-1)
      after = end && { at: new Date(end.at), seq: BigInt(end.seq) }
      more = page.length === LINES_AT_ONCE && rows.length === page.length
    }
  })()
}

interface Frame {
  timezone: string
  days: Days
  /** The part whose days are over for the ledger: it writes nothing into them any more. */
  closed: Days
  open: Days
}

/** Reads what a report starts from, in one snapshot in which all that is due was done. */
async function begin<T>(
  deps: Deps,
  caller: Caller,
  asked: ReportQuestion,
  read: (run: Run, frame: Frame, pool: Pool) => Promise<T>,
): Promise<T> {
  requireScope(caller, 'credits:read')
  return current(deps, caller.companyNo, async (tx, pool, now) => {
    const run = runIn(tx)
    const { timezone, createdAt } = await readCalendar(run, caller.companyNo)
    const dayAt = (at: number) => dayOf(new Date(at), timezone)
    const today = dayAt(Math.max(now, pool.lastAt ?? now))
    const all = { from: dayOf(createdAt, timezone), to: addDays(today, 1) }
    const days = within(daysOf(asked, timezone, all), all)
    // Time never runs backwards within a pool: whatever comes is no earlier than its last entry.
    const lastDay = pool.lastAt === null ? all.from : dayAt(pool.lastAt)
    const open = within(days, { from: lastDay, to: all.to })
    const closed = within(days, { from: all.from, to: lastDay })
    return read(run, { timezone, days, closed, open }, pool)
  })
}
