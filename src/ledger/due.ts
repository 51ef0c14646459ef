import { micros, ZERO } from '../kit/credits.ts'
import { type Book, enter, judge, type LedgerEvent, unspentOf } from './book.ts'
import { addGrant, enterGrant, expireHold } from './movements.ts'
import { isOver, type Moment, type Pool } from './pool.ts'
import { thresholds } from './thresholds.ts'

/**
 * Does all that fell due in a pool up to `now`, in the order of its own moments: grants expire, contract
 * years turn, grants become effective, holds expire. What falls on one moment is one change, and is
 * judged once, after all of it. Doing it late, twice, or in several steps gives the same entries.
 */
export function catchUp(book: Book, now: Moment): void {
  const { pool } = book
  if (pool.nextDueAt === null || pool.nextDueAt > now) return
  const toldBefore = book.events.length
  for (let at = nextDue(book); at !== null && at <= now; at = nextDue(book)) settle(book, at)
  pool.nextDueAt = nextDue(book)
  book.events.push(...book.events.splice(toldBefore).flatMap((event) => stillTrue(event, pool)))
}

/** What is told of a catch-up is what is true at its end. */
function stillTrue(event: LedgerEvent, pool: Pool): LedgerEvent[] {
  if (event.kind === 'exhausted') return unspentOf(pool) === 0n ? [event] : []
  if (event.kind !== 'threshold') return [event]
  const percents = event.percents.filter(
    (percent) => pool.reached[thresholds.indexOf(percent)] !== null,
  )
  return percents.length > 0 ? [{ ...event, percents }] : []
}

/** The earliest moment at which something on the desk, or a hold beyond it, falls due. */
export function nextDue(book: Book): Moment | null {
  let earliest = book.nextHoldExpiry
  const consider = (at: Moment | null) => {
    if (at !== null && (earliest === null || at < earliest)) earliest = at
  }
  for (const grant of book.grants.values()) {
    if (!grant.entered) consider(grant.effectiveAt)
    else if (grant.available > 0n) consider(grant.expiresAt)
  }
  for (const hold of book.holds.values()) if (hold.status === 'held') consider(hold.expiresAt)
  consider(book.periods[0]?.startsAt ?? null)
  return earliest
}

/** Everything that is due at one moment, as one change. */
function settle(book: Book, due: Moment): void {
  const { pool } = book
  // Entries keep the due moment unless the clock once ran ahead of it.
  const at = Math.max(due, pool.lastAt ?? due)
  const before = unspentOf(pool)
  const sizeBefore = book.entries.length
  let cause: 'expiry' | 'reset' | 'grant' | 'hold' = 'hold'

  // By number, so that the lines are the same whatever else was on the desk.
  for (const hold of [...book.holds.values()].sort((a, b) => a.id - b.id)) {
    if (hold.status === 'held' && hold.expiresAt <= due) expireHold(book, hold, at)
  }
  for (const grant of book.order) {
    if (grant.available > 0n && isOver(grant, due)) {
      enter(book, 'expire', grant, grant.available, at)
      cause = 'expiry'
    }
  }
  while (book.periods[0] && book.periods[0].startsAt <= due) {
    const period = book.periods.shift()!
    pool.used = ZERO
    pool.periodStart = period.startsAt
    book.begunPeriods.push(period)
    if (period.allotment > 0n) {
      const made = {
        source: 'default' as const,
        amount: micros(period.allotment),
        effectiveAt: period.startsAt,
        expiresAt: period.endsAt,
        reference: period.reference,
        reason: null,
        grantedBy: null,
      }
      addGrant(book, made, at)
    }
    cause = 'reset'
  }
  for (const grant of [...book.grants.values()].sort((a, b) => a.no - b.no)) {
    if (!grant.entered && grant.effectiveAt <= due) {
      enterGrant(book, grant, at)
      if (cause !== 'reset') cause = 'grant'
    }
  }
  if (book.entries.length > sizeBefore || cause === 'reset') judge(book, at, cause, before)
}
