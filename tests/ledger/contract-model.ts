// The specification of contracts once more, on top of the model of the pool; for a company whose days are those of UTC.
import { Model, Refusal } from './model.ts'

export interface ModelSeat {
  type: string
  count: number
  creditsPerSeat: number
  /** The highest count of the contract year that began on `year`. */
  peak: number
  year: string
}

export interface ModelTerm {
  start: string
  months: number
  proration: 'daily' | 'full'
  seats: ModelSeat[]
}

const TENTH = 100_000

export class ContractModel extends Model {
  terms: ModelTerm[] = []

  putContract(
    start: string,
    months: number,
    seats: { type: string; count: number; creditsPerSeat: number }[],
    proration?: 'daily' | 'full',
  ): void {
    const same = this.terms.find((term) => term.start === start)
    if (same && same.months === months) {
      this.changeSeats(same, seats, proration ?? same.proration)
      return
    }
    const last = this.terms.at(-1)
    if (last && start < addMonths(last.start, last.months)) throw new Refusal('conflict')
    const years = yearsOf(start, months)
    if (instant(years.at(-1)!.end) <= this.now) throw new Refusal('unprocessable')
    const today = dayOf(this.now)
    const year = years.find((one) => one.start <= today && today < one.end)
    const anchor = (year ?? years[0]!).start
    const term: ModelTerm = {
      start,
      months,
      proration: proration ?? 'daily',
      seats: seats.map((seat) => ({ ...seat, peak: seat.count, year: anchor })),
    }
    this.terms.push(term)
    if (year) {
      this.countedFrom = instant(year.start)
      const amount = this.allotment(term, year)
      if (amount > 0) {
        const at = this.moment()
        this.begin(this.make('default', amount, instant(year.start), instant(year.end)), at)
        this.judge(at, true)
      }
    }
    this.layOut(term)
  }

  addSeats(type: string, count: number, creditsPerSeat: number): void {
    const term = this.termNow()
    if (!term) throw new Refusal('not-found')
    const old = term.seats.find((seat) => seat.type === type)
    if ((old?.count ?? 0) + count < 0) throw new Refusal('unprocessable')
    const others = term.seats.filter((seat) => seat !== old)
    const changed = {
      type,
      count: (old?.count ?? 0) + count,
      creditsPerSeat: old?.creditsPerSeat ?? creditsPerSeat,
    }
    this.changeSeats(term, [...others, changed], term.proration)
  }

  /** When purchased and adjustment credits end unless they end earlier; null where no term does. */
  termEnd(): number | null {
    const term = this.termNow()
    const end = term ? instant(addMonths(term.start, term.months)) : null
    return end !== null && end > this.now ? end : null
  }

  private termNow(): ModelTerm | undefined {
    const today = dayOf(this.now)
    return (
      this.terms.find((term) => today < addMonths(term.start, term.months)) ?? this.terms.at(-1)
    )
  }

  private changeSeats(
    term: ModelTerm,
    seats: { type: string; count: number; creditsPerSeat: number }[],
    proration: 'daily' | 'full',
  ): void {
    const today = dayOf(this.now)
    const years = yearsOf(term.start, term.months)
    const year = years.find((one) => one.start <= today && today < one.end)
    let amount = 0
    const next: ModelSeat[] = []
    for (const type of new Set([...seats, ...term.seats].map((seat) => seat.type))) {
      const before = term.seats.find((seat) => seat.type === type)
      const after = seats.find((seat) => seat.type === type)
      const count = after?.count ?? 0
      let peak = 0
      if (year && before) peak = before.year === year.start ? before.peak : before.count
      const creditsPerSeat = (after ?? before)!.creditsPerSeat
      if (year && count > peak) {
        const whole = creditsPerSeat * (count - peak)
        const left = days(today, year.end)
        amount += proration === 'full' ? whole : roundTenth(whole, left, days(year.start, year.end))
      }
      if (after || year) {
        next.push({
          type,
          count,
          creditsPerSeat,
          peak: Math.max(peak, count),
          year: (year ?? years[0]!).start,
        })
      }
    }
    term.seats = next
    term.proration = proration
    if (year && amount > 0) {
      const at = this.moment()
      this.begin(this.make('default', amount, this.now, instant(year.end)), at)
      this.judge(at, true)
    }
    this.layOut(term)
  }

  private allotment(term: ModelTerm, year: { start: string; end: string; whole: string }): number {
    let whole = 0
    for (const seat of term.seats) whole += seat.count * seat.creditsPerSeat
    if (year.end === year.whole) return whole
    return roundTenth(whole, days(year.start, year.end), days(year.start, year.whole))
  }

  private layOut(term: ModelTerm): void {
    for (const year of yearsOf(term.start, term.months)) {
      const start = instant(year.start)
      if (start <= this.now) continue
      this.years = this.years.filter((one) => one.start !== start)
      this.years.push({ start, end: instant(year.end), allotment: this.allotment(term, year) })
    }
  }
}

const DAY = 86_400_000
const instant = (day: string) => Date.parse(`${day}T00:00:00Z`)
const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10)
const days = (from: string, to: string) => (instant(to) - instant(from)) / DAY

/** `months` after a day, from that day itself; the last day of the month where there is no such day. */
function addMonths(day: string, months: number): string {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number]
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate()
  return dayOf(Date.UTC(year, month - 1 + months, Math.min(date, last)))
}

function yearsOf(start: string, months: number): { start: string; end: string; whole: string }[] {
  const years = []
  for (let done = 0; done < months; done += 12) {
    const whole = addMonths(start, done + 12)
    years.push({
      start: addMonths(start, done),
      end: addMonths(start, Math.min(done + 12, months)),
      whole,
    })
  }
  return years
}

/** amount × part ÷ whole, to a tenth of a credit, half up. */
function roundTenth(amount: number, part: number, whole: number): number {
  const tenths =
    (2n * BigInt(amount) * BigInt(part) + BigInt(whole * TENTH)) / BigInt(2 * whole * TENTH)
  return Number(tenths) * TENTH
}
