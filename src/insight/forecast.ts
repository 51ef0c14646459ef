import { addDays, type Day, startOfDay } from '../kit/calendar.ts'
import { byDrawOrder, type Grant, type Moment } from '../ledger/pool.ts'

/** Credits that are there, or will be: what is left of a grant, between its beginning and its end. */
export type Supply = Pick<Grant, 'no' | 'source' | 'effectiveAt' | 'expiresAt'> & { left: bigint }

/** Net use of one whole day. */
export interface DayOfUse {
  day: Day
  credits: bigint
}

/** How much a day uses, by its weekday (Monday first), and how sure that is. */
export interface Pace {
  byWeekday: bigint[]
  perDay: bigint
  /** Two standard errors of the average. */
  margin: bigint
  days: number
  isWeekdayAware: boolean
}

const WEEKDAY_AWARE_FROM = 14

/**
 * The pace of recent days: their average, by weekday once there are two weeks of them. A weekday that
 * came out below nothing, by refunds, counts as nothing.
 */
export function paceOf(days: readonly DayOfUse[]): Pace {
  const count = BigInt(days.length || 1)
  const all = positive(days.reduce((total, { credits }) => total + credits, 0n)) / count
  const isWeekdayAware = days.length >= WEEKDAY_AWARE_FROM
  const byWeekday = Array.from({ length: 7 }, (_, weekday) => {
    if (!isWeekdayAware) return all
    const same = days.filter(({ day }) => weekdayOf(day) === weekday)
    return (
      positive(same.reduce((total, { credits }) => total + credits, 0n)) / BigInt(same.length || 1)
    )
  })
  const squares = days.reduce((total, { day, credits }) => {
    const off = credits - byWeekday[weekdayOf(day)]!
    return total + off * off
  }, 0n)
  const free = BigInt(Math.max(1, days.length - (isWeekdayAware ? 7 : 1)))
  // Of less than a week nobody knows how much it varies.
  const margin = days.length < 7 ? all / 2n : 2n * root(squares / free / count)
  return { byWeekday, perDay: all, margin, days: days.length, isWeekdayAware }
}

/** What becomes of the supplies at a pace. */
export interface Outlook {
  runOutAt: Moment | null
  /** What is left of each supply when it ends. */
  expiring: { no: number; credits: bigint; expiresAt: Moment }[]
}

/** How far ahead a forecast looks. */
const HORIZON_DAYS = 3 * 365

/** The first instants of today and the days that a forecast looks ahead. */
export function dayStarts(today: Day, timezone: string): { at: Moment; weekday: number }[] {
  return Array.from({ length: HORIZON_DAYS + 1 }, (_, n) => {
    const day = addDays(today, n)
    return { at: startOfDay(day, timezone).getTime(), weekday: weekdayOf(day) }
  })
}

/**
 * Spends the supplies day by day in the order the ledger draws them, at the pace times `rate`, until
 * nothing is left or the horizon is reached. Supplies begin and end at their moments.
 */
export function lookAhead(
  supplies: readonly Supply[],
  pace: Pace,
  now: Moment,
  starts: ReturnType<typeof dayStarts>,
  rate: { times: bigint; per: bigint } = { times: 1n, per: 1n },
): Outlook {
  const left = supplies.map((supply) => ({ ...supply })).sort(byDrawOrder)
  const expiring: Outlook['expiring'] = []
  const isThere = (one: Supply, at: Moment) =>
    one.left > 0n && one.effectiveAt <= at && (one.expiresAt === null || one.expiresAt > at)
  const moments = new Set(
    left.flatMap((one) => [one.effectiveAt, one.expiresAt ?? 0]).filter((at) => at > now),
  )
  for (let n = 0; n + 1 < starts.length; n++) {
    const [start, end] = [starts[n]!, starts[n + 1]!.at]
    const whole = BigInt(end - start.at)
    const perDay = ((pace.byWeekday[start.weekday] ?? 0n) * rate.times) / rate.per
    const stops = [...moments].filter((at) => at > start.at && at < end).sort((a, b) => a - b)
    let from = Math.max(start.at, now)
    for (const to of [...stops, end]) {
      if (to <= from) continue
      const usable = left.filter((one) => isThere(one, from))
      const there = usable.reduce((total, one) => total + one.left, 0n)
      if (there === 0n) return { runOutAt: from, expiring }
      const need = (perDay * BigInt(to - from)) / whole
      if (need >= there) {
        return { runOutAt: from + Number((there * BigInt(to - from)) / need), expiring }
      }
      spend(usable, need)
      for (const one of left) {
        if (
          one.expiresAt === null ||
          one.expiresAt > to ||
          one.expiresAt <= from ||
          one.left === 0n
        )
          continue
        expiring.push({ no: one.no, credits: one.left, expiresAt: one.expiresAt })
        one.left = 0n
      }
      from = to
    }
  }
  return { runOutAt: null, expiring }
}

function spend(usable: Supply[], need: bigint): void {
  let open = need
  for (const one of usable) {
    const part = one.left < open ? one.left : open
    one.left -= part
    open -= part
  }
}

/** Monday is 0. */
function weekdayOf(day: Day): number {
  return (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7
}

function positive(amount: bigint): bigint {
  return amount > 0n ? amount : 0n
}

/** The whole part of a square root. */
function root(square: bigint): bigint {
  if (square < 2n) return square
  let guess = 1n << BigInt(Math.ceil(square.toString(2).length / 2))
  for (;;) {
    const next = (guess + square / guess) / 2n
    if (next >= guess) return guess
    guess = next
  }
}
