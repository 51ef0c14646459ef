import { AMOUNT } from './usage.ts'

/** What a feature would have cost, and what it did cost. */
export interface FeatureCost {
  feature: string
  credits: bigint
  actual: bigint
}

/**
 * Last year's use under other prices: quantities by feature and price class, times the new prices. A class
 * without a new price, and amounts that named no items, cost what they did.
 */
export function backTest(
  used: readonly { feature: string; type: string; quantity: bigint; credits: bigint }[],
  prices: Readonly<Record<string, bigint>>,
): { credits: bigint; actual: bigint; byFeature: FeatureCost[] } {
  const byFeature = new Map<string, FeatureCost>()
  for (const { feature, type, quantity, credits } of used) {
    const price = type === AMOUNT ? undefined : prices[type]
    const cost = byFeature.get(feature) ?? { feature, credits: 0n, actual: 0n }
    cost.credits += price === undefined ? credits : quantity * price
    cost.actual += credits
    byFeature.set(feature, cost)
  }
  const costs = [...byFeature.values()].sort((a, b) => (a.credits < b.credits ? 1 : -1))
  const total = (pick: (cost: FeatureCost) => bigint) =>
    costs.reduce((sum, cost) => sum + pick(cost), 0n)
  return {
    credits: total((cost) => cost.credits),
    actual: total((cost) => cost.actual),
    byFeature: costs,
  }
}
