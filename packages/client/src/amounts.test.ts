import fc from 'fast-check'
import { expect, test } from 'vitest'
import { creditsOf, exactCredits, microsOf, sumCredits, timesCredits } from './amounts.ts'

test.each([
  [0.1 + 0.2, 0.3],
  [0.1 * 3, 0.3],
  [1.1 * 1.1, 1.21],
  [0.000001, 0.000001],
  [1_000_000_000, 1_000_000_000],
  [0, 0],
])('%s is taken as %s', (amount, exact) => {
  expect(exactCredits(amount)).toBe(exact)
})

test.each([0.1234567, 1e-7, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])(
  '%s is no exact amount',
  (amount) => {
    expect(() => exactCredits(amount)).toThrow(RangeError)
  },
)

test('sums and products are exact', () => {
  expect(sumCredits([0.1, 0.2, 0.3])).toBe(0.6)
  expect(timesCredits(0.1, 3)).toBe(0.3)
  expect(() => timesCredits(0.1, 1.5)).toThrow(RangeError)
})

test('every amount up to a grant survives the way to micro-credits and back', () => {
  const micros = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n })
  fc.assert(fc.property(micros, (count) => microsOf(creditsOf(count)) === count))
  fc.assert(
    fc.property(fc.array(micros, { maxLength: 5 }), (counts) => {
      const sum = counts.reduce((total, count) => total + count, 0n)
      expect(sumCredits(counts.map(creditsOf))).toBe(creditsOf(sum))
    }),
  )
})
