import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { TestHouse } from '../../../tests/kit/house.ts'
import {
  type Client,
  isRefusal,
  type Job,
  NoAnswer,
  type Notice,
  WorkTooLong,
} from '../src/index.ts'
import { type Desk, listeningHouse, openDesk } from './desk.ts'

let house: TestHouse
let address: string
let desk: Desk
let sluice: Client
beforeAll(async () => {
  ;({ house, address } = await listeningHouse())
})
afterAll(() => house.close())
beforeEach(async () => {
  desk = await openDesk(house, address, 2)
  sluice = desk.client()
})

const pages = (quantity: number) => ({
  feature: 'summaries',
  items: [{ type: 'summary_page', quantity }],
})
/** A fetch that loses the first answers to the requests of a route, after they were done. */
function losing(route: RegExp, times = 1): typeof fetch & { lost: number } {
  const send = async (url: string | URL | globalThis.Request, init?: RequestInit) => {
    const response = await fetch(url, init)
    if (send.lost >= times || !route.test(`${init?.method} ${new URL(String(url)).pathname}`)) {
      return response
    }
    send.lost += 1
    await response.text()
    throw new TypeError('fetch failed')
  }
  send.lost = 0
  return send
}
const failure = (doing: Promise<unknown>) =>
  doing.then(
    () => undefined,
    (error) => error,
  )

test('work is held for, done and charged', async () => {
  const { result, charge } = await sluice.credits.run(pages(3), async ({ hold }) => {
    expect(hold).toMatchObject({ credits: 0.6, status: 'held' })
    expect(await desk.balance()).toEqual({ available: 1.4, held: 0.6, used: 0 })
    return 'short'
  })
  expect(result).toBe('short')
  expect(charge).toMatchObject({ credits: 0.6, feature: 'summaries', balance: { available: 1.4 } })
  expect(await desk.balance()).toEqual({ available: 1.4, held: 0, used: 0.6 })
})

test('the work may say what it took, in items or credits', async () => {
  const byItems = await sluice.credits.run(pages(5), ({ used }) =>
    used({ items: [{ type: 'summary_page', quantity: 1 }] }),
  )
  expect(byItems.charge?.credits).toBe(0.2)
  const byCredits = await sluice.credits.run({ feature: 'x', credits: 1 }, ({ used }) => {
    used({ credits: 0.9 })
    used({ credits: 0.1 + 0.2 })
  })
  expect(byCredits.charge?.credits).toBe(0.3)
  expect(await desk.balance()).toEqual({ available: 1.5, held: 0, used: 0.5 })
})

test.each([{ credits: 0 }, { items: [] }])(
  'work that took nothing (%j) is not charged',
  async (amount) => {
    const done = await sluice.credits.run(pages(1), ({ used }) => {
      used(amount)
      return 7
    })
    expect(done).toEqual({ result: 7, charge: null })
    expect(await desk.balance()).toEqual({ available: 2, held: 0, used: 0 })
  },
)

test('work whose price is 0 is done without a hold, at an empty pool too, and counted', async () => {
  const poor = await openDesk(house, address, 0)
  const free = { feature: 'summaries', items: [{ type: 'preview' }] }
  const { charge } = await poor.client().credits.run(free, ({ hold }) => expect(hold).toBeNull())
  expect(charge).toMatchObject({ credits: 0, feature: 'summaries' })
})

test('work that fails costs nothing', async () => {
  const fault = new Error('no such document')
  const failed = await failure(
    sluice.credits.run(pages(3), () => {
      throw fault
    }),
  )
  expect(failed).toBe(fault)
  expect(await desk.balance()).toEqual({ available: 2, held: 0, used: 0 })
  expect(await desk.holds()).toEqual(['released'])
})

test('without enough credits nothing is begun, and the refusal has the figures', async () => {
  let begun = false
  const refused = await failure(
    sluice.credits.run(pages(11), () => {
      begun = true
    }),
  )
  expect(isRefusal(refused, 'insufficient-credits') && refused.problem).toMatchObject({
    ...{ status: 402, needed: 2.2, available: 2, held: 0 },
  })
  expect(begun).toBe(false)
  expect(await desk.holds()).toEqual([])
})

test('more than was held is refused, and the credits go back', async () => {
  const refused = await failure(sluice.credits.run(pages(1), ({ used }) => used({ credits: 0.3 })))
  expect(isRefusal(refused, 'unprocessable')).toBe(true)
  expect(await desk.balance()).toEqual({ available: 2, held: 0, used: 0 })
})

test('a stop ends work that listens and work that does not, and the credits go back', async () => {
  for (const listens of [true, false]) {
    const stop = new AbortController()
    const begun = Promise.withResolvers<Job>()
    const running = failure(
      sluice.credits.run(
        pages(3),
        (job) => {
          begun.resolve(job)
          return new Promise((_, reject) => {
            if (listens) job.signal.addEventListener('abort', () => reject(new Error('mine')))
          })
        },
        { signal: stop.signal },
      ),
    )
    const job = await begun.promise
    expect((await desk.balance()).held).toBe(0.6)
    stop.abort(new Error('closing'))
    expect(await running).toMatchObject({ message: 'closing' })
    expect(job.signal.aborted).toBe(true)
    expect(await desk.balance()).toEqual({ available: 2, held: 0, used: 0 })
  }
  const stopped = AbortSignal.abort(new Error('closed'))
  expect(await failure(sluice.credits.run(pages(1), () => 1, { signal: stopped }))).toMatchObject({
    message: 'closed',
  })
  expect(await desk.holds()).toEqual(['released', 'released'])
})

test('a stop while the hold is being made gives back the hold that came of it', async () => {
  const stop = new AbortController()
  const send: typeof fetch = async (url, init) => {
    const response = await fetch(url, init)
    stop.abort(new Error('closing'))
    return response
  }
  let begun = false
  const running = desk.client({ fetch: send }).credits.run(
    pages(3),
    () => {
      begun = true
    },
    { signal: stop.signal },
  )
  expect(await failure(running)).toMatchObject({ message: 'closing' })
  expect(begun).toBe(false)
  expect(await desk.holds()).toEqual(['released'])
})

test('a stop after the work was done comes too late: it is charged', async () => {
  const stop = new AbortController()
  const send: typeof fetch = (url, init) => {
    if (String(url).endsWith('/capture')) stop.abort()
    return fetch(url, init)
  }
  const { result } = await desk
    .client({ fetch: send })
    .credits.run(pages(1), () => 'done', { signal: stop.signal })
  expect(result).toBe('done')
  expect((await desk.balance()).used).toBe(0.2)
})

test('work is stopped before its hold ends, since later nothing can be charged', async () => {
  const slow = sluice.credits.run({ ...pages(1), ttlSeconds: 1 }, () => new Promise(() => {}))
  expect(await failure(slow)).toBeInstanceOf(WorkTooLong)
  // On a slow machine the hold may have ended before the release got there.
  expect(['released', 'expired']).toContain((await desk.holds())[0])
  expect(await desk.balance()).toEqual({ available: 2, held: 0, used: 0 })
})

test.each([
  ['the hold', /^POST .*\/holds$/],
  ['the capture', /\/capture$/],
])('a lost answer of %s charges once', async (_what, route) => {
  const send = losing(route, 2)
  const { charge } = await desk.client({ fetch: send }).credits.run(pages(3), () => 'done')
  expect(send.lost).toBe(2)
  expect(charge?.credits).toBe(0.6)
  expect(await desk.balance()).toEqual({ available: 1.4, held: 0, used: 0.6 })
})

test('a lost answer of the release gives back once', async () => {
  const send = losing(/\/release$/)
  const running = desk.client({ fetch: send }).credits.run(pages(3), () => {
    throw new Error('mine')
  })
  expect(await failure(running)).toMatchObject({ message: 'mine' })
  expect(send.lost).toBe(1)
  expect(await desk.balance()).toEqual({ available: 2, held: 0, used: 0 })
})

test('a hold that cannot be given back is told, and the error is still that of the work', async () => {
  const notices: Notice[] = []
  const send: typeof fetch = (url, init) =>
    String(url).endsWith('/release') ? Promise.reject(new TypeError('offline')) : fetch(url, init)
  const asked = { fetch: send, attempts: 2, onNotice: (notice: Notice) => notices.push(notice) }
  const running = desk.client(asked).credits.run(pages(3), () => {
    throw new Error('mine')
  })
  expect(await failure(running)).toMatchObject({ message: 'mine' })
  expect(notices.map(({ kind }) => kind)).toEqual(['retry', 'release-failed'])
})

test('under one key work is charged once, however often it is run', async () => {
  const key = 'summary-of-7'
  const first = await sluice.credits.run(pages(3), ({ isPaid }) => isPaid, { key })
  // Another amount the second time changes nothing.
  const second = await sluice.credits.run(
    pages(3),
    ({ isPaid, used }) => {
      used({ credits: 0.1 })
      return isPaid
    },
    { key },
  )
  expect([first.result, second.result]).toEqual([false, true])
  expect(second.charge?.id).toBe(first.charge?.id)
  expect((await desk.balance()).used).toBe(0.6)
})

test('under one key work that failed can be run again, and is charged then', async () => {
  const key = 'summary-of-8'
  for (let tries = 0; tries < 3; tries += 1) {
    const failed = sluice.credits.run(pages(3), () => Promise.reject(new Error('mine')), { key })
    await expect(failed).rejects.toThrow('mine')
  }
  await sluice.credits.run(pages(3), () => 'done', { key })
  await sluice.credits.run(pages(3), () => 'done', { key })
  expect(await desk.balance()).toEqual({ available: 1.4, held: 0, used: 0.6 })
})

test('two runs beside each other under one key are charged once', async () => {
  const key = 'summary-of-9'
  const both = [1, 2].map((quantity) =>
    sluice.credits.run(
      pages(3),
      ({ used }) => used({ items: [{ type: 'summary_page', quantity }] }),
      { key },
    ),
  )
  const [one, other] = await Promise.all(both)
  expect(one!.charge!.id).toBe(other!.charge!.id)
  expect(await desk.balance()).toMatchObject({ held: 0, used: one!.charge!.credits })
})

test('when no answer to the capture ever comes, the same key tells what happened', async () => {
  const key = 'summary-of-10'
  const deaf = desk.client({ fetch: losing(/\/capture$/, 99), attempts: 2 })
  const lost = await failure(deaf.credits.run(pages(3), () => 'done', { key }))
  expect(lost).toBeInstanceOf(NoAnswer)
  expect(lost).toMatchObject({ key })
  const { charge } = await sluice.credits.run(pages(3), () => 'done', { key })
  expect(charge?.credits).toBe(0.6)
  expect((await desk.balance()).used).toBe(0.6)
})

test('after all of it the ledger is in order', async () => {
  expect(await desk.findings()).toEqual([])
})
