import { describe, expect, test } from 'vitest'
import { deskOf, priced, said, someone, stateOf } from '../../tests/ledger/desk.ts'
import { credits, ZERO } from '../kit/credits.ts'
import { type Book, planDraws } from './book.ts'
import { catchUp } from './due.ts'
import {
  capture,
  charge,
  grant,
  hold,
  type PastCharge,
  refund,
  release,
  voidGrant,
} from './movements.ts'

// Each row reads: of these grants, a charge of so much is drawn like this.
// A grant is kind, amount and the day it ends (`_` never); a draw is grant:amount.
test.each`
  grants                    | cost          | draws
  ${'p100/_'}               | ${30}         | ${'1:30'}
  ${'p100/9 p100/2'}        | ${120}        | ${'2:100 1:20'}
  ${'p100/_ p100/5'}        | ${101}        | ${'2:100 1:1'}
  ${'p10/5 a10/5 d10/5'}    | ${25}         | ${'3:10 2:10 1:5'}
  ${'p10/5 p10/5'}          | ${15}         | ${'1:10 2:5'}
  ${'d10/_ p10/9'}          | ${12}         | ${'2:10 1:2'}
  ${'p0.1/5 p0.2/6 p0.7/7'} | ${1}          | ${'1:0.1 2:0.2 3:0.7'}
  ${'p100/_'}               | ${100}        | ${'1:100'}
  ${'p100/_'}               | ${0}          | ${''}
  ${'p100/_'}               | ${100.000001} | ${undefined}
  ${''}                     | ${0.1}        | ${undefined}
`('of "$grants" a charge of $cost draws "$draws"', ({ grants, cost, draws }) => {
  expect(said(planDraws(deskOf(grants), credits(cost)))).toBe(draws)
})

function chargeAt(book: Book, amount: number, at: number): PastCharge {
  catchUp(book, at)
  const { seq, draws } = charge(book, priced(amount), at)
  return { seq, at, draws, attribution: someone, lines: {}, rateCard: 0, refunded: false }
}

/** Plays `charge 5, hold 3, void 1, day 9, release, …` on a desk, and gives what each grant then holds. */
function play(grants: string, story: string): string {
  const book = deskOf(grants)
  let day = 1
  let last: PastCharge | undefined
  let held: ReturnType<typeof hold> | undefined
  for (const step of story.split(', ')) {
    const [verb, amount] = step.split(' ') as [string, string]
    catchUp(book, day)
    if (verb === 'charge') last = chargeAt(book, Number(amount), day)
    else if (verb === 'hold') held = hold(book, priced(Number(amount)), 1000, null, day)
    else if (verb === 'capture') {
      const { seq, draws } = capture(
        book,
        held!,
        { credits: credits(amount), lines: {}, ends: true },
        day,
      )
      last = { seq, at: day, draws, attribution: someone, lines: {}, rateCard: 0, refunded: false }
    } else if (verb === 'release') release(book, held!, day)
    else if (verb === 'refund') {
      refund(book, last!, 'wrong', null, day)
      last!.refunded = true
    } else if (verb === 'void')
      voidGrant(book, book.grants.get(1)!, amount ? credits(amount) : undefined, 'why', 'me', day)
    else if (verb === 'day') {
      day = Number(amount)
      catchUp(book, day)
    } else throw new Error(verb)
  }
  return [...book.grants.values()].map(stateOf).join(' | ')
}

// Each row reads: with these grants, after this story, each grant is so much available, held, consumed, expired, voided.
test.each`
  grants           | story                             | states
  ${'p10/5'}       | ${'charge 4, day 5'}              | ${'0 0 4 6 0'}
  ${'p10/5'}       | ${'charge 4, day 4'}              | ${'6 0 4 0 0'}
  ${'p10/5'}       | ${'hold 4, day 6, capture 4'}     | ${'0 0 4 6 0'}
  ${'p10/5'}       | ${'hold 4, day 6, capture 1'}     | ${'0 0 1 9 0'}
  ${'p10/5'}       | ${'hold 4, day 6, release'}       | ${'0 0 0 10 0'}
  ${'p10/5'}       | ${'hold 10, release, day 5'}      | ${'0 0 0 10 0'}
  ${'p10/5'}       | ${'hold 4, day 1001'}             | ${'0 0 0 10 0'}
  ${'p10/_'}       | ${'hold 4, day 1001'}             | ${'10 0 0 0 0'}
  ${'p10/5'}       | ${'charge 4, day 6, refund'}      | ${'0 0 0 10 0'}
  ${'p10/_'}       | ${'charge 4, refund'}             | ${'10 0 0 0 0'}
  ${'p10/9 p10/_'} | ${'charge 15, refund'}            | ${'10 0 0 0 0 | 10 0 0 0 0'}
  ${'p10/_'}       | ${'void 3'}                       | ${'7 0 0 0 3'}
  ${'p10/_'}       | ${'hold 4, void'}                 | ${'0 4 0 0 6'}
  ${'p10/_'}       | ${'hold 4, void, release'}        | ${'0 0 0 0 10'}
  ${'p10/_'}       | ${'hold 4, void, capture 4'}      | ${'0 0 4 0 6'}
  ${'p10/_'}       | ${'hold 4, void, capture 1'}      | ${'0 0 1 0 9'}
  ${'p10/_'}       | ${'hold 8, void 5, release'}      | ${'5 0 0 0 5'}
  ${'p10/_'}       | ${'charge 4, void, refund'}       | ${'0 0 0 0 10'}
  ${'p10/_'}       | ${'charge 4, void 2, refund'}     | ${'8 0 0 0 2'}
  ${'p10/5'}       | ${'hold 4, day 5, void, release'} | ${'0 0 0 6 4'}
  ${'p10/5'}       | ${'hold 4, day 5, release'}       | ${'0 0 0 10 0'}
`('$grants: $story', ({ grants, story, states }) => {
  expect(play(grants, story)).toBe(states)
})

describe('what is refused changes nothing', () => {
  test.each`
    story                            | code
    ${'charge 11'}                   | ${'insufficient-credits'}
    ${'hold 11'}                     | ${'insufficient-credits'}
    ${'hold 0'}                      | ${'unprocessable'}
    ${'hold 4, capture 5'}           | ${'unprocessable'}
    ${'hold 4, release, capture 1'}  | ${'invalid-state'}
    ${'hold 4, capture 1, release'}  | ${'invalid-state'}
    ${'hold 4, day 1001, capture 1'} | ${'invalid-state'}
    ${'charge 4, refund, refund'}    | ${'invalid-state'}
    ${'charge 0, refund'}            | ${'invalid-state'}
    ${'void 11'}                     | ${'unprocessable'}
    ${'void, void'}                  | ${'unprocessable'}
  `('$story: $code', ({ story, code }) => {
    expect(() => play('p10/_', story)).toThrow(expect.objectContaining({ code }))
  })

  test('the numbers of the refusal are those of the pool', () => {
    const book = deskOf('p10/_')
    hold(book, priced(3), 1000, null, 1)
    expect(() => charge(book, priced(8), 1)).toThrow(
      expect.objectContaining({ facts: { needed: 8, available: 7, held: 3 } }),
    )
    expect(book.pool).toMatchObject({ available: credits(7), held: credits(3), used: ZERO })
  })
})

test('a pool takes 9,000,000,000 credits and not one more, those that have not begun included', () => {
  const book = deskOf('')
  const asked = (amount: number, effectiveAt: number) =>
    grant(
      book,
      {
        source: 'purchased',
        amount: credits(amount),
        effectiveAt,
        expiresAt: null,
        reference: null,
        reason: null,
        grantedBy: null,
      },
      0,
    )
  for (let i = 0; i < 8; i++) asked(1_000_000_000, i % 2 ? 100 : 0)
  asked(999_999_999, 100)
  expect(() => asked(1.000001, 0)).toThrow(expect.objectContaining({ code: 'unprocessable' }))
  asked(1, 0)
  catchUp(book, 100)
  expect(book.pool.available).toBe(credits(9_000_000_000))
})

test('a million emails cost exactly 100,000 credits', () => {
  const book = deskOf('p100000/_')
  for (let i = 0; i < 1_000_000; i += 1) {
    if (i % 1000 === 0) book.entries.length = 0
    charge(book, priced(0.1), 1)
  }
  expect(book.pool).toMatchObject({ available: ZERO, used: credits(100_000) })
}, 60_000)
