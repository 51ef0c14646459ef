import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mailWait, togetherAt, webhookWait } from './tries.ts'

const chance = fc.double({ min: 0, max: 1, noNaN: true })
const middle = 0.5
const minutes = (count: number) => count * 60_000
const hours = (count: number) => minutes(count * 60)

test('a mail is tried again after a second, later after minutes', () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1000].map((tries) => mailWait(tries, middle) / 1000)
  expect(waits).toEqual([1, 2, 4, 8, 15, 30, 60, 120, 300, 300, 300])
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), chance, (tries, luck) => {
      const wait = mailWait(tries, luck)
      const planned = mailWait(tries, middle)
      return wait >= planned * 0.89 && wait <= planned * 1.11
    }),
  )
})

test('a webhook message is tried ten times in all, as Standard Webhooks has it', () => {
  const waits = Array.from({ length: 10 }, (_, i) => webhookWait(i + 1, undefined, middle))
  expect(waits).toEqual([
    ...[5_000, minutes(5), minutes(30), hours(2), hours(5)],
    ...[hours(10), hours(14), hours(20), hours(24), undefined],
  ])
})

test('a receiver may ask for more time, but not for ever', () => {
  expect(webhookWait(1, minutes(3), middle)).toBe(minutes(3))
  expect(webhookWait(3, minutes(3), middle)).toBe(minutes(30))
  expect(webhookWait(1, hours(1000), middle)).toBe(hours(24))
})

const at = (seconds: number) => new Date(seconds * 1000)

test.each([
  ['one alert: after a pause', [0], undefined, 10],
  ['more of them: after a pause since the last', [0, 3, 8], undefined, 18],
  ['a stream of them: a minute after the first', [0, 9, 18, 27, 36, 45, 54], undefined, 60],
  ['soon after a mail: a minute after that', [100], 90, 150],
  ['long after a mail: after a pause', [1000], 90, 1010],
])('%s', (_what, since, last, due) => {
  expect(togetherAt(since.map(at), last === undefined ? undefined : at(last))).toEqual(at(due))
})
