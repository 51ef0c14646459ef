import type { Book, LedgerEvent } from '../ledger/book.ts'
import type { AlertKind, BalanceFacts, FactsOf } from './alert.ts'

/** An alert that waits to be written with the change that caused it. */
export type LedgerAlert = {
  [Kind in 'threshold' | 'exhausted' | 'granted']: {
    kind: Kind & AlertKind
    facts: FactsOf[Kind]
    at: number
    seq: number
  }
}['threshold' | 'exhausted' | 'granted']

/** The pool as facts of an alert tell it. */
export function balanceOf({ pool }: Pick<Book, 'pool'>): BalanceFacts {
  const { available, held, used } = pool
  return { available: String(available), held: String(held), used: String(used) }
}

/**
 * What is told of a book's events from one number on, with the pool as it stands now. One change makes one
 * alert about thresholds, which tells of the zero too when the change reached it.
 */
export function alertsOf(book: Book, events: readonly LedgerEvent[]): LedgerAlert[] {
  const balance = balanceOf(book)
  const alerts: LedgerAlert[] = []
  for (const event of events) {
    if (event.kind === 'threshold') {
      const { percents: thresholds, cause, at, seq } = event
      const exhausted = events.some((other) => other.kind === 'exhausted' && other.seq === seq)
      const facts = { ...balance, thresholds, cause, exhausted }
      alerts.push({ kind: 'threshold', facts, at, seq })
    } else if (event.kind === 'exhausted') {
      const isTold = events.some((other) => other.kind === 'threshold' && other.seq === event.seq)
      const { cause, at, seq } = event
      if (!isTold) alerts.push({ kind: 'exhausted', facts: { ...balance, cause }, at, seq })
    } else if (event.kind === 'granted') {
      const { grantNo, at, seq } = event
      const grant = book.grants.get(grantNo)
      if (!grant) continue
      const facts = { ...balance, grantNo, source: grant.source, credits: String(grant.amount) }
      alerts.push({ kind: 'granted', facts, at, seq })
    }
  }
  return alerts
}

/** Of a catch-up over several moments, what is told once: each threshold and the zero at their last one. */
export function lastOf(events: readonly LedgerEvent[]): LedgerEvent[] {
  const told = new Set<number | 'exhausted'>()
  const kept: LedgerEvent[] = []
  for (const event of [...events].reverse()) {
    if (event.kind === 'threshold') {
      const percents = event.percents.filter((percent) => !told.has(percent))
      for (const percent of percents) told.add(percent)
      if (percents.length > 0) kept.unshift({ ...event, percents })
    } else if (event.kind === 'exhausted') {
      if (!told.has('exhausted')) kept.unshift(event)
      told.add('exhausted')
    } else kept.unshift(event)
  }
  return kept
}
