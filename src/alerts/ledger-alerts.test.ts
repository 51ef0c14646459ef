import { expect, test } from 'vitest'
import type { Book, LedgerEvent } from '../ledger/book.ts'
import { alertsOf, lastOf } from './ledger-alerts.ts'

const book = {
  pool: { available: 0n, held: 0n, used: 100_000_000n },
  grants: new Map([[1, { source: 'purchased', amount: 100_000_000n }]]),
} as unknown as Book
const threshold = (percents: number[], seq: number, cause = 'charge'): LedgerEvent =>
  ({ kind: 'threshold', percents, cause, at: seq * 1000, seq }) as LedgerEvent
const exhausted = (seq: number): LedgerEvent => ({
  ...{ kind: 'exhausted', cause: 'charge', at: seq * 1000, seq },
})

test('a change that passes several thresholds and reaches zero makes one alert', () => {
  const [alert, ...others] = alertsOf(book, [threshold([90, 95, 100], 7), exhausted(7)])
  expect(others).toEqual([])
  expect(alert).toMatchObject({
    kind: 'threshold',
    facts: { thresholds: [90, 95, 100], exhausted: true, used: '100000000' },
    seq: 7,
  })
})

test('a zero while every threshold is still marked is told by itself', () => {
  expect(alertsOf(book, [exhausted(9)])).toMatchObject([{ kind: 'exhausted', seq: 9 }])
})

test('the end of a hold concerns nobody', () => {
  expect(alertsOf(book, [{ kind: 'hold-ended', holdId: 1, at: 1, seq: 1 }])).toEqual([])
})

test('a catch-up that reached thresholds twice tells of each once, at the last time', () => {
  const events = [threshold([60, 80], 1), exhausted(1), threshold([60], 5), exhausted(6)]
  expect(lastOf(events)).toEqual([threshold([80], 1), threshold([60], 5), exhausted(6)])
})
