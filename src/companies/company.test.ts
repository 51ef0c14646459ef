import { expect, test } from 'vitest'
import { isTimezone } from '../kit/calendar.ts'
import { defaultLimits, settingsOf } from './company.ts'
import { weaknessOf } from './passwords.ts'

test.each([
  ['UTC', true],
  ['Europe/Oslo', true],
  ['America/Argentina/Buenos_Aires', true],
  ['Mars/Olympus', false],
  ['+02:00', false],
  ['', false],
  ['Europe/Oslo\n', false],
])('time zone %j: %s', (name, known) => {
  expect(isTimezone(name)).toBe(known)
})

test('what was never set has its default', () => {
  expect(settingsOf({})).toEqual({
    ...{ alertRecipients: null, emailDomains: [], gongIds: 'decimal' },
    limits: defaultLimits,
  })
  const own = { ...defaultLimits, gongPerDay: 5 }
  expect(settingsOf({ limits: { gongPerDay: 5 } as never }).limits).toEqual(own)
})

test.each([
  ['correct horse battery', undefined],
  ['🐎🔋🎯🧵🪡🧶🪢🧷', undefined],
  ['x'.repeat(3) + 'yz'.repeat(100), undefined],
  ['short', 'must have at least 8 characters'],
  ['Password123', 'is one of the most common passwords'],
  ['aaaaaaaaaaaa', 'is one of the most common passwords'],
  ['Ada@Example.com', 'must not be the name or email'],
])('password %j: %s', (password, weakness) => {
  expect(weaknessOf(password, 'ada@example.com')).toBe(weakness)
})
