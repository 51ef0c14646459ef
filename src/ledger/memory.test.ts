import { expect, test } from 'vitest'
import { deskOf, priced } from '../../tests/ledger/desk.ts'
import type { Book } from './book.ts'
import { openMemory } from './memory.ts'
import { charge, hold, release } from './movements.ts'

/** A book of company 1 as it is read with this stamp. */
function read(stamp: bigint): Book {
  const book = deskOf('p10/_')
  book.pool.stamp = stamp
  return { ...book, found: { ...book.pool } }
}

test('a pool is recalled as it was left, with nothing of the group before on its desk', () => {
  const memory = openMemory()
  expect(memory.recall(1, [])).toBeUndefined()
  const book = read(1n)
  charge(book, priced(4), 0)
  book.pool.stamp = 2n
  memory.keep(book, 1n)
  const again = memory.recall(1, [])!
  expect(again.pool).toMatchObject({ available: 6_000_000n, stamp: 2n })
  expect(again.found.stamp).toBe(2n)
  expect(again.entries).toEqual([])
  expect(again.changedGrants.size).toBe(0)
})

test('grants that nothing may touch any more are forgotten', () => {
  const memory = openMemory()
  const book = read(1n)
  charge(book, priced(10), 0)
  memory.keep(book, 1n)
  expect([...memory.recall(1, [])!.grants.values()]).toEqual([])
  expect(memory.recall(1, [])!.order).toEqual([])
})

test('a hold is recalled while it is open, as a copy', () => {
  const memory = openMemory()
  const book = read(1n)
  const made = hold(book, priced(4), 60_000, null, 0)
  memory.keep(book, 1n)
  expect(memory.recall(1, [made.id + 1])).toBeUndefined()
  const again = memory.recall(1, [made.id])!
  release(again, again.holds.get(made.id)!, 1)
  memory.keep(again)
  expect(made.status).toBe('held')
  expect(memory.recall(1, [made.id])).toBeUndefined()
  expect(memory.recall(1, [])).toBeDefined()
})

test('holds are not remembered past a change of somebody else, who may have ended them', () => {
  const memory = openMemory()
  const book = read(1n)
  const made = hold(book, priced(4), 60_000, null, 0)
  book.pool.stamp = 2n
  memory.keep(book, 1n)
  memory.keep(read(7n), 7n)
  for (let group = 0; group < 20; group++) memory.keep(read(7n), 7n)
  expect(memory.recall(1, [])).toBeDefined()
  expect(memory.recall(1, [made.id])).toBeUndefined()
})

test('a pool that somebody else has changed is read until eight groups found it as they left it', () => {
  const memory = openMemory()
  memory.keep(read(1n), 1n)
  memory.keep(read(2n), 2n)
  for (let group = 0; group < 7; group++) memory.keep(read(2n), 2n)
  expect(memory.recall(1, [])).toBeUndefined()
  memory.keep(read(3n), 3n)
  for (let group = 0; group < 7; group++) memory.keep(read(3n), 3n)
  expect(memory.recall(1, [])).toBeUndefined()
  memory.keep(read(3n), 3n)
  expect(memory.recall(1, [])).toBeDefined()
})

test('what is dropped is read once; what is distrusted, eight times', () => {
  const memory = openMemory()
  memory.keep(read(1n), 1n)
  memory.drop(1)
  expect(memory.recall(1, [])).toBeUndefined()
  memory.keep(read(1n), 1n)
  expect(memory.recall(1, [])).toBeDefined()
  memory.distrust(1)
  for (let group = 0; group < 7; group++) memory.keep(read(1n), 1n)
  expect(memory.recall(1, [])).toBeUndefined()
  memory.keep(read(1n), 1n)
  expect(memory.recall(1, [])).toBeDefined()
})
