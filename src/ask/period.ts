import { addDays, addMonths, dayOf, startOf, startOfDay } from '../kit/calendar.ts'

export const timePeriods = [
  'LAST_7DAYS',
  'LAST_30DAYS',
  'LAST_90DAYS',
  'LAST_90_DAYS_SINCE_LAST_ACTIVITY',
  'LAST_YEAR_SINCE_LAST_ACTIVITY',
  'LAST_YEAR',
  'THIS_WEEK',
  'THIS_MONTH',
  'THIS_QUARTER',
  'THIS_YEAR',
  'CUSTOM_RANGE',
  'ALL_CONVERSATIONS',
] as const
export type TimePeriod = (typeof timePeriods)[number]

/** A period as a request names it; `from` and `to` belong to CUSTOM_RANGE. */
export interface AskedPeriod {
  timePeriod?: TimePeriod | undefined
  from?: Date | undefined
  to?: Date | undefined
}

/** The items whose own date lies in `[from, to)`; a bound that is missing does not bound. */
export interface Range {
  from?: Date | undefined
  to?: Date | undefined
}

/** The calendar a period is read in. */
export interface Around {
  now: Date
  timezone: string
  /** The date of the newest call or email there is to read; none when there is nothing. */
  lastActivity?: Date | undefined
}

/** What a request for an entity means without naming a period. */
export const USUAL_PERIOD: TimePeriod = 'LAST_90DAYS'

/** Whether a period counts back from the newest call or email. */
export function countsFromActivity(period: TimePeriod): boolean {
  return period.endsWith('_SINCE_LAST_ACTIVITY')
}

/** Why a period cannot be read, or undefined. */
export function faultOf({ timePeriod, from, to }: AskedPeriod): string | undefined {
  const isCustom = timePeriod === 'CUSTOM_RANGE'
  if (isCustom && !from && !to) return 'CUSTOM_RANGE needs from, to, or both'
  if (!isCustom && timePeriod !== undefined && (from || to)) {
    return 'from and to belong to CUSTOM_RANGE'
  }
  return from && to && from >= to ? 'to must lie after from' : undefined
}

/**
 * The dates of a period in the company's calendar. Days are whole: the last seven days begin with the
 * local day that lay seven days ago and end with today; weeks start on Monday.
 */
export function rangeOf(asked: AskedPeriod, { now, timezone, lastActivity }: Around): Range {
  const { timePeriod = asked.from || asked.to ? 'CUSTOM_RANGE' : USUAL_PERIOD } = asked
  const today = dayOf(now, timezone)
  const at = (day: string) => startOfDay(day, timezone)
  const until = (from: string, to: string) => ({ from: at(from), to: at(to) })
  const toToday = (from: string) => until(from, addDays(today, 1))
  const newest = dayOf(lastActivity ?? now, timezone)
  const month = startOf('month', today)
  const quarter = addMonths(month, -((Number(month.slice(5, 7)) - 1) % 3))
  const year = `${today.slice(0, 4)}-01-01`
  switch (timePeriod) {
    case 'LAST_7DAYS':
      return toToday(addDays(today, -7))
    case 'LAST_30DAYS':
      return toToday(addDays(today, -30))
    case 'LAST_90DAYS':
      return toToday(addDays(today, -90))
    case 'LAST_YEAR':
      return toToday(addMonths(today, -12))
    case 'LAST_90_DAYS_SINCE_LAST_ACTIVITY':
      return until(addDays(newest, -90), addDays(newest, 1))
    case 'LAST_YEAR_SINCE_LAST_ACTIVITY':
      return until(addMonths(newest, -12), addDays(newest, 1))
    case 'THIS_WEEK':
      return until(startOf('week', today), addDays(startOf('week', today), 7))
    case 'THIS_MONTH':
      return until(month, addMonths(month, 1))
    case 'THIS_QUARTER':
      return until(quarter, addMonths(quarter, 3))
    case 'THIS_YEAR':
      return until(year, addMonths(year, 12))
    case 'CUSTOM_RANGE':
      return { from: asked.from, to: asked.to }
    case 'ALL_CONVERSATIONS':
      return {}
  }
}
