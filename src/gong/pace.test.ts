import fc from 'fast-check'
import { expect, test } from 'vitest'
import { takeOne, type Use } from './pace.ts'

const day = '2026-06-15'
const noon = Date.parse(`${day}T12:00:00Z`)
const limits = { perSecond: 3, perDay: 10_000 }
const fresh: Use = { spacedTo: 0, day: '1970-01-01', requests: 0 }

/** Which of some requests pass, at so many milliseconds after noon. */
function passing(at: readonly number[], { perSecond, perDay } = limits): boolean[] {
  let use = fresh
  return at.map((ms) => {
    const taken = takeOne(use, { perSecond, perDay }, { ms: noon + ms, day })
    if ('retryAfter' in taken) return false
    use = taken.use
    return true
  })
}

test.each([
  ['three at once, the fourth not', [0, 0, 0, 0], [true, true, true, false]],
  ['another a third of a second later', [0, 0, 0, 333, 334], [true, true, true, false, true]],
  [
    'three again after a second',
    [0, 0, 0, 1000, 1000, 1000, 1000],
    [...[true, true, true, true], ...[true, true, false]],
  ],
  ['always at a slower pace', [0, 400, 800, 1200, 1600], [true, true, true, true, true]],
])('%s', (_, at, expected) => {
  expect(passing(at)).toEqual(expected)
})

test('whoever waits as long as told passes', () => {
  const taken = takeOne({ ...fresh, spacedTo: noon + 5_000 }, limits, { ms: noon, day })
  expect(taken).toEqual({ retryAfter: 5 })
  const later = takeOne({ ...fresh, spacedTo: noon + 5_000 }, limits, { ms: noon + 5_000, day })
  expect('use' in later).toBe(true)
})

test('the day ends at midnight UTC', () => {
  const spent: Use = { spacedTo: 0, day, requests: 10_000 }
  expect(takeOne(spent, limits, { ms: noon, day })).toEqual({ retryAfter: 12 * 3_600 })
  const next = takeOne(spent, limits, { ms: noon + 12 * 3_600_000, day: '2026-06-16' })
  expect(next).toMatchObject({ use: { day: '2026-06-16', requests: 1 } })
})

test('nobody may send anything where the limit is 0', () => {
  expect(passing([0, 5_000], { perSecond: 0, perDay: 10 })).toEqual([false, false])
  expect(passing([0, 5_000], { perSecond: 3, perDay: 0 })).toEqual([false, false])
})

test('over any stretch no more pass than come at once and fall due in it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(500), { maxLength: 60 }),
      fc.integer({ min: 1, max: 9 }),
      (gaps, perSecond) => {
        let ms = 0
        const at = gaps.map((gap) => (ms += gap))
        const passed = at.filter((_, i, all) => passing(all, { perSecond, perDay: 1e6 })[i])
        for (const [i, from] of passed.entries()) {
          for (const [j, to] of passed.entries()) {
            if (j < i) continue
            expect(j - i + 1).toBeLessThanOrEqual(
              perSecond + ((to - from) * perSecond) / 1_000 + 0.001,
            )
          }
        }
      },
    ),
  )
})
