import { expect, test } from 'vitest'
import { pauseAfter, readRetryAfter } from './retry.ts'

test.each([
  [1, undefined, 1, 100],
  [4, undefined, 0.5, 400],
  [30, undefined, 1, 10_000],
  [1, 2_000, 0, 2_000],
  [2, 2_000, 1, 2_200],
])(
  'after %i attempts, told to wait %s, at %s of the bound it waits %i ms',
  (attempts, told, random, waits) => {
    expect(pauseAfter(attempts, told, random)).toBe(waits)
  },
)

test.each([
  ['2', 2_000],
  ['0', 0],
  ['Thu, 01 Jan 1970 00:00:05 GMT', 4_000],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['soon', undefined],
  [null, undefined],
])('Retry-After: %s is %s ms', (header, waits) => {
  expect(readRetryAfter(header, 1_000)).toBe(waits)
})
