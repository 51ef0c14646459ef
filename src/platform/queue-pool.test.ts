import { expect, test } from 'vitest'
import { testDatabase } from '../../tests/kit/database.ts'
import { openQueuePool } from './queue-pool.ts'

test('a connection that is given back twice goes back once', async () => {
  const database = await testDatabase()
  const pool = openQueuePool(database.url)
  try {
    const give = await new Promise<() => void>((resolve, reject) => {
      pool.connect((error, client, release) => {
        if (error) return reject(error)
        client?.query('select 1').then(() => resolve(release), reject)
      })
    })
    give()
    const client = await pool.connect()
    // The one that is in other hands by now is not taken from them.
    give()
    expect((await client.query('select 2 as two')).rows).toEqual([{ two: 2 }])
    expect(pool.idleCount).toBe(0)
    client.release()
    expect(pool.idleCount).toBe(1)
  } finally {
    await pool.end()
    await database.drop()
  }
})
