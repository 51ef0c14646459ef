import type { Lines } from '../ledger/pool.ts'

/** The price class of amounts that named no items; no card has a class without a name. */
export const AMOUNT = ''

/** How an amount that named no items is shown. */
export const AMOUNT_SHOWN = 'credits'

/** What one charge or refund comes to in one price class; negative where it is charged back. */
export interface Part {
  type: string
  quantity: bigint
  credits: bigint
}

/** What was charged, or charged back: `count` times the same lines for `consumed` in all. */
export interface Consumed {
  consumed: bigint
  lines: Lines
  refund: boolean
  count?: number
}

/**
 * Splits what was consumed over its price classes, by the prices it was charged at. The parts always add
 * up to `consumed`: what prices do not explain goes to the first class, and so does all of a single one.
 */
export function partsOf(
  { consumed, lines, refund, count = 1 }: Consumed,
  prices: Readonly<Record<string, bigint>>,
): Part[] {
  const sign = refund ? -BigInt(count) : BigInt(count)
  // In an order of their own, since the database gives them back in another than they came in.
  const types = Object.keys(lines).sort()
  const [only] = types
  if (only === undefined) return [{ type: AMOUNT, quantity: sign, credits: consumed }]
  if (types.length === 1)
    return [{ type: only, quantity: sign * BigInt(lines[only]!), credits: consumed }]
  const parts = types.map((type) => {
    const quantity = sign * BigInt(lines[type]!)
    return { type, quantity, credits: quantity * (prices[type] ?? 0n) }
  })
  parts[0]!.credits += consumed - parts.reduce((total, part) => total + part.credits, 0n)
  return parts
}

/** What a person calls the quantities of some price classes: calls of either length are calls. */
export interface Counts {
  calls: bigint
  emails: bigint
  webSearches: bigint
  /** Everything else by its own name. */
  others: Record<string, bigint>
}

/** Counts quantities by what they are. Amounts without items are no items. */
export function countsOf(quantities: Readonly<Record<string, bigint>>): Counts {
  const of = (...types: string[]) =>
    types.reduce((total, type) => total + (quantities[type] ?? 0n), 0n)
  const named = new Set([AMOUNT, 'call_short', 'call_long', 'email', 'web_search'])
  return {
    calls: of('call_short', 'call_long'),
    emails: of('email'),
    webSearches: of('web_search'),
    others: Object.fromEntries(Object.entries(quantities).filter(([type]) => !named.has(type))),
  }
}
