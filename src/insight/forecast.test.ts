import { expect, test } from 'vitest'
import { addDays, dayOf } from '../kit/calendar.ts'
import { credits } from '../kit/credits.ts'
import { dayStarts, lookAhead, paceOf, type Supply } from './forecast.ts'

const TODAY = '2026-06-01' // a Monday
const NOW = Date.parse(`${TODAY}T00:00:00Z`)
const starts = dayStarts(TODAY, 'UTC')
const days = (count: number, of: (day: string) => number) =>
  Array.from({ length: count }, (_, i) => addDays(TODAY, i - count)).map((day) => ({
    day,
    credits: credits(of(day)),
  }))
const isWeekend = (day: string) => [0, 6].includes(new Date(`${day}T00:00:00Z`).getUTCDay())
const supply = (no: number, left: number, more: Partial<Supply> = {}): Supply => {
  return { no, source: 'purchased', effectiveAt: 0, expiresAt: null, left: credits(left), ...more }
}
const on = (day: string) => Date.parse(`${day}T00:00:00Z`)
const dayOfRunOut = (at: number | null) => at && dayOf(new Date(at), 'UTC')

test('an even pace runs out when the credits divided by it are over', () => {
  const pace = paceOf(days(56, () => 10))
  expect([pace.perDay, pace.margin]).toEqual([credits(10), 0n])
  expect(lookAhead([supply(1, 105)], pace, NOW, starts).runOutAt).toBe(
    on('2026-06-11') + 12 * 3_600_000,
  )
  expect(lookAhead([supply(1, 10_000_000)], pace, NOW, starts).runOutAt).toBeNull()
})

test('it knows weekdays from weekends', () => {
  const pace = paceOf(days(28, (day) => (isWeekend(day) ? 0 : 10)))
  // Friday evening is the end of 50; the weekend uses nothing, so 51 last into Monday.
  expect(dayOfRunOut(lookAhead([supply(1, 49)], pace, NOW, starts).runOutAt)).toBe('2026-06-05')
  expect(dayOfRunOut(lookAhead([supply(1, 51)], pace, NOW, starts).runOutAt)).toBe('2026-06-08')
  expect(paceOf(days(10, (day) => (isWeekend(day) ? 0 : 10))).isWeekdayAware).toBe(false)
})

test('credits that expire unused are named, and are not there afterwards', () => {
  const pace = paceOf(days(56, () => 10))
  const soon = supply(1, 100, { expiresAt: on('2026-06-05') })
  const outlook = lookAhead([soon, supply(2, 30)], pace, NOW, starts)
  expect(outlook.expiring).toEqual([{ no: 1, credits: credits(60), expiresAt: on('2026-06-05') }])
  expect(outlook.runOutAt).toBe(on('2026-06-08'))
})

test('the next reset comes in time, or too late', () => {
  const pace = paceOf(days(56, () => 10))
  const reset = supply(-1, 365, {
    source: 'default',
    effectiveAt: on('2026-06-11'),
    expiresAt: on('2027-06-11'),
  })
  expect(lookAhead([supply(1, 100), reset], pace, NOW, starts).runOutAt).toBe(on('2026-06-11'))
  expect(dayOfRunOut(lookAhead([supply(1, 100.1), reset], pace, NOW, starts).runOutAt)).toBe(
    '2026-07-17',
  )
  expect(lookAhead([supply(1, 90), reset], pace, NOW, starts).runOutAt).toBe(on('2026-06-10'))
})

test('the wilder the use, the wider the margin; little history makes it half', () => {
  const even = paceOf(days(56, (day) => (isWeekend(day) ? 2 : 10)))
  const wild = paceOf(days(56, (day) => (Number(day.slice(-2)) % 2 ? 0 : 20)))
  expect(even.margin).toBe(0n)
  expect(wild.margin > credits(1)).toBe(true)
  const short = paceOf(days(3, () => 10))
  expect([short.perDay, short.margin]).toEqual([credits(10), credits(5)])
  expect(paceOf([])).toMatchObject({ perDay: 0n, margin: 0n })
  // More refunded than used is no use, never a gain.
  expect(paceOf(days(20, () => -3)).perDay).toBe(0n)
})
