import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  credits,
  formatCredits,
  micros,
  POOL_MAX,
  parseCredits,
  percentOf,
  reaches,
  sayAvailable,
  sayCredits,
  toJson,
} from './credits.ts'

// Each row reads: this is so many micro-credits, or nothing that could be an amount.
test.each`
  given                       | amount
  ${0}                        | ${0n}
  ${0.1}                      | ${100_000n}
  ${0.000001}                 | ${1n}
  ${1e-6}                     | ${1n}
  ${1e-7}                     | ${undefined}
  ${0.1 + 0.2}                | ${undefined}
  ${-0.5}                     | ${-500_000n}
  ${9_000_000_000}            | ${9_000_000_000_000_000n}
  ${'9000000000.123456'}      | ${9_000_000_000_123_456n}
  ${'1.1234567'}              | ${undefined}
  ${1e21}                     | ${undefined}
  ${Number.NaN}               | ${undefined}
  ${Number.POSITIVE_INFINITY} | ${undefined}
  ${'1,5'}                    | ${undefined}
  ${''}                       | ${undefined}
  ${' 1'}                     | ${undefined}
  ${'0x10'}                   | ${undefined}
`('$given is $amount', ({ given, amount }) => {
  expect(parseCredits(given)).toBe(amount)
})

const anyAmount = fc.bigInt({ min: 0n, max: 2n * POOL_MAX }).map(micros)

test('an amount is written exactly, and reads back as itself', () => {
  fc.assert(
    fc.property(anyAmount, (amount) => parseCredits(formatCredits(amount)) === amount),
    { numRuns: 2_000 },
  )
})

test('an amount in JSON is its exact digits', () => {
  fc.assert(
    fc.property(anyAmount, (amount) => JSON.stringify(toJson(amount)) === formatCredits(amount)),
    { numRuns: 2_000 },
  )
  expect(JSON.stringify(toJson(credits(1_234_567.000001)))).toBe('1234567.000001')
})

test('a threshold is reached exactly when the percentage shown says so', () => {
  fc.assert(
    fc.property(
      anyAmount,
      anyAmount,
      fc.constantFrom(60, 80, 90, 95, 100),
      (used, rest, percent) => {
        const total = micros(used + rest)
        if (total > 0n)
          expect(reaches(used, total, percent)).toBe(percentOf(used, total) >= percent)
      },
    ),
    { numRuns: 2_000 },
  )
})

test('a million times a tenth is a hundred thousand', () => {
  let total = 0n
  for (let i = 0; i < 1_000_000; i++) total += credits(0.1)
  expect(total).toBe(credits(100_000))
})

test.each`
  amount        | said             | available
  ${0n}         | ${'0 credits'}   | ${'0 are available'}
  ${500_000n}   | ${'0.5 credits'} | ${'0.5 are available'}
  ${1_000_000n} | ${'1 credit'}    | ${'1 is available'}
  ${2_000_000n} | ${'2 credits'}   | ${'2 are available'}
`('$amount reads $said, and $available', ({ amount, said, available }) => {
  expect([sayCredits(amount), sayAvailable(amount)]).toEqual([said, available])
})
