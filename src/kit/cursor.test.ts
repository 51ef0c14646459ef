import { expect, test } from 'vitest'
import { pageOf, readCursor, writeCursor } from './cursor.ts'
import { Problem } from './problem.ts'

test('a cursor reads back as it was written', () => {
  const at = new Date('2026-01-02T03:04:05.678Z')
  const parts = [at, 'mem_1', -7, 12345678901234567n]
  expect(readCursor(writeCursor(parts), 'time', 'text', 'int', 'bigint')).toEqual(parts)
  expect(readCursor(undefined, 'time')).toBeUndefined()
})

const other = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString('base64url')

test.each([
  'nonsense',
  '',
  other({}),
  other([]),
  other(['2026-01-01T00:00:00Z']),
  other(['yesterday', 'x']),
  other(['2026-99-99T00:00:00Z', 'x']),
  other(['2026-01-01T00:00:00Z', 'a\0b']),
  other(['2026-01-01T00:00:00Z', 7]),
])('%j is refused, naming cursor', (cursor) => {
  try {
    readCursor(cursor, 'time', 'text')
  } catch (error) {
    expect(error).toBeInstanceOf(Problem)
    expect((error as Problem).code).toBe('invalid-request')
    expect((error as Problem).facts.errors?.[0]?.path).toBe('cursor')
    return
  }
  throw new Error('not refused')
})

test('a page ends with a cursor only when a row is left', () => {
  expect(pageOf([3, 2, 1], 3, (row) => [row])).toEqual({ data: [3, 2, 1], nextCursor: null })
  const { data, nextCursor } = pageOf([3, 2, 1], 2, (row) => [row])
  expect(data).toEqual([3, 2])
  expect(readCursor(nextCursor!, 'int')).toEqual([2])
})
