import { expect, test } from 'vitest'
import { frequencies, nextTime, skipReasonOf } from './automation.ts'

const table: [(typeof frequencies)[number], string, string, string, string][] = [
  // every, at, zone, after, next. 15 June 2026 is a Monday.
  ['day', '09:00', 'UTC', '2026-06-15T08:59:59Z', '2026-06-15T09:00:00Z'],
  ['day', '09:00', 'UTC', '2026-06-15T09:00:00Z', '2026-06-16T09:00:00Z'],
  ['day', '09:00', 'America/New_York', '2026-06-15T12:00:00Z', '2026-06-15T13:00:00Z'],
  ['week', '09:00', 'UTC', '2026-06-15T08:00:00Z', '2026-06-15T09:00:00Z'],
  ['week', '09:00', 'UTC', '2026-06-15T12:00:00Z', '2026-06-22T09:00:00Z'],
  ['month', '00:00', 'UTC', '2026-06-15T12:00:00Z', '2026-07-01T00:00:00Z'],
  ['month', '23:30', 'UTC', '2026-06-01T12:00:00Z', '2026-06-01T23:30:00Z'],
  // The clocks go forward at 2:00 on 29 March in Berlin: 2:30 is not there, and becomes 3:30.
  ['day', '02:30', 'Europe/Berlin', '2026-03-28T12:00:00Z', '2026-03-29T01:30:00Z'],
  ['day', '02:30', 'Europe/Berlin', '2026-03-29T01:30:00Z', '2026-03-30T00:30:00Z'],
  // They go back on 25 October: 2:30 comes twice, and counts the first time only.
  ['day', '02:30', 'Europe/Berlin', '2026-10-24T12:00:00Z', '2026-10-25T00:30:00Z'],
  ['day', '02:30', 'Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-26T01:30:00Z'],
]

test.each(table)('every %s at %s in %s, after %s: %s', (every, at, timezone, after, next) => {
  expect(nextTime({ every, at }, new Date(after), timezone)).toEqual(new Date(next))
})

test('a schedule always moves on', () => {
  for (const every of frequencies) {
    let at = new Date('2026-01-01T00:00:00Z')
    for (let i = 0; i < 40; i++) {
      const next = nextTime({ every, at: '03:00' }, at, 'America/Sao_Paulo')
      expect(next.getTime()).toBeGreaterThan(at.getTime())
      at = next
    }
  }
})

test.each([
  ['insufficient-credits', 'insufficient_credits'],
  ['budget-exceeded', 'over_budget'],
  ['feature-disabled', 'feature_disabled'],
  ['not-found', 'not_found'],
  ['invalid-state', 'brief_not_published'],
  ['ai-provider-failed', undefined],
  ['unavailable', undefined],
])('%s is logged as %s', (code, reason) => {
  expect(skipReasonOf(code)).toBe(reason)
})
