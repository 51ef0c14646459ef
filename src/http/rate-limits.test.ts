import { expect, test } from 'vitest'
import type { Caller } from '../kit/caller.ts'
import { openPace } from './rate-limits.ts'

const caller = (integrationId: string, companyNo = 1): Caller => ({
  ...{ kind: 'key', companyNo, companyId: `co_${companyNo}`, scopes: [], integrationId },
})

/** How many of so many requests in a row get through. */
function letThrough(pace: ReturnType<typeof openPace>, of: Caller, tries: number): number {
  let through = 0
  for (let each = 0; each < tries; each += 1) {
    try {
      pace(of)
      through += 1
    } catch {
      // Refused.
    }
  }
  return through
}

test('a burst gets through, then so many a second, and one caller does not slow another', () => {
  let now = 0
  const pace = openPace(5, () => now)
  expect(letThrough(pace, caller('a'), 100)).toBe(50)
  expect(letThrough(pace, caller('b'), 10)).toBe(10)
  expect(letThrough(pace, caller('a', 2), 10)).toBe(10)
  now += 1_000
  expect(letThrough(pace, caller('a'), 100)).toBe(5)
  now += 60_000
  expect(letThrough(pace, caller('a'), 100)).toBe(50)
})

test('a refusal says when to come again', () => {
  const pace = openPace(2, () => 0)
  letThrough(pace, caller('a'), 20)
  expect(() => pace(caller('a'))).toThrow(
    expect.objectContaining({ code: 'rate-limited', facts: { retryAfter: 1 } }),
  )
})

test('without a limit nobody is refused', () => {
  expect(letThrough(openPace(0), caller('a'), 10_000)).toBe(10_000)
})

test('callers that are quiet for long are forgotten', () => {
  let now = 0
  const pace = openPace(1_000, () => now)
  for (let each = 0; each < 25_000; each += 1) {
    now += 1
    pace(caller(`k${each}`))
  }
  expect(letThrough(pace, caller('k1'), 1)).toBe(1)
})
