import { addDays, type Day, dayOf } from '../kit/calendar.ts'
import { unprocessable } from '../kit/problem.ts'

/** Whole local days: from one up to another, which is no longer in it. */
export interface Days {
  from: Day
  to: Day
}

/** A moment, or a local day. */
export type Bound = Date | Day

/**
 * The local days that `[from, to)` touches, whole: use is counted by days. A bound that is not given is
 * the other end of what there is.
 */
export function daysOf(
  asked: { from?: Bound | undefined; to?: Bound | undefined },
  timezone: string,
  all: Days,
): Days {
  const { from = all.from, to = all.to } = asked
  const first = from instanceof Date ? dayOf(from, timezone) : from
  const last = to instanceof Date ? addDays(dayOf(new Date(to.getTime() - 1), timezone), 1) : to
  if (asked.from !== undefined && asked.to !== undefined && first >= last) {
    throw unprocessable('to', 'must lie after from')
  }
  return { from: first, to: last > first ? last : first }
}

/** The part of some days that lies within others. */
export function within(days: Days, bounds: Days): Days {
  const from = days.from > bounds.from ? days.from : bounds.from
  const to = days.to < bounds.to ? days.to : bounds.to
  return { from, to: to > from ? to : from }
}

/** A stretch of days in pieces of at most `most` days. */
export function* piecesOf({ from, to }: Days, most: number): Generator<Days> {
  for (let start = from; start < to; ) {
    const end = addDays(start, most)
    yield { from: start, to: end < to ? end : to }
    start = end
  }
}

/** Each of some days. */
export function eachDay(days: Days): Day[] {
  return [...piecesOf(days, 1)].map(({ from }) => from)
}
