import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestHouse } from '../../../tests/kit/house.ts'
import { askTimes, askUntilDry, readBooks, TEXT } from '../examples/service/crowd.ts'
import { type Service, startService } from '../examples/service/service.ts'
import { sumCredits } from '../src/index.ts'
import { type Desk, listeningHouse, openDesk } from './desk.ts'

const PRICE = 0.6
let house: TestHouse
let address: string
beforeAll(async () => {
  // The service listens on the loopback, where webhooks go only when it is allowed.
  ;({ house, address } = await listeningHouse({ workers: 2, settings: { outboundPrivate: true } }))
})
afterAll(() => house.close())

const ask = async ({ url }: Service, text: string, key = 'one') => {
  const headers = { 'idempotency-key': key }
  const response = await fetch(`${url}/summaries`, {
    ...{ method: 'POST', headers, body: JSON.stringify({ text }) },
  })
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  }
}
const books = (desk: Desk) => readBooks(desk.client())

test('a crowd empties the pool, is refused exactly, and goes on after a purchase', async () => {
  const desk = await openDesk(house, address, 30.4)
  const service = await startService({ sluice: desk.client() })
  const crowd = { url: service.url, users: 20 }
  const dry = await askUntilDry({ ...crowd, name: 'dry' })
  expect(dry.strange).toEqual([])
  expect(dry.charged).toEqual(Array(50).fill(PRICE))
  expect(dry.unreadable).toBeGreaterThan(0)
  expect(dry.refused.length).toBeGreaterThanOrEqual(20)
  for (const { needed, available, held } of dry.refused) {
    // All that moves is a multiple of the price: what cannot pay for one more is what was left over.
    expect({ needed, available }).toEqual({ needed: PRICE, available: 0.4 })
    expect(held).toBeGreaterThanOrEqual(0)
  }
  expect(await books(desk)).toEqual({
    ...{ available: 0.4, held: 0, used: 30, charges: 50, charged: 30, openHolds: 0 },
  })

  await desk.fund(20 * 3 * PRICE)
  const after = await askTimes({ ...crowd, name: 'after' }, 3)
  expect(after).toEqual({
    ...{ charged: Array(60).fill(PRICE), refused: [], unreadable: 0, strange: [] },
  })
  await service.close(5_000)
  const end = await books(desk)
  expect(end).toMatchObject({ available: 0.4, held: 0, used: 66, charged: 66, openHolds: 0 })
  expect(sumCredits([...dry.charged, ...after.charged])).toBe(end.used)
  expect(await desk.findings()).toEqual([])
}, 120_000)

test('a second click on the same document is not paid twice', async () => {
  const desk = await openDesk(house, address, 2)
  const service = await startService({ sluice: desk.client() })
  const first = await ask(service, TEXT)
  expect(first).toMatchObject({ status: 200, body: { credits: PRICE } })
  expect(first.body.summary).toContain('The ferry to the island')
  expect(await ask(service, TEXT)).toMatchObject({ status: 200, body: first.body })
  expect((await desk.balance()).used).toBe(PRICE)
  await service.close(5_000)
})

test('its users are told what is missing, and Sluice tells it when there is more', async () => {
  const desk = await openDesk(house, address, 0.6)
  const listening = await startService({ sluice: desk.client() })
  const { port } = new URL(listening.url)
  await listening.close(0)
  const asked = {
    url: `http://127.0.0.1:${port}/sluice-events`,
    events: ['credits.exhausted', 'credits.granted'],
  }
  const { secret } = (await desk.company.post('/v1/webhooks', asked)).body
  const service = await startService({
    ...{ sluice: desk.client(), port: Number(port), webhookSecret: secret },
  })
  const state = async () => (await fetch(`${service.url}/status`)).json()
  expect(await state()).toEqual({ ai: 'ready' })
  expect((await ask(service, TEXT)).status).toBe(200)
  await expect.poll(state, { timeout: 20_000 }).toEqual({ ai: 'out of credits' })
  expect(await ask(service, TEXT, 'two')).toMatchObject({
    status: 402,
    body: { code: 'out-of-credits', needed: PRICE, available: 0, held: 0 },
  })
  await desk.fund(1)
  await expect.poll(state, { timeout: 20_000 }).toEqual({ ai: 'ready' })
  // The very same click works now: a refusal is not remembered.
  expect((await ask(service, TEXT, 'two')).status).toBe(200)
  const forged = { type: 'credits.exhausted', timestamp: '', data: { seq: 999 } }
  const answer = await fetch(asked.url, { method: 'POST', body: JSON.stringify(forged) })
  expect(answer.status).toBe(400)
  expect(await state()).toEqual({ ai: 'ready' })
  await service.close(5_000)
}, 60_000)

test('told to stop, it ends what is quick, gives back what is slow, and leaves no hold', async () => {
  const desk = await openDesk(house, address, 10)
  const quick = Promise.withResolvers<string>()
  let begun = 0
  const service = await startService({
    sluice: desk.client(),
    ai: (text) => {
      begun += 1
      return text.startsWith('quick') ? quick.promise : new Promise(() => {})
    },
  })
  const asking = [
    ask(service, 'quick.', 'a'),
    ask(service, 'slow.', 'b'),
    ask(service, 'slow.', 'c'),
  ]
  await expect.poll(() => begun, { timeout: 20_000 }).toBe(3)
  expect((await desk.balance()).held).toBe(0.6)
  const closing = service.close(300)
  quick.resolve('short')
  const [first, ...others] = await Promise.all(asking)
  await closing
  expect(first).toMatchObject({ status: 200, body: { summary: 'short', credits: 0.2 } })
  for (const { status, headers } of others) {
    expect({ status, retryAfter: headers.get('retry-after') }).toEqual({
      status: 503,
      retryAfter: '1',
    })
  }
  expect(await books(desk)).toMatchObject({ used: 0.2, charges: 1, held: 0, openHolds: 0 })
})

test('it runs as a program, and ends when it is told to', async () => {
  const desk = await openDesk(house, address, 10)
  const main = new URL('../examples/service/main.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, PORT: '0', SLUICE_URL: address, SLUICE_KEY: desk.key },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const [line] = await once(child.stdout!, 'data')
  const url = /http:\S+/.exec(String(line))![0]
  expect(await ask({ url } as Service, TEXT)).toMatchObject({ status: 200 })
  child.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
}, 60_000)
