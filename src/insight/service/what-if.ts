import {
  allotment,
  contractYears,
  creditsForAddedSeats,
  type Seat,
} from '../../contracts/contract.ts'
import { getContract } from '../../contracts/service.ts'
import { addDays, dayOf, startOfDay } from '../../kit/calendar.ts'
import { type Caller, requireScope } from '../../kit/caller.ts'
import type { Credits } from '../../kit/credits.ts'
import { Problem, unprocessable } from '../../kit/problem.ts'
import type { Moment } from '../../ledger/pool.ts'
import { runIn } from '../../platform/run.ts'
import type { Supply } from '../forecast.ts'
import { type Bound, daysOf } from '../range.ts'
import { readUsageByFeature } from '../store/usage.ts'
import { backTest, type FeatureCost } from '../what-if.ts'
import { type Outset, outsetNow, runOut, withMore } from './forecast.ts'
import type { Deps as UsageDeps } from './usage.ts'

/** What a tracker that does not exist yet would cost. */
export interface TrackerPrice {
  feature: string
  /** For the history it would read. */
  credits: bigint
  perMonth: bigint
}

export interface Deps extends UsageDeps {
  /** Prices a tracker as it would be made, with the history between two moments; without it nobody knows trackers here. */
  priceTracker?:
    | ((
        caller: Caller,
        asked: unknown,
        history: { from?: Date; to?: Date },
      ) => Promise<TrackerPrice>)
    | undefined
}

export type Question = {
  rateCard?: { prices: Record<string, Credits> } | undefined
  tracker?: unknown
  purchase?:
    | { credits: Credits; effectiveAt?: Date | undefined; expiresAt?: Date | undefined }
    | undefined
  seats?: { type: string; count: number }[] | undefined
  from?: Bound | undefined
  to?: Bound | undefined
}

export interface Answer {
  credits: bigint
  actual: bigint | null
  byFeature: (Omit<FeatureCost, 'actual'> & { actual: bigint | null })[]
  runOutAt: Moment | null
  runOutAtNow: Moment | null
}

/** What would come of other prices, another tracker, a purchase or more seats. Changes nothing. */
export async function whatIf(deps: Deps, caller: Caller, asked: Question): Promise<Answer> {
  requireScope(caller, 'credits:read')
  const outset = await outsetNow(deps, caller.companyNo)
  const runOutAtNow = runOut(outset)
  if (asked.rateCard) return { ...(await underPrices(deps, caller, outset, asked)), runOutAtNow }
  if (asked.tracker !== undefined)
    return { ...(await withTracker(deps, caller, outset, asked)), runOutAtNow }
  const added = asked.purchase
    ? [purchased(outset, asked.purchase)]
    : await seated(deps, caller, outset, asked.seats ?? [])
  const credits = added.filter((one) => one.no > 0).reduce((total, one) => total + one.left, 0n)
  // Contract years ahead come with the seats there would be then.
  const kept = asked.seats ? outset.supplies.filter((one) => one.no > 0) : outset.supplies
  const runOutAt = runOut({ ...outset, supplies: [...kept, ...added] })
  return { credits, actual: null, byFeature: [], runOutAt, runOutAtNow }
}

/** A number that no grant has yet. */
const NEW_GRANT = 2 ** 31

/** Runs the use of some days, a year unless said otherwise, under other prices. */
async function underPrices(deps: Deps, caller: Caller, outset: Outset, asked: Question) {
  const { today, timezone, pace } = outset
  const year = { from: addDays(today, -364), to: addDays(today, 1) }
  const days = daysOf(asked, timezone, year)
  const used = await deps.db.snapshot(caller.companyNo, (tx) =>
    readUsageByFeature(runIn(tx), caller.companyNo, days),
  )
  const tested = backTest(used, asked.rateCard!.prices)
  const { credits, actual } = tested
  // The pace that is now, dearer or cheaper as the tested use was.
  const rate =
    actual > 0n && credits >= 0n ? { times: credits, per: actual } : { times: 1n, per: 1n }
  const byWeekday = pace.byWeekday.map((amount) => (amount * rate.times) / rate.per)
  return { ...tested, runOutAt: runOut({ ...outset, pace: { ...pace, byWeekday } }) }
}

const DAYS_OF_A_MONTH = 30n

async function withTracker(deps: Deps, caller: Caller, outset: Outset, asked: Question) {
  if (!deps.priceTracker) throw new Problem('unavailable', 'Trackers cannot be priced here.')
  const at = (bound: Bound) => (bound instanceof Date ? bound : startOfDay(bound, outset.timezone))
  const history = {
    ...(asked.from === undefined ? {} : { from: at(asked.from) }),
    ...(asked.to === undefined ? {} : { to: at(asked.to) }),
  }
  const { feature, credits, perMonth } = await deps.priceTracker(caller, asked.tracker, history)
  const more = { once: credits, perDay: perMonth / DAYS_OF_A_MONTH }
  const byFeature = [{ feature, credits, actual: null }]
  return { credits, actual: null, byFeature, runOutAt: runOut(withMore(outset, more)) }
}

function purchased({ now }: Outset, asked: NonNullable<Question['purchase']>): Supply {
  const effectiveAt = asked.effectiveAt?.getTime() ?? now
  const expiresAt = asked.expiresAt?.getTime() ?? null
  if (expiresAt !== null && expiresAt <= Math.max(now, effectiveAt)) {
    throw unprocessable('purchase.expiresAt', 'must lie in the future, after effectiveAt')
  }
  return { no: NEW_GRANT, source: 'purchased', effectiveAt, expiresAt, left: asked.credits }
}

/** What added seats bring at once, and each contract year ahead with them. */
async function seated(
  deps: Deps,
  caller: Caller,
  outset: Outset,
  added: { type: string; count: number }[],
) {
  const { current: term, timezone } = await getContract(deps, caller)
  if (!term) throw new Problem('not-found', 'There is no contract yet.')
  const after: Seat[] = term.seats.map((seat) => ({
    ...seat,
    count: seat.count + (added.find(({ type }) => type === seat.type)?.count ?? 0),
  }))
  const missing = added.findIndex(({ type }) => !term.seats.some((seat) => seat.type === type))
  if (missing >= 0) throw unprocessable(`seats.${missing}.type`, 'is not in the contract')
  const today = dayOf(new Date(outset.now), timezone)
  const supplies: Supply[] = []
  for (const [n, year] of contractYears(term.startDay, term.termMonths).entries()) {
    const [effectiveAt, expiresAt] = [year.start, year.end].map((day) =>
      startOfDay(day, timezone).getTime(),
    ) as [number, number]
    if (expiresAt <= outset.now) continue
    const isAhead = effectiveAt > outset.now
    const left = isAhead
      ? allotment(after, year)
      : creditsForAddedSeats(term.seats, after, year, today, term.proration)
    const no = isAhead ? -1 - n : NEW_GRANT
    supplies.push({
      no,
      source: 'default',
      effectiveAt: isAhead ? effectiveAt : outset.now,
      expiresAt,
      left,
    })
  }
  return supplies
}
