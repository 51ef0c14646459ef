import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addDays, daysBetween, startOfDay } from '../kit/calendar.ts'
import { credits, formatCredits, ZERO } from '../kit/credits.ts'
import {
  allotment,
  contractYears,
  creditsForAddedSeats,
  proportion,
  type Seat,
  termAt,
  withPeaks,
} from './contract.ts'

// Each row reads: a term from this day on for so many months has these contract years.
test.each`
  start           | months | years
  ${'2026-01-01'} | ${12}  | ${'2026-01-01–2027-01-01'}
  ${'2026-01-01'} | ${18}  | ${'2026-01-01–2027-01-01 2027-01-01–2027-07-01'}
  ${'2026-03-31'} | ${6}   | ${'2026-03-31–2026-09-30'}
  ${'2028-02-29'} | ${36}  | ${'2028-02-29–2029-02-28 2029-02-28–2030-02-28 2030-02-28–2031-02-28'}
  ${'2024-02-29'} | ${60}  | ${'2024-02-29–2025-02-28 2025-02-28–2026-02-28 2026-02-28–2027-02-28 2027-02-28–2028-02-29 2028-02-29–2029-02-28'}
  ${'2026-12-31'} | ${14}  | ${'2026-12-31–2027-12-31 2027-12-31–2028-02-29'}
  ${'2026-05-05'} | ${1}   | ${'2026-05-05–2026-06-05'}
`('$start for $months months is $years', ({ start, months, years }) => {
  expect(
    contractYears(start, months)
      .map((year) => `${year.start}–${year.end}`)
      .join(' '),
  ).toBe(years)
})

test('contract years follow on each other, whatever the day and the term', () => {
  const anyDay = fc.integer({ min: 0, max: 36_524 }).map((n) => addDays('2000-01-01', n))
  fc.assert(
    fc.property(anyDay, fc.integer({ min: 1, max: 120 }), (start, months) => {
      const years = contractYears(start, months)
      expect(years[0]!.start).toBe(start)
      for (const [i, year] of years.entries()) {
        expect(year.start < year.end).toBe(true)
        expect(daysBetween(year.start, year.end)).toBeLessThanOrEqual(366)
        if (i > 0) expect(year.start).toBe(years[i - 1]!.end)
      }
    }),
  )
})

// Each row reads: a day begins in this zone at this instant; some zones skip midnight, one skipped a whole day.
test.each`
  day             | zone                    | instant
  ${'2026-01-01'} | ${'UTC'}                | ${'2026-01-01T00:00:00.000Z'}
  ${'2026-04-24'} | ${'Africa/Cairo'}       | ${'2026-04-23T22:00:00.000Z'}
  ${'2026-03-08'} | ${'America/Havana'}     | ${'2026-03-08T05:00:00.000Z'}
  ${'2026-11-01'} | ${'America/Havana'}     | ${'2026-11-01T04:00:00.000Z'}
  ${'2026-09-06'} | ${'America/Santiago'}   | ${'2026-09-06T04:00:00.000Z'}
  ${'2026-03-29'} | ${'Asia/Beirut'}        | ${'2026-03-28T22:00:00.000Z'}
  ${'2011-12-30'} | ${'Pacific/Apia'}       | ${'2011-12-30T10:00:00.000Z'}
  ${'2026-01-01'} | ${'Pacific/Kiritimati'} | ${'2025-12-31T10:00:00.000Z'}
`('$day begins in $zone at $instant', ({ day, zone, instant }) => {
  expect(startOfDay(day, zone).toISOString()).toBe(instant)
})

function seats(text: string, year: { start: string }): Seat[] {
  return text
    .split(' ')
    .filter(Boolean)
    .map((one) => {
      const [, type, count, peak] = /^([a-z_]+):(\d+)(?:\^(\d+))?$/.exec(one)!
      const of = { core: true, creditsPerSeat: credits(24_000), peakYear: year.start }
      return {
        type: type as Seat['type'],
        count: Number(count),
        peak: Number(peak ?? count),
        ...of,
      }
    })
}

const [year] = contractYears('2026-01-01', 12)
const [, half] = contractYears('2026-01-01', 18)

// Each row reads: from these seats to those on this day brings so many credits (`^` is the year's peak so far).
test.each`
  before               | after                    | day             | proration  | brings
  ${'foundation:10'}   | ${'foundation:11'}       | ${'2026-01-01'} | ${'daily'} | ${'24000'}
  ${'foundation:10'}   | ${'foundation:11'}       | ${'2026-12-31'} | ${'daily'} | ${'65.8'}
  ${'foundation:10'}   | ${'foundation:15'}       | ${'2026-07-02'} | ${'daily'} | ${'60164.4'}
  ${'foundation:10'}   | ${'foundation:15'}       | ${'2026-07-02'} | ${'full'}  | ${'120000'}
  ${'foundation:10'}   | ${'foundation:5'}        | ${'2026-07-02'} | ${'daily'} | ${'0'}
  ${'foundation:5^10'} | ${'foundation:10'}       | ${'2026-07-02'} | ${'daily'} | ${'0'}
  ${'foundation:5^10'} | ${'foundation:11'}       | ${'2026-07-02'} | ${'full'}  | ${'24000'}
  ${'foundation:0^10'} | ${'foundation:10'}       | ${'2026-07-02'} | ${'full'}  | ${'0'}
  ${''}                | ${'enable:2'}            | ${'2026-07-02'} | ${'full'}  | ${'48000'}
  ${'enable:3'}        | ${'enable:1 forecast:2'} | ${'2026-07-02'} | ${'full'}  | ${'48000'}
`(
  '$before to $after on $day, $proration, brings $brings',
  ({ before, after, day, proration, brings }) => {
    expect(
      formatCredits(
        creditsForAddedSeats(seats(before, year!), seats(after, year!), year!, day, proration),
      ),
    ).toBe(brings)
  },
)

test('a type that is taken away and added again brings nothing in the same year', () => {
  const without = withPeaks(seats('foundation:50', year!), [], year!)
  expect(without).toMatchObject([{ type: 'foundation', count: 0, peak: 50 }])
  expect(
    creditsForAddedSeats(without, seats('foundation:50', year!), year!, '2026-06-01', 'full'),
  ).toBe(ZERO)
})

test('a new contract year counts its peak from the seats it began with', () => {
  const next = { start: '2027-01-01', end: '2028-01-01', fullEnd: '2028-01-01' }
  expect(
    withPeaks(seats('foundation:5^10', year!), seats('foundation:5', year!), next),
  ).toMatchObject([{ peak: 5 }])
})

test('a last year that is shorter brings its defaults by days', () => {
  expect(formatCredits(allotment(seats('foundation:10', half!), half!))).toBe('119013.7')
  expect(formatCredits(allotment(seats('foundation:10', year!), year!))).toBe('240000')
})

describe('rounding', () => {
  test.each`
    amount     | part   | whole  | rounded
    ${'1'}     | ${1}   | ${2}   | ${'0.5'}
    ${'0.1'}   | ${1}   | ${2}   | ${'0.1'}
    ${'0.1'}   | ${49}  | ${100} | ${'0'}
    ${'24000'} | ${0}   | ${365} | ${'0'}
    ${'24000'} | ${365} | ${365} | ${'24000'}
    ${'1000'}  | ${1}   | ${3}   | ${'333.3'}
    ${'2000'}  | ${1}   | ${3}   | ${'666.7'}
  `('$amount × $part ÷ $whole is $rounded', ({ amount, part, whole, rounded }) => {
    expect(formatCredits(proportion(credits(amount), part, whole))).toBe(rounded)
  })
})

test('the term of a day is the one it lies in, else the next, else the last', () => {
  const term = (startDay: string, endDay: string) => ({
    startDay,
    endDay,
    termMonths: 12,
    proration: 'daily' as const,
    seats: [],
  })
  const terms = [term('2026-01-01', '2027-01-01'), term('2027-06-01', '2028-06-01')]
  expect(
    ['2025-01-01', '2026-12-31', '2027-01-01', '2028-05-31', '2028-06-01'].map(
      (day) => termAt(terms, day)?.startDay,
    ),
  ).toEqual(['2026-01-01', '2026-01-01', '2027-06-01', '2027-06-01', '2027-06-01'])
})
