import { expect, test } from 'vitest'
import { openedDatabase, testDatabase } from '../kit/database.ts'
import { testHouse } from '../kit/house.ts'
import { openProxy } from '../kit/proxy.ts'

test('a server whose network swallows everything says soon that it is not ready, and is again afterwards', async () => {
  const database = await testDatabase()
  const to = new URL(database.url)
  const proxy = await openProxy({ host: to.hostname, port: Number(to.port) }, Math.random)
  const through = new URL(database.url)
  through.port = String(proxy.port)
  const behind = openedDatabase(through.href)
  const house = await testHouse({ on: behind, workers: 1 })
  try {
    const ready = async () => (await house.client().get('/readyz')).status
    await expect.poll(ready, { timeout: 30_000 }).toBe(200)
    proxy.trouble.blackHole = true
    const begun = performance.now()
    expect(await ready()).toBe(503)
    // Three seconds are promised; a slow machine may take its time.
    expect(performance.now() - begun).toBeLessThan(15_000)
    proxy.trouble.blackHole = false
    await expect.poll(ready, { timeout: 60_000, interval: 500 }).toBe(200)
  } finally {
    await proxy.close()
    await house.close()
    await behind.drop()
    await database.drop()
  }
}, 180_000)
