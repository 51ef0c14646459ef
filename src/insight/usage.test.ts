import fc from 'fast-check'
import { expect, test } from 'vitest'
import { credits } from '../kit/credits.ts'
import { BUILT_IN } from '../rating/rate-card.ts'
import { AMOUNT, countsOf, partsOf } from './usage.ts'

test('each price class gets what it cost', () => {
  const lines = { call_long: 2, email: 5 }
  expect(partsOf({ consumed: credits(2.5), lines, refund: false }, BUILT_IN.prices)).toEqual([
    { type: 'call_long', quantity: 2n, credits: credits(2) },
    { type: 'email', quantity: 5n, credits: credits(0.5) },
  ])
  const amount = { consumed: credits(7), lines: {}, refund: false }
  expect(partsOf(amount, BUILT_IN.prices)).toEqual([
    { type: AMOUNT, quantity: 1n, credits: credits(7) },
  ])
})

test('a refund is the charge with its signs turned, and the parts always add up', () => {
  const lines = fc.dictionary(
    fc.constantFrom('email', 'call_long', 'own', 'free'),
    fc.integer({ min: 1, max: 50 }),
  )
  fc.assert(
    fc.property(
      lines,
      fc.bigInt({ min: 0n, max: 10n ** 12n }),
      fc.integer({ min: 1, max: 9 }),
      (lines, consumed, count) => {
        const there = partsOf({ consumed, lines, refund: false, count }, BUILT_IN.prices)
        const back = partsOf({ consumed: -consumed, lines, refund: true, count }, BUILT_IN.prices)
        expect(there.reduce((total, part) => total + part.credits, 0n)).toBe(consumed)
        const turned = there.map(({ type, quantity, credits }) => ({
          type,
          quantity: -quantity,
          credits: -credits,
        }))
        expect(back).toEqual(turned)
      },
    ),
  )
})

test('calls of either length are calls; amounts are no items', () => {
  const counts = countsOf({
    call_short: 1n,
    call_long: 2n,
    email: 3n,
    web_search: 4n,
    own: 5n,
    [AMOUNT]: 6n,
  })
  expect(counts).toEqual({ calls: 3n, emails: 3n, webSearches: 4n, others: { own: 5n } })
})
