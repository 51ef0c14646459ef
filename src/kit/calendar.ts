import { Temporal } from 'temporal-polyfill'

/** A calendar day, `2026-01-31`. */
export type Day = string

/** The first instant of a local day: not midnight where the clocks skip midnight that day. */
export function startOfDay(day: Day, timezone: string): Date {
  const first = Temporal.PlainDate.from(day).toZonedDateTime({ timeZone: timezone })
  return new Date(first.epochMilliseconds)
}

/**
 * A time of a local day, `09:00`. Where the clocks skip it that day, as much later as they skip; where they
 * show it twice, the first time.
 */
export function timeOfDay(day: Day, time: string, timezone: string): Date {
  const at = Temporal.PlainDate.from(day).toPlainDateTime(time).toZonedDateTime(timezone)
  return new Date(at.epochMilliseconds)
}

/** The local day of a moment. */
export function dayOf(at: Date, timezone: string): Day {
  return zoned(at, timezone).toPlainDate().toString()
}

/** `count` days after a day. */
export function addDays(day: Day, count: number): Day {
  return Temporal.PlainDate.from(day).add({ days: count }).toString()
}

/**
 * `count` months after a day, counted from that day itself: the last day of a month that is too short
 * stands in (29 February + 12 months = 28 February, + 48 months = 29 February again).
 */
export function addMonths(day: Day, count: number): Day {
  return Temporal.PlainDate.from(day).add({ months: count }).toString()
}

/** How many days lie from one day to another, the second not counted. */
export function daysBetween(from: Day, to: Day): number {
  return Temporal.PlainDate.from(from).until(Temporal.PlainDate.from(to)).days
}

export type Granularity = 'day' | 'week' | 'month'

/** The first day of the day, week (from Monday) or month that a day lies in. */
export function startOf(granularity: Granularity, day: Day): Day {
  const date = Temporal.PlainDate.from(day)
  if (granularity === 'day') return day
  if (granularity === 'month') return date.with({ day: 1 }).toString()
  return date.subtract({ days: date.dayOfWeek - 1 }).toString()
}

/** Whether a text names a time zone that this runtime knows. */
export function isTimezone(name: string): boolean {
  try {
    Temporal.Now.zonedDateTimeISO(name)
    return !/^[+-]/.test(name)
  } catch {
    return false
  }
}

function zoned(at: Date, timezone: string) {
  return Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timezone)
}
