import { type Credits, credits, micros, times, ZERO } from '../kit/credits.ts'
import { unprocessable } from '../kit/problem.ts'

/** One version of the prices: credits per unit of each price class. */
export interface RateCard {
  /** Its number within the company; 0 is the built-in card. */
  no: number
  effectiveAt: Date
  prices: Readonly<Record<string, Credits>>
}

/** The prices of the mission: an email 0.1, a call up to 10 minutes 0.5, a longer one 1. */
export const BUILT_IN: RateCard = {
  no: 0,
  effectiveAt: new Date(0),
  prices: {
    email: credits(0.1),
    call_short: credits(0.5),
    call_long: credits(1),
    web_search: credits(5),
  },
}

/** A call up to here is short; anything above it, unrounded, is long. */
export const SHORT_CALL_SECONDS = 600

/** Something to be priced: one call by its length, or so many of anything else on the card. */
export type Item =
  | { type: 'call'; id?: string | undefined; durationSeconds: number }
  | { type: string; id?: string | undefined; quantity?: number | undefined }

/** What of one price class is charged. */
export interface Line {
  type: string
  count: number
  unitCredits: Credits
  credits: Credits
}

export interface Rated {
  credits: Credits
  lines: Line[]
}

/** The price class of an item: a call's depends on its length. */
export function priceClass(item: Item): string {
  if (item.type !== 'call') return item.type
  return (item as { durationSeconds: number }).durationSeconds > SHORT_CALL_SECONDS
    ? 'call_long'
    : 'call_short'
}

/** Prices items: count by class, times the unit price. Refuses an item whose class is not on the card. */
export function rate(card: RateCard, items: readonly Item[]): Rated {
  const counts = new Map<string, number>()
  for (const [i, item] of items.entries()) {
    const type = priceClass(item)
    if (!Object.hasOwn(card.prices, type)) {
      throw unprocessable(`items.${i}.type`, `${JSON.stringify(item.type)} is not on the rate card`)
    }
    counts.set(type, (counts.get(type) ?? 0) + (('quantity' in item && item.quantity) || 1))
  }
  const lines = [...counts].map(([type, count]): Line => {
    const unitCredits = card.prices[type]!
    return { type, count, unitCredits, credits: times(unitCredits, count) }
  })
  return { credits: micros(lines.reduce((total, line) => total + line.credits, 0n)), lines }
}

/** The price of one unit of a class; 0 for what is not on the card. */
export function priceOf(card: RateCard, type: string): Credits {
  return card.prices[type] ?? ZERO
}

/** The version in force at a moment: the latest to have become effective; of two, the later made. */
export function cardAt(versions: readonly RateCard[], at: Date): RateCard {
  let inForce = BUILT_IN
  for (const card of versions) {
    if (card.effectiveAt <= at && card.effectiveAt >= inForce.effectiveAt) inForce = card
  }
  return inForce
}

/** A new version's prices: what it does not name keeps the built-in price. */
export function completed(prices: Record<string, Credits>): Record<string, Credits> {
  return { ...BUILT_IN.prices, ...prices }
}
