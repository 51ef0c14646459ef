import { addDays, type Day, dayOf } from '../../kit/calendar.ts'
import { type Caller, type CompanyNo, requireScope } from '../../kit/caller.ts'
import { byDrawOrder, type Moment } from '../../ledger/pool.ts'
import { current } from '../../ledger/service/reads.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Tx } from '../../platform/database.ts'
import { type Run, runIn } from '../../platform/run.ts'
import {
  type DayOfUse,
  dayStarts,
  lookAhead,
  type Outlook,
  type Pace,
  paceOf,
  type Supply,
} from '../forecast.ts'
import { eachDay } from '../range.ts'
import {
  readCalendar,
  readDailyCredits,
  readFirstDay,
  readResets,
  readSupplies,
} from '../store/usage.ts'
import type { Deps } from './usage.ts'

/** When the credits run out if use goes on as it was lately. */
export interface Forecast extends Outlook {
  /** At the pace plus and minus its margin; null within it lies beyond what is looked at. */
  range: { early: Moment; late: Moment | null } | null
  perDay: bigint
  margin: bigint
  /** How many days the pace was taken from. */
  days: number
  /** In words, what it stands on. */
  basis: string
}

/** Everything a forecast is made from. */
export interface Outset {
  everGranted: boolean
  now: Moment
  today: Day
  timezone: string
  pace: Pace
  /** The first and last day that the pace was taken from. */
  from: Day
  to: Day
  supplies: Supply[]
  starts: ReturnType<typeof dayStarts>
}

const RECENT_DAYS = 56

/** When the pool runs dry and what of it expires unused, by the use of the last eight weeks. */
export async function forecast(deps: Deps, caller: Caller): Promise<Forecast> {
  requireScope(caller, 'credits:read')
  const outset = await outsetNow(deps, caller.companyNo)
  const { everGranted, pace, supplies, now, starts } = outset
  const outlook = lookAhead(supplies, pace, now, starts)
  const { perDay, margin, days } = pace
  const said = { perDay, margin, days, basis: basisOf(outset) }
  if (!everGranted || perDay === 0n) return { ...outlook, ...said, runOutAt: null, range: null }
  const at = (times: bigint) =>
    lookAhead(supplies, pace, now, starts, { times, per: perDay }).runOutAt
  const early = at(perDay + margin)
  const late = margin < perDay ? at(perDay - margin) : null
  const range = outlook.runOutAt === null || early === null ? null : { early, late }
  return { ...outlook, ...said, range }
}

/** When the pool runs dry as things are, and after so much more at once and every day. */
export async function runOutWith(
  { clock }: Pick<Deps, 'clock'>,
  tx: Tx,
  companyNo: CompanyNo,
  more: { once: bigint; perDay: bigint },
): Promise<{ now: Date | null; after: Date | null }> {
  const at = (await companyTime(tx, companyNo, clock)).getTime()
  const outset = await readOutset(runIn(tx), companyNo, at)
  const date = (moment: Moment | null) => (moment === null ? null : new Date(moment))
  return { now: date(runOut(outset)), after: date(runOut(withMore(outset, more))) }
}

/** The same with so much more spent at once and every day. */
export function withMore(
  outset: Outset,
  { once, perDay }: { once: bigint; perDay: bigint },
): Outset {
  const { pace, supplies, now } = outset
  let open = once
  const left = supplies.map((one) => {
    const part = one.effectiveAt > now ? 0n : one.left < open ? one.left : open
    open -= part
    return { ...one, left: one.left - part }
  })
  const byWeekday = pace.byWeekday.map((amount) => amount + perDay)
  return { ...outset, supplies: left, pace: { ...pace, byWeekday } }
}

/** When nothing is left; null when that lies beyond what is looked at, or nothing is used. */
export function runOut({ everGranted, supplies, pace, now, starts }: Outset): Moment | null {
  if (!everGranted || pace.byWeekday.every((amount) => amount === 0n)) return null
  return lookAhead(supplies, pace, now, starts).runOutAt
}

/** What forecasts are made from, when all that is due has been done. */
export async function outsetNow(deps: Deps, companyNo: CompanyNo): Promise<Outset> {
  return current(deps, companyNo, (tx, _pool, now) => readOutset(runIn(tx), companyNo, now))
}

async function readOutset(run: Run, companyNo: CompanyNo, now: Moment): Promise<Outset> {
  const { timezone } = await readCalendar(run, companyNo)
  const today = dayOf(new Date(now), timezone)
  const days = await recentDays(run, companyNo, today)
  const { everGranted, grants } = await readSupplies(run, companyNo)
  const resets = await readResets(run, companyNo)
  const there = grants.map(({ effectiveAt, expiresAt, ...grant }): Supply => {
    return { ...grant, effectiveAt: effectiveAt.getTime(), expiresAt: expiresAt?.getTime() ?? null }
  })
  const coming = resets.map(({ startsAt, endsAt, credits }, n): Supply => {
    const [effectiveAt, expiresAt] = [startsAt.getTime(), endsAt.getTime()]
    return { no: -1 - n, source: 'default', effectiveAt, expiresAt, left: credits }
  })
  return {
    ...{ everGranted, now, today, timezone },
    pace: paceOf(days),
    from: days[0]?.day ?? today,
    to: days.at(-1)?.day ?? today,
    supplies: [...there, ...coming].sort((a, b) => byDrawOrder(a, b)),
    starts: dayStarts(today, timezone),
  }
}

/**
 * The last whole days since use began, each with what it used; on the very first day of use that day
 * itself has to do.
 */
async function recentDays(run: Run, companyNo: CompanyNo, today: Day): Promise<DayOfUse[]> {
  const first = await readFirstDay(run, companyNo)
  if (first === null) return []
  const earliest = addDays(today, -RECENT_DAYS)
  const days = { from: first > earliest ? first : earliest, to: addDays(today, 1) }
  const used = await readDailyCredits(run, companyNo, days)
  const byDay = new Map(used.map(({ day, credits }) => [day, credits]))
  const whole = first === today ? [today] : eachDay({ from: days.from, to: today })
  return whole.map((day) => ({ day, credits: byDay.get(day) ?? 0n }))
}

function basisOf({ pace, from, to, today }: Outset): string {
  if (pace.days === 0) return 'Nothing was used yet.'
  if (to === today) return 'The use of today so far, the first day that has any.'
  const span = `${pace.days === 1 ? 'the day' : `the ${pace.days} days from`} ${from}${pace.days === 1 ? '' : ` to ${to}`}`
  const how = pace.isWeekdayAware ? 'by weekday' : 'every day alike'
  const range =
    pace.days < 7
      ? 'The range takes half as much again, and half as much.'
      : 'The range takes two standard errors of that average.'
  return `Average net use of ${span}, ${how}; grants are drawn as they expire, and resets come as contracted. ${range}`
}
