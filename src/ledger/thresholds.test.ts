import { expect, test } from 'vitest'
import { deskOf, priced, someone } from '../../tests/ledger/desk.ts'
import { credits } from '../kit/credits.ts'
import type { Book } from './book.ts'
import { catchUp } from './due.ts'
import { charge, grant, hold, refund, release, voidGrant } from './movements.ts'
import { statusOf, usedPercent } from './thresholds.ts'

/** Plays a story on a pool of 100 that ends on day 50; each step gives the thresholds it reached. */
function play(grants: string, story: string): string {
  const book: Book = deskOf(grants)
  let day = 1
  let held: ReturnType<typeof hold> | undefined
  let past: Parameters<typeof refund>[1] | undefined
  return story
    .split(', ')
    .map((step) => {
      const before = book.crossings.length
      const [verb, text] = step.split(' ') as [string, string]
      const amount = credits(text ?? 1)
      if (verb === 'charge') {
        const { seq, at, draws } = charge(book, priced(Number(text)), day)
        past = { seq, at, draws, attribution: someone, lines: {}, rateCard: 0, refunded: false }
      } else if (verb === 'hold') held = hold(book, priced(Number(text)), 1000, null, day)
      else if (verb === 'release') release(book, held!, day)
      else if (verb === 'refund') refund(book, past!, 'wrong', null, day)
      else if (verb === 'void') voidGrant(book, book.grants.get(1)!, amount, 'why', null, day)
      else if (verb === 'day') {
        day = Number(text)
        catchUp(book, day)
      } else if (verb === 'grant') {
        const asked = { source: 'purchased' as const, amount, effectiveAt: day, expiresAt: null }
        grant(book, { ...asked, reference: null, reason: null, grantedBy: null }, day)
      }
      return (
        book.crossings
          .slice(before)
          .map(({ percent }) => percent)
          .join('+') || '-'
      )
    })
    .join(' ')
}

// Each row reads: with these grants, the steps of this story reach these thresholds.
test.each`
  grants            | story                                             | reached
  ${'p100/_'}       | ${'charge 59.999999, charge 0.000001'}            | ${'- 60'}
  ${'p100/_'}       | ${'charge 60, charge 1, charge 18.9, charge 0.1'} | ${'60 - - 80'}
  ${'p100/_'}       | ${'charge 55, charge 42'}                         | ${'- 60+80+90+95'}
  ${'p100/_'}       | ${'charge 100'}                                   | ${'60+80+90+95+100'}
  ${'p100/_'}       | ${'charge 60, refund, charge 60'}                 | ${'60 - -'}
  ${'p100/_'}       | ${'charge 60, grant 1, charge 1'}                 | ${'60 - 60'}
  ${'p100/_'}       | ${'charge 80, grant 20, charge 20'}               | ${'60+80 - 80'}
  ${'p100/_'}       | ${'charge 80, grant 50, charge 40'}               | ${'60+80 - 60+80'}
  ${'p100/_'}       | ${'charge 80, grant 1, charge 1'}                 | ${'60+80 - 80'}
  ${'p10/_ p50/50'} | ${'charge 20, day 50'}                            | ${'- 60'}
  ${'p100/50'}      | ${'day 50'}                                       | ${'60+80+90+95+100'}
  ${'p100/_'}       | ${'charge 40, void 40'}                           | ${'- 60'}
  ${'p100/_'}       | ${'hold 90, charge 10'}                           | ${'- -'}
  ${'p10/50 p90/_'} | ${'charge 6, hold 4, day 60, release'}            | ${'- - - -'}
  ${''}             | ${'charge 0'}                                     | ${'-'}
`('$grants: $story reaches $reached', ({ grants, story, reached }) => {
  expect(play(grants, story)).toBe(reached)
})

// Each row reads: after this much is used of that, the percentage shown and the status are these.
test.each`
  grants      | used       | percent | status
  ${'p100/_'} | ${0}       | ${0}    | ${'ok'}
  ${'p100/_'} | ${79.99}   | ${79.9} | ${'ok'}
  ${'p100/_'} | ${80}      | ${80}   | ${'low'}
  ${'p3/_'}   | ${2}       | ${66.6} | ${'ok'}
  ${'p100/_'} | ${99.9999} | ${99.9} | ${'low'}
  ${'p100/_'} | ${100}     | ${100}  | ${'exhausted'}
  ${''}       | ${0}       | ${0}    | ${'exhausted'}
`('$used of $grants is $percent percent, $status', ({ grants, used, percent, status }) => {
  const book = deskOf(grants)
  charge(book, priced(used), 1)
  expect(usedPercent(book.pool)).toBe(percent)
  expect(statusOf(book.pool)).toBe(status)
})
