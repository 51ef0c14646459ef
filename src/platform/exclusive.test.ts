import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../../tests/kit/database.ts'
import { exclusively } from './exclusive.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms))

test('one works at a time, and who waits in vain does nothing', async () => {
  const { pool } = database.db
  const done: string[] = []
  const first = Promise.withResolvers<void>()
  const working = exclusively(pool, 'one', 1_000, async () => {
    done.push('first')
    await first.promise
  })
  await expect.poll(() => done).toEqual(['first'])
  const second = await exclusively(pool, 'one', 50, async () => void done.push('second'))
  expect([second, done]).toEqual([false, ['first']])
  expect(await exclusively(pool, 'another', 50, async () => {})).toBe(true)
  first.resolve()
  expect(await working).toBe(true)
  expect(await exclusively(pool, 'one', 1_000, async () => void done.push('third'))).toBe(true)
  expect(done).toEqual(['first', 'third'])
})

test('who works for long and lives keeps the name, who is stuck loses it', async () => {
  const { pool } = database.db
  const aliveMs = 1_500
  const long = exclusively(pool, 'long', 1_000, () => pause(2.5 * aliveMs), aliveMs)
  await pause(2 * aliveMs)
  expect(await exclusively(pool, 'long', 50, async () => {})).toBe(false)
  expect(await long).toBe(true)

  const stuck = exclusively(
    ...([pool, 'stuck', 1_000] as const),
    async () => {
      // As a process that is held still: no timer fires, and nothing is said.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3 * aliveMs)
      expect(await exclusively(pool, 'stuck', 5_000, async () => {})).toBe(true)
    },
    aliveMs,
  )
  await expect(stuck).rejects.toThrow()
})
