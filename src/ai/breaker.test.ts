import { expect, test } from 'vitest'
import { admit, afterFailure, afterNothing, afterSuccess, closedBreaker } from './breaker.ts'
import { retryAfterOf, waitBefore } from './retry.ts'

const rules = { failuresMax: 3, restMs: 1_000 }
const failed = [1, 2, 3].reduce((breaker) => afterFailure(breaker, rules, 500), closedBreaker)

test('a breaker opens at the third failure in a row, and a success forgets them all', () => {
  const twice = [1, 2].reduce((breaker) => afterFailure(breaker, rules, 500), closedBreaker)
  expect(admit(twice, rules, 500).allowed).toBe(true)
  expect(admit(failed, rules, 500).allowed).toBe(false)
  expect(admit(afterSuccess(), rules, 500).allowed).toBe(true)
})

test('after its rest, exactly one request finds out', () => {
  const first = admit(failed, rules, 1_500)
  expect(first.allowed).toBe(true)
  expect(admit(first.next, rules, 1_500).allowed).toBe(false)
  expect(admit(afterFailure(first.next, rules, 1_500), rules, 2_000).allowed).toBe(false)
  expect(admit(afterNothing(first.next), rules, 1_500).allowed).toBe(true)
})

test('waits double, heed the provider, and end with the attempts', () => {
  const retry = { attemptsMax: 3, backoffMs: 100, waitMaxMs: 2_000 }
  const failure = { kind: 'unavailable' as const, retryAfterMs: undefined }
  expect(waitBefore(retry, 1, failure, 0.5)).toBe(100)
  expect(waitBefore(retry, 2, failure, 0.5)).toBe(200)
  expect(waitBefore(retry, 3, failure, 0.5)).toBeUndefined()
  expect(waitBefore(retry, 1, { ...failure, retryAfterMs: 1_500 }, 0.5)).toBe(1_500)
  expect(waitBefore(retry, 1, { ...failure, retryAfterMs: 2_500 }, 0.5)).toBeUndefined()
  expect(
    waitBefore(retry, 1, { kind: 'invalid-answer', retryAfterMs: undefined }, 0.5),
  ).toBeUndefined()
})

test('Retry-After is seconds or a date, never negative, never over five minutes', () => {
  const now = Date.parse('2026-05-04T10:00:00Z')
  expect(retryAfterOf('2', now)).toBe(2_000)
  expect(retryAfterOf('Mon, 04 May 2026 10:00:07 GMT', now)).toBe(7_000)
  expect(retryAfterOf('Mon, 04 May 2026 09:00:00 GMT', now)).toBe(0)
  expect(retryAfterOf('99999', now)).toBe(300_000)
  expect(retryAfterOf('soon', now)).toBeUndefined()
  expect(retryAfterOf(undefined, now)).toBeUndefined()
})
