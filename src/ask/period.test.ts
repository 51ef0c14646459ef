import { expect, test } from 'vitest'
import { faultOf, rangeOf, timePeriods } from './period.ts'

// 15 June 2026 is a Monday.
const utc = { now: new Date('2026-06-15T12:00:00Z'), timezone: 'UTC' }
const newYork = { ...utc, timezone: 'America/New_York' }
const auckland = { ...utc, timezone: 'Pacific/Auckland' }
const quiet = { ...utc, lastActivity: new Date('2025-03-01T23:30:00Z') }

const table: [(typeof timePeriods)[number], typeof utc, string | undefined, string | undefined][] =
  [
    ['LAST_7DAYS', utc, '2026-06-08T00:00:00Z', '2026-06-16T00:00:00Z'],
    ['LAST_30DAYS', utc, '2026-05-16T00:00:00Z', '2026-06-16T00:00:00Z'],
    ['LAST_90DAYS', utc, '2026-03-17T00:00:00Z', '2026-06-16T00:00:00Z'],
    ['LAST_YEAR', utc, '2025-06-15T00:00:00Z', '2026-06-16T00:00:00Z'],
    ['THIS_WEEK', utc, '2026-06-15T00:00:00Z', '2026-06-22T00:00:00Z'],
    ['THIS_MONTH', utc, '2026-06-01T00:00:00Z', '2026-07-01T00:00:00Z'],
    ['THIS_QUARTER', utc, '2026-04-01T00:00:00Z', '2026-07-01T00:00:00Z'],
    ['THIS_YEAR', utc, '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'],
    ['ALL_CONVERSATIONS', utc, undefined, undefined],
    // In New York it is the same Monday, four hours behind; clocks moved on 8 March.
    ['THIS_WEEK', newYork, '2026-06-15T04:00:00Z', '2026-06-22T04:00:00Z'],
    ['THIS_YEAR', newYork, '2026-01-01T05:00:00Z', '2027-01-01T05:00:00Z'],
    ['LAST_YEAR', newYork, '2025-06-15T04:00:00Z', '2026-06-16T04:00:00Z'],
    // In Auckland it is Tuesday already.
    ['LAST_7DAYS', auckland, '2026-06-08T12:00:00Z', '2026-06-16T12:00:00Z'],
    ['THIS_WEEK', auckland, '2026-06-14T12:00:00Z', '2026-06-21T12:00:00Z'],
    ['LAST_90_DAYS_SINCE_LAST_ACTIVITY', quiet, '2024-12-01T00:00:00Z', '2025-03-02T00:00:00Z'],
    ['LAST_YEAR_SINCE_LAST_ACTIVITY', quiet, '2024-03-01T00:00:00Z', '2025-03-02T00:00:00Z'],
    // Without any activity, as of now.
    ['LAST_90_DAYS_SINCE_LAST_ACTIVITY', utc, '2026-03-17T00:00:00Z', '2026-06-16T00:00:00Z'],
  ]

test.each(table)(
  '%s (case %#) is read in the company’s calendar',
  (timePeriod, around, from, to) => {
    const range = rangeOf({ timePeriod }, around)
    const date = (text: string | undefined) => (text === undefined ? undefined : new Date(text))
    expect(range).toEqual({ ...(from && { from: date(from) }), ...(to && { to: date(to) }) })
  },
)

test('every quarter begins with its first month', () => {
  for (let month = 1; month <= 12; month++) {
    const now = new Date(Date.UTC(2026, month - 1, 20))
    const { from, to } = rangeOf({ timePeriod: 'THIS_QUARTER' }, { now, timezone: 'UTC' })
    const first = Math.floor((month - 1) / 3) * 3
    expect(from).toEqual(new Date(Date.UTC(2026, first, 1)))
    expect(to).toEqual(new Date(Date.UTC(2026, first + 3, 1)))
  }
})

test('no period is the last 90 days; dates alone are a range of their own', () => {
  expect(rangeOf({}, utc)).toEqual(rangeOf({ timePeriod: 'LAST_90DAYS' }, utc))
  const from = new Date('2026-01-01T00:00:00Z')
  expect(rangeOf({ from }, utc)).toEqual({ from, to: undefined })
})

test.each([
  [{}, undefined],
  [{ timePeriod: 'THIS_WEEK' as const }, undefined],
  [{ timePeriod: 'CUSTOM_RANGE' as const }, 'CUSTOM_RANGE needs from, to, or both'],
  [{ timePeriod: 'THIS_WEEK' as const, to: utc.now }, 'from and to belong to CUSTOM_RANGE'],
  [{ from: utc.now, to: utc.now }, 'to must lie after from'],
  [{ timePeriod: 'CUSTOM_RANGE' as const, to: utc.now }, undefined],
])('%j: %s', (asked, fault) => {
  expect(faultOf(asked)).toBe(fault)
})

test('every period has dates', () => {
  for (const timePeriod of timePeriods) expect(rangeOf({ timePeriod }, utc)).toBeDefined()
})
