import { expect, test } from 'vitest'
import { deskOf, priced } from '../../tests/ledger/desk.ts'
import { credits } from '../kit/credits.ts'
import { type Book, dueBy } from './book.ts'
import { catchUp } from './due.ts'
import { addGrant, charge, hold } from './movements.ts'

const period = (startsAt: number, endsAt: number, amount: number) => ({
  startsAt,
  endsAt,
  allotment: credits(amount),
  reference: null,
})
const linesOf = (book: Book) =>
  book.entries.map(
    (entry) => `${entry.at} ${entry.type} ${entry.grantNo} ${Number(entry.credits) / 1e6}`,
  )

function threeYears(): Book {
  const book = deskOf('d100/10 p5/15')
  charge(book, priced(95), 1)
  hold(book, priced(3), 3, null, 2)
  book.periods = [period(10, 20, 100), period(20, 30, 100)]
  dueBy(book.pool, 10)
  addGrant(
    book,
    {
      source: 'purchased',
      amount: credits(7),
      effectiveAt: 12,
      expiresAt: 25,
      reference: null,
      reason: null,
      grantedBy: null,
    },
    2,
  )
  book.entries.length = 0
  return book
}

test('what fell due is done in the order of its own moments, however late', () => {
  const book = threeYears()
  catchUp(book, 27)
  expect(linesOf(book)).toEqual([
    '5 release 1 3',
    '10 expire 1 5',
    '10 grant 4 100',
    '12 grant 3 7',
    '15 expire 2 5',
    '20 expire 4 100',
    '20 grant 5 100',
    '25 expire 3 7',
  ])
  expect(book.pool).toMatchObject({ used: 0n, periodStart: 20, nextDueAt: 30 })
})

test('late, in steps or twice, the lines are the same', () => {
  const [atOnce, inSteps] = [threeYears(), threeYears()]
  catchUp(atOnce, 27)
  for (const now of [3, 5, 5, 9, 10, 11, 12, 14, 15, 19, 20, 21, 25, 26, 27, 27])
    catchUp(inSteps, now)
  expect(inSteps.entries).toEqual(atOnce.entries)
  expect(inSteps.pool).toEqual(atOnce.pool)
})

test('a reset is one change: what is reached on the way is not told, nor that it was empty', () => {
  const book = deskOf('d100/10')
  charge(book, priced(50), 1)
  book.periods = [period(10, 20, 100)]
  dueBy(book.pool, 10)
  book.events.length = 0
  catchUp(book, 10)
  expect(book.crossings).toEqual([])
  expect(book.events.map(({ kind }) => kind)).toEqual(['granted'])
})

test('of a catch-up only what is true at its end is told; what was reached before it still is', () => {
  const book = deskOf('d100/10')
  charge(book, priced(70), 1)
  book.periods = [period(15, 20, 100)]
  dueBy(book.pool, 10)
  catchUp(book, 16)
  expect(book.crossings.map(({ percent }) => percent)).toEqual([60, 80, 90, 95, 100])
  expect(
    book.events.filter(({ kind }) => kind === 'threshold' || kind === 'exhausted'),
  ).toMatchObject([{ kind: 'threshold', percents: [60] }])
})

test('a grant is over at its last moment, to the millisecond', () => {
  const book = deskOf('p5/10')
  catchUp(book, 9)
  expect(book.pool.available).toBe(credits(5))
  catchUp(book, 10)
  expect(() => charge(book, priced(1), 10)).toThrow(
    expect.objectContaining({ code: 'insufficient-credits' }),
  )
})
