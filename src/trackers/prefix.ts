import type { Credits } from '../kit/credits.ts'

/** How many of these prices, from the first on, fit into a limit together. None is skipped for a cheaper one. */
export function coveredPrefix(prices: readonly Credits[], limit: Credits): number {
  let total = 0n
  for (const [i, price] of prices.entries()) {
    total += price
    if (total > limit) return i
  }
  return prices.length
}
