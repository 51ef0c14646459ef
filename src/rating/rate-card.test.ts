import fc from 'fast-check'
import { expect, test } from 'vitest'
import { credits, formatCredits, plus } from '../kit/credits.ts'
import { BUILT_IN, cardAt, completed, type Item, rate } from './rate-card.ts'

// Each row reads: a call of so many seconds costs so much.
test.each`
  seconds     | cost
  ${0}        | ${'0.5'}
  ${1}        | ${'0.5'}
  ${599.999}  | ${'0.5'}
  ${600}      | ${'0.5'}
  ${600.0001} | ${'1'}
  ${600.4}    | ${'1'}
  ${601}      | ${'1'}
  ${86_400}   | ${'1'}
`('a call of $seconds s costs $cost', ({ seconds, cost }) => {
  expect(formatCredits(rate(BUILT_IN, [{ type: 'call', durationSeconds: seconds }]).credits)).toBe(
    cost,
  )
})

test('twenty emails and three long calls cost 5', () => {
  const calls = Array.from({ length: 3 }, () => ({ type: 'call', durationSeconds: 900 }))
  const { credits: cost, lines } = rate(BUILT_IN, [{ type: 'email', quantity: 20 }, ...calls])
  expect(formatCredits(cost)).toBe('5')
  expect(lines.map(({ type, count }) => [type, count])).toEqual([
    ['email', 20],
    ['call_long', 3],
  ])
})

test('what is not on the card is refused, and nothing that every object has is on it', () => {
  for (const type of ['fax', 'toString', '__proto__', 'constructor']) {
    expect(() => rate(BUILT_IN, [{ type }])).toThrow(
      expect.objectContaining({ code: 'unprocessable' }),
    )
  }
})

const anyItem: fc.Arbitrary<Item> = fc.oneof(
  fc.record({
    type: fc.constant('call'),
    durationSeconds: fc.float({ min: 0, max: 1200, noNaN: true }),
  }),
  fc.record({
    type: fc.constantFrom('email', 'web_search'),
    quantity: fc.integer({ min: 1, max: 1000 }),
  }),
)

test('the price of many is the sum of their prices, in any order', () => {
  fc.assert(
    fc.property(fc.array(anyItem), fc.nat(), (items, cut) => {
      const whole = rate(BUILT_IN, items).credits
      const at = items.length ? cut % items.length : 0
      expect(rate(BUILT_IN, items.toReversed()).credits).toBe(whole)
      expect(
        plus(rate(BUILT_IN, items.slice(0, at)).credits, rate(BUILT_IN, items.slice(at)).credits),
      ).toBe(whole)
    }),
  )
})

test('the card in force is the latest to have become effective; of two, the later made', () => {
  const card = (no: number, day: string) => ({
    no,
    effectiveAt: new Date(day),
    prices: completed({ email: credits(no) }),
  })
  const cards = [BUILT_IN, card(1, '2026-03-01'), card(2, '2026-02-01'), card(3, '2026-03-01')]
  const inForce = (day: string) => cardAt(cards, new Date(day)).no
  expect(['2026-01-31', '2026-02-01', '2026-02-28', '2026-03-01'].map(inForce)).toEqual([
    0, 2, 2, 3,
  ])
  expect(cardAt([], new Date()).prices.email).toBe(credits(0.1))
})
