import { addMonths, type Day, daysBetween } from '../kit/calendar.ts'
import { type Credits, credits, micros, sum, times } from '../kit/credits.ts'

export const seatTypes = [
  'foundation',
  'enable',
  'enable_essentials',
  'forecast',
  'forecast_essentials',
  'engage',
] as const
export type SeatType = (typeof seatTypes)[number]

export const CREDITS_PER_SEAT = credits(24_000)

/** How many seats of one type a term has, and what each brings in a contract year. */
export interface Seat {
  type: SeatType
  count: number
  /** Only core seats bring credits. */
  core: boolean
  creditsPerSeat: Credits
  /** The highest count so far in the contract year that began on `peakYear`. */
  peak: number
  peakYear: Day
}

/** A stretch of months under contract. */
export interface Term {
  startDay: Day
  termMonths: number
  /** The first day after it. */
  endDay: Day
  proration: 'daily' | 'full'
  seats: Seat[]
}

/** One contract year of a term, by its days; `end` is the first day after it. */
export interface ContractYear {
  start: Day
  end: Day
  /** The first day after twelve whole months: later than `end` where the term ends earlier. */
  fullEnd: Day
}

/**
 * The contract years of a term: each begins on the n-th anniversary of the start day itself, never of the
 * year before (29 February comes back every fourth year); the last ends with the term.
 */
export function contractYears(startDay: Day, termMonths: number): ContractYear[] {
  const endDay = addMonths(startDay, termMonths)
  return Array.from({ length: Math.ceil(termMonths / 12) }, (_, n) => {
    const fullEnd = addMonths(startDay, 12 * (n + 1))
    return { start: addMonths(startDay, 12 * n), end: fullEnd < endDay ? fullEnd : endDay, fullEnd }
  })
}

/** The default credits that a contract year begins with: by days where it is shorter than twelve months. */
export function allotment(seats: readonly Seat[], year: ContractYear): Credits {
  const whole = sum(
    seats.filter((seat) => seat.core).map((seat) => times(seat.creditsPerSeat, seat.count)),
  )
  if (year.end === year.fullEnd) return whole
  return proportion(whole, daysBetween(year.start, year.end), daysBetween(year.start, year.fullEnd))
}

/**
 * What a change of seats brings at once: credits for the seats above the highest count of the contract
 * year, for the days from the day of the change to the year's last day, both counted.
 */
export function creditsForAddedSeats(
  before: readonly Seat[],
  after: readonly Seat[],
  year: ContractYear,
  changeDay: Day,
  proration: Term['proration'],
): Credits {
  const parts = after.map((seat) => {
    const old = before.find((one) => one.type === seat.type)
    const added = Math.max(0, coreCount(seat) - peakIn(old, year))
    const whole = times(seat.creditsPerSeat, added)
    if (proration === 'full') return whole
    return proportion(whole, daysBetween(changeDay, year.end), daysBetween(year.start, year.end))
  })
  return sum(parts)
}

/**
 * The seats with the peaks of a contract year brought up to their counts. A type that is left out stays,
 * with no seats: its peak must not be forgotten.
 */
export function withPeaks(
  before: readonly Seat[],
  after: readonly Seat[],
  year: ContractYear,
): Seat[] {
  const gone = before.filter((old) => !after.some((seat) => seat.type === old.type))
  return [...after, ...gone.map((seat) => ({ ...seat, count: 0 }))].map((seat) => {
    const old = before.find((one) => one.type === seat.type)
    return { ...seat, peak: Math.max(coreCount(seat), peakIn(old, year)), peakYear: year.start }
  })
}

function coreCount(seat: Seat): number {
  return seat.core ? seat.count : 0
}

/** The highest count so far in a year: of an earlier year only the count it ended with carries over. */
function peakIn(seat: Seat | undefined, year: ContractYear): number {
  if (!seat) return 0
  return seat.peakYear === year.start ? seat.peak : coreCount(seat)
}

const TENTH = credits(0.1)

/** amount × part ÷ whole, rounded to a tenth of a credit, half up. */
export function proportion(amount: Credits, part: number, whole: number): Credits {
  const unit = BigInt(whole) * TENTH
  const tenths = (2n * amount * BigInt(part) + unit) / (2n * unit)
  return micros(tenths * TENTH)
}

/** The term that a day lies in; else the next to come; else the last. */
export function termAt(terms: readonly Term[], day: Day): Term | undefined {
  return terms.find((term) => day < term.endDay) ?? terms.at(-1)
}
