import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findQuote } from './quotes.ts'
import { clean, fenced } from './untrusted.ts'

test('a quote may differ in white space and in what cannot be seen, and comes back exact', () => {
  const source = 'So,  the\n\tbud\u200bget is fifty \u{1f4b0} thousand.'
  expect(findQuote(source, 'the budget is fifty \u{1f4b0}')).toBe(
    'the\n\tbud\u200bget is fifty \u{1f4b0}',
  )
  expect(findQuote(source, 'the budget is sixty')).toBeUndefined()
  expect(findQuote(source, '  \u200b ')).toBeUndefined()
})

test('whatever is found is a part of the source', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(), fc.nat(), (source, from, length) => {
      const quote = findQuote(
        source,
        source.slice(from % (source.length + 1)).slice(0, length % 40),
      )
      return quote === undefined || source.includes(quote)
    }),
  )
})

test('no text closes its fence, not even one that knows it', () => {
  const fence = '0123456789abcdef'
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.constant(fence),
          fc.constant('\u200b0123456789'),
        ),
      ),
      (parts) => {
        const inside = clean(parts.join(''), fence)
        return (
          !inside.includes(fence) && fenced('item', parts.join(''), fence).split(fence).length === 3
        )
      },
    ),
  )
})
