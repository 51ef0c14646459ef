import { expect, inject, test } from 'vitest'
import { compareCalendars, zones } from './calendar.ts'

test('days begin and anniversaries fall where PostgreSQL has them', async () => {
  const asked = { from: '2023-01-01', to: '2031-01-01', inZones: zones }
  expect((await compareCalendars(inject('postgresUrl'), asked)).differences).toEqual([])
}, 60_000)

test('a calendar by noon’s offset and JavaScript’s years is caught', async () => {
  const asked = { from: '2024-01-01', to: '2025-01-01', inZones: zones, control: true }
  const { differences } = await compareCalendars(inject('postgresUrl'), asked)
  expect(differences.some((one) => one.startsWith('2024-02-29 +'))).toBe(true)
  expect(differences.some((one) => one.includes('Africa/Cairo'))).toBe(true)
}, 60_000)
