import { expect, test } from 'vitest'
import { createClient, isRefusal, NoAnswer, type Notice } from '../src/index.ts'

type Reply = Response | Error | 'nothing'

/** A server that gives these replies one after another, the last one for ever, and what it was asked. */
function scripted(...replies: Reply[]) {
  const asked: { url: string; key: string | null; body: unknown }[] = []
  const send: typeof fetch = async (url, init) => {
    const headers = new Headers(init?.headers)
    asked.push({ url: String(url), key: headers.get('idempotency-key'), body: init?.body })
    const reply = replies.length > 1 ? replies.shift()! : replies[0]!
    if (reply instanceof Error) throw reply
    if (reply !== 'nothing') return reply.clone()
    return new Promise((_, reject) => {
      init?.signal?.addEventListener('abort', () => reject(init.signal?.reason))
    })
  }
  return { asked, send }
}

const ok = (body: unknown) => Response.json(body)
const refusal = (status: number, code: string, retryAfter?: string) =>
  new Response(JSON.stringify({ status, code, title: '', detail: 'No.', requestId: 'req_1' }), {
    status,
    headers: {
      'content-type': 'application/problem+json',
      ...(retryAfter ? { 'retry-after': retryAfter } : {}),
    },
  })
const offline = new TypeError('fetch failed')
const client = (send: typeof fetch, more = {}) =>
  createClient({ url: 'http://sluice.test/', key: 'slc_1', fetch: send, ...more })
const charge = { feature: 'summaries', items: [{ type: 'email' }] }

test.each([
  ['the network failed', offline],
  ['the server said later', refusal(503, 'unavailable', '0')],
  ['there were too many requests', refusal(429, 'rate-limited', '0')],
  ['the first one is under way', refusal(409, 'idempotency-in-progress', '0')],
  ['a gateway stood before it', new Response('<html>', { status: 502 })],
  [
    'the answer broke off',
    new Response('{"id":', { headers: { 'content-type': 'application/json' } }),
  ],
])('a charge is asked for again under its key when %s', async (_why, reply) => {
  const { asked, send } = scripted(reply, reply, ok({ id: 'chg_1' }))
  expect(await client(send).credits.charge(charge)).toEqual({ id: 'chg_1' })
  expect(asked).toHaveLength(3)
  expect(asked[0]!.key).toMatch(/^[0-9a-f]{32}$/)
  expect(new Set(asked.map(({ key, body, url }) => `${key} ${body} ${url}`)).size).toBe(1)
})

test('two charges have two keys', async () => {
  const { asked, send } = scripted(ok({}))
  await client(send).credits.charge(charge)
  await client(send).credits.charge(charge)
  expect(asked[0]!.key).not.toBe(asked[1]!.key)
})

test('Retry-After is waited for, and each repetition is told', async () => {
  const { send } = scripted(refusal(503, 'unavailable', '1'), ok({ id: 'chg_1' }))
  const notices: Notice[] = []
  const from = performance.now()
  await client(send, { onNotice: (notice: Notice) => notices.push(notice) }).credits.charge(charge)
  expect(performance.now() - from).toBeGreaterThan(990)
  expect(notices).toEqual([
    expect.objectContaining({ kind: 'retry', route: 'POST /v1/credits/charges', attempt: 1 }),
  ])
})

test('a Retry-After past the deadline is not waited for: the refusal is the answer', async () => {
  const { asked, send } = scripted(refusal(429, 'rate-limited', '3600'))
  const refused = await client(send)
    .credits.charge(charge)
    .catch((error: unknown) => error)
  expect(isRefusal(refused, 'rate-limited') && refused.retryAfterMs).toBe(3_600_000)
  expect(asked).toHaveLength(1)
})

test.each([
  [400, 'invalid-request'],
  [402, 'insufficient-credits'],
  [409, 'idempotency-conflict'],
  [409, 'invalid-state'],
  [500, 'internal-error'],
] as const)('%i %s is not asked for again', async (status, code) => {
  const { asked, send } = scripted(refusal(status, code))
  const refused = await client(send)
    .credits.charge(charge)
    .catch((error: unknown) => error)
  expect(isRefusal(refused, code)).toBe(true)
  expect(isRefusal(refused, 'forbidden')).toBe(false)
  expect(asked).toHaveLength(1)
})

test('attempts are bounded, and the error names the key to ask again with', async () => {
  const { asked, send } = scripted(offline)
  const failed = await client(send, { attempts: 3 })
    .credits.charge(charge, { key: 'order-1' })
    .catch((error: unknown) => error)
  expect(failed).toBeInstanceOf(NoAnswer)
  expect(failed).toMatchObject({ key: 'order-1', cause: offline })
  expect(asked).toHaveLength(3)
})

test('a server that says nothing is given up at the deadline', async () => {
  const { asked, send } = scripted('nothing')
  const slow = client(send, { attemptMs: 30, timeoutMs: 2_000, attempts: 1_000 })
  await expect(slow.credits.balance()).rejects.toThrow(NoAnswer)
  expect(asked.length).toBeGreaterThan(1)
})

test('an abort ends the pause between two attempts, and the attempt itself', async () => {
  for (const reply of [refusal(503, 'unavailable', '30'), 'nothing'] as const) {
    const { asked, send } = scripted(reply)
    const stop = new AbortController()
    const asking = client(send).credits.charge(charge, { signal: stop.signal })
    await expect.poll(() => asked.length).toBe(1)
    stop.abort(new Error('closing'))
    await expect(asking).rejects.toThrow('closing')
    expect(asked).toHaveLength(1)
  }
})

test('what has no key and changes something is not repeated after an unknown end', async () => {
  const { asked, send } = scripted(offline)
  await expect(
    client(send).send('DELETE /v1/budgets/{id}', { path: { id: 'bud_1' } }),
  ).rejects.toThrow(NoAnswer)
  expect(asked).toHaveLength(1)
})

test('what is wrong for good is told at once, and never sent', async () => {
  const { asked, send } = scripted(offline)
  await expect(client(send).credits.charge(charge, { key: 'a\nb' })).rejects.toThrow(RangeError)
  await expect(client(send).credits.hold({ feature: 'x', credits: 1 / 3 })).rejects.toThrow(
    RangeError,
  )
  await expect(client(send).credits.readCharge('')).rejects.toThrow('needs path.id')
  expect(() => client(send, { url: 'sluice' })).toThrow()
  expect(asked).toHaveLength(0)
})

test('an id stays inside its place in the path', async () => {
  const { asked, send } = scripted(ok({}))
  await client(send).credits.readCharge('../holds?x=1')
  expect(asked[0]!.url).toBe('http://sluice.test/v1/credits/charges/..%2Fholds%3Fx%3D1')
})

test('a large batch goes out in thousands, and what is put off is asked for again', async () => {
  const sent: string[][] = []
  const send: typeof fetch = async (_url, init) => {
    const { charges } = JSON.parse(String(init?.body)) as { charges: { idempotencyKey: string }[] }
    sent.push(charges.map(({ idempotencyKey }) => idempotencyKey))
    const results = charges.map(({ idempotencyKey: id }) =>
      id === 'b-1100' && sent.length < 3
        ? { status: 503, replayed: false, problem: { code: 'unavailable' } }
        : { status: 201, replayed: false, charge: { id } },
    )
    return ok({ results })
  }
  const charges = Array.from({ length: 1_203 }, (_, i) => ({ ...charge, key: `b-${i}` }))
  const results = await client(send).credits.chargeAll(charges)
  expect(results.map((one) => one.charge?.id)).toEqual(charges.map(({ key }) => key))
  expect(sent.map((keys) => keys.length)).toEqual([1_000, 203, 1])
})
