import { expect, test } from 'vitest'
import { idOf, itemIdOf, meant, numberIn, workspaceIdOf } from './ids.ts'
import type { Names } from './names.ts'

const names: Names = { style: 'decimal', asked: new Set() }
const own: Names = { style: 'own', asked: new Set() }
const decimal = /^[1-9]\d{0,18}$/

test.each([
  ['a name', 'call-1', '9000000000000000007'],
  ['a number that fits', '7782342274025937895', '7782342274025937895'],
  ['a number with a zero before it', '0123', '9000000000000000007'],
  ['a number that is too long', '77823422740259378951', '9000000000000000007'],
  ['a number that others may get', '9000000000000000009', '9000000000000000007'],
])('the alias of a call whose own id is %s', (_, id, alias) => {
  expect(itemIdOf({ no: 7n, id }, names)).toBe(alias)
})

test('aliases fit a signed 64-bit integer, and a workspace a JSON number', () => {
  for (const kind of ['user', 'tracker', 'brief', 'party'] as const) {
    for (let i = 0; i < 1_000; i += 1) {
      const alias = idOf(kind, `thing-${i}`, names)
      expect(alias).toMatch(decimal)
      expect(BigInt(alias)).toBeLessThan(2n ** 63n)
      expect(numberIn(alias)).toBeUndefined()
    }
  }
  expect(BigInt(itemIdOf({ no: 10n ** 14n, id: 'x' }, names))).toBeLessThan(2n ** 63n)
  const workspace = workspaceIdOf('co_1')
  expect(String(Number(workspace))).toBe(workspace)
  expect(workspaceIdOf('co_2')).not.toBe(workspace)
})

test('an alias leads back to what it stands for, and so does the own id', () => {
  expect(numberIn(itemIdOf({ no: 7n, id: 'x' }, names))).toBe(7n)
  expect(numberIn('7782342274025937895')).toBeUndefined()
  const ids = ['mem_a', 'mem_b', '12345']
  for (const id of ids) {
    expect(meant('user', idOf('user', id, names), ids)).toBe(id)
    expect(meant('user', id, ids)).toBe(id)
  }
  expect(meant('user', 'mem_c', ids)).toBeUndefined()
  expect(meant('tracker', idOf('user', 'mem_a', names), ids)).toBeUndefined()
})

test('own ids are shown where the company wants them, and what was named by one keeps it', () => {
  expect(itemIdOf({ no: 7n, id: 'call-1' }, own)).toBe('call-1')
  const asked: Names = { style: 'decimal', asked: new Set(['call-1']) }
  expect(itemIdOf({ no: 7n, id: 'call-1' }, asked)).toBe('call-1')
  expect(itemIdOf({ no: 8n, id: 'call-2' }, asked)).toBe('9000000000000000008')
})
