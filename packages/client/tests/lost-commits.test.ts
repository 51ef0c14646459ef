import { afterAll, beforeAll, expect, test } from 'vitest'
import { doctor } from '../../../src/doctor/service.ts'
import { ownerSnapshot } from '../../../src/platform/owner-snapshot.ts'
import { type TestDatabase, testDatabase } from '../../../tests/kit/database.ts'
import type { TestHouse } from '../../../tests/kit/house.ts'
import { openProxy } from '../../../tests/kit/proxy.ts'
import { randomOf } from '../../../tests/ledger/random.ts'
import { type Client, isRefusal, NoAnswer, sumCredits, timesCredits } from '../src/index.ts'
import { type Desk, listeningHouse, openDesk } from './desk.ts'

// Commits take place in PostgreSQL and the server does not hear of them; the server answers and the client
// does not hear of it.

/** So many pieces of work beside each other, and again until so many commits were lost. */
const BESIDE = 10
const LOSSES = 2
let database: TestDatabase
let proxy: Awaited<ReturnType<typeof openProxy>>
let house: TestHouse
let address: string
beforeAll(async () => {
  database = await testDatabase()
  const to = new URL(database.url)
  const random = randomOf(7)
  const target = { host: to.hostname, port: Number(to.port) }
  proxy = await openProxy(target, () => random.below(1_000_000) / 1_000_000)
  to.port = String(proxy.port)
  ;({ house, address } = await listeningHouse({ on: { ...database, url: to.href } }))
})
afterAll(async () => {
  await house.close()
  await proxy.close()
  await database.drop()
})

type Pay = (sluice: Client, key: string) => Promise<unknown>
const asked = { feature: 'summaries', items: [{ type: 'summary_page' }] }
const byRun: Pay = (sluice, key) => sluice.credits.run(asked, () => 'done', { key })
const byCharge: Pay = (sluice, key) => sluice.credits.charge(asked, { key })

/** Pays for pieces of work at 0.2 credits while commits and answers are lost, and tells for how many. */
async function payAll(desk: Desk, pay: Pay, send: typeof fetch): Promise<number> {
  const sluice = desk.client({ fetch: send, attempts: 60, timeoutMs: 60_000, graceMs: 60_000 })
  const lostBefore = proxy.lost
  let works = 0
  proxy.trouble.loseCommitReply = 30
  try {
    while (proxy.lost < lostBefore + LOSSES) {
      const round = Array.from({ length: BESIDE }, () => payFor(`work-${++works}`))
      const [fault] = (await Promise.allSettled(round)).filter(
        ({ status }) => status === 'rejected',
      )
      if (fault) throw (fault as PromiseRejectedResult).reason
    }
  } finally {
    proxy.trouble.loseCommitReply = 0
  }
  return works

  async function payFor(key: string): Promise<void> {
    try {
      await pay(sluice, key)
    } catch (error) {
      // Nobody knows: the same key tells.
      if (error instanceof NoAnswer || isRefusal(error, 'unavailable')) return payFor(key)
      throw error
    }
  }
}

/** Loses every third answer to what was done. */
function lossy(change: (headers: Headers) => void = () => {}): typeof fetch & { lost: number } {
  let count = 0
  const send = async (url: string | URL | globalThis.Request, init?: RequestInit) => {
    const headers = new Headers(init?.headers)
    change(headers)
    const response = await fetch(url, { ...init, headers })
    if (init?.method === 'GET' || !response.ok || ++count % 3 !== 0) return response
    await response.text()
    send.lost += 1
    throw new TypeError('fetch failed')
  }
  send.lost = 0
  return send
}

const findings = () => ownerSnapshot(database.url, (run) => doctor({ run }))

test.each([
  ['run', byRun],
  ['charge', byCharge],
])(
  'by %s each piece of work is charged once, although commits were lost',
  async (_how, pay) => {
    const desk = await openDesk(house, address, 100)
    const send = lossy()
    const used = timesCredits(0.2, await payAll(desk, pay, send))
    expect(send.lost).toBeGreaterThan(3)
    expect(await desk.balance()).toEqual({ available: sumCredits([100, -used]), held: 0, used })
    expect(await findings()).toEqual([])
  },
  120_000,
)

test('the control: a client with a new key for every repetition charges for more', async () => {
  const desk = await openDesk(house, address, 100)
  let count = 0
  const send = lossy((headers) => headers.set('idempotency-key', `forgetful-${++count}`))
  const works = await payAll(desk, byCharge, send)
  expect(send.lost).toBeGreaterThan(3)
  // Each answer that was lost on the way is a charge too many; lost commits may add to them.
  const { used } = await desk.balance()
  expect(used).toBeGreaterThanOrEqual(timesCredits(0.2, works + send.lost))
}, 120_000)
