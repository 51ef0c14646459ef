import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type FakeAnswer, type FakeProvider, startFakeProvider } from './fake-provider.ts'
import type { Limits, Observation } from './language-model.ts'
import type { Item, Model, ReadRequest } from './model.ts'
import { createOpenAiCompatible } from './openai-compatible.ts'

const call: Item = {
  type: 'call',
  id: 'call-1',
  title: 'Renewal',
  at: '2026-05-04T10:00:00Z',
  turns: [
    {
      turn: 4,
      speaker: 'Ravi',
      affiliation: 'company',
      text: 'Hello Cora, thank you for taking the time today.',
    },
    {
      turn: 5,
      speaker: 'Cora',
      affiliation: 'customer',
      text: 'We have a\n  budget of fifty thousand dollars.',
    },
  ],
}
const request: ReadRequest = {
  item: call,
  question: 'Does the customer mention a budget?',
  side: 'customer',
}
const yes: FakeAnswer = {
  json: {
    found: true,
    answer: 'Yes, fifty thousand.',
    occurrences: [{ turn: 5, quote: 'a budget of fifty thousand dollars' }],
  },
}
const forever = new AbortController().signal

let provider: FakeProvider
let observed: Observation[]
beforeAll(async () => {
  provider = await startFakeProvider()
})
afterAll(() => provider.close())
beforeEach(() => {
  observed = []
  provider.requests.length = 0
})

describe('a language model that answers', () => {
  test('quotes the source to the letter, whatever its white space, and reports its use', async () => {
    provider.answer(yes)
    const reading = await model().read(request, forever)
    expect(reading).toEqual({
      found: true,
      answer: 'Yes, fifty thousand.',
      occurrences: [{ turn: 5, quote: 'a\n  budget of fifty thousand dollars' }],
      usage: { inputTokens: 100, outputTokens: 20 },
    })
    expect(observed).toMatchObject([
      { task: 'read', outcome: 'answered', attempt: 1, inputTokens: 100, outputTokens: 20 },
    ])
  })

  test('has no tools, and its key is in the header alone', async () => {
    provider.answer(yes)
    await model().read(request, forever)
    const { body, headers } = provider.requests[0]!
    expect(headers.authorization).toBe('Bearer key-for-tests')
    expect(body).not.toContain('key-for-tests')
    expect(JSON.parse(body)).not.toHaveProperty('tools')
  })

  test('gets a second try when its evidence is made up, and the use of both is counted', async () => {
    provider.answer(
      { json: { found: true, answer: 'Yes.', occurrences: [{ turn: 5, quote: 'a million' }] } },
      yes,
    )
    const reading = await model().read(request, forever)
    expect(reading.occurrences).toHaveLength(1)
    expect(reading.usage).toEqual({ inputTokens: 200, outputTokens: 40 })
  })

  test('loses the citations of passages that it was never given', async () => {
    const real = { passage: 'p2', quote: 'fifty thousand dollars' }
    const citations = [
      real,
      { passage: 'p99', quote: 'fifty thousand dollars' },
      { passage: 'p1', quote: 'a lie' },
    ]
    provider.answer({ json: { paragraphs: [{ text: 'They have a budget.', citations }] } })
    const { paragraphs } = await model().compose(
      { question: 'What is the budget?', items: [call] },
      forever,
    )
    expect(paragraphs).toEqual([
      {
        text: 'They have a budget.',
        citations: [
          { itemType: 'call', itemId: 'call-1', turn: 5, quote: 'fifty thousand dollars' },
        ],
      },
    ])
  })

  test('sees the best passages of more than it can hold', async () => {
    const filler = Array.from({ length: 500 }, (_, turn) => ({
      turn,
      speaker: 'Ravi',
      affiliation: 'company' as const,
      text: 'We talked about the weather and the lake for quite a while this morning.',
    }))
    const long = { ...call, turns: [...filler, { ...call.turns[1]!, turn: 500 }] }
    provider.answer({ json: { found: false, answer: 'No.', occurrences: [] } })
    await model({ promptCharactersMax: 5_000 }).read({ ...request, item: long }, forever)
    expect(provider.requests[0]!.body).toContain('fifty thousand dollars')
    expect(provider.requests[0]!.body.length).toBeLessThan(15_000)
  })
})

describe('a language model that fails', () => {
  test.each<[string, FakeAnswer, string]>([
    [
      'HTML',
      { body: '<html>busy</html>', headers: { 'content-type': 'text/html' } },
      'invalid-answer',
    ],
    ['cut JSON', { text: '{"found": true, "answ' }, 'invalid-answer'],
    ['wrong types', { json: { found: 'yes', answer: 1, occurrences: {} } }, 'invalid-answer'],
    ['an empty answer', { text: '' }, 'invalid-answer'],
    ['ten megabytes', { bytes: 10_000_000 }, 'invalid-answer'],
    ['a server error', { status: 500 }, 'unavailable'],
    ['a reset connection', { reset: true }, 'unavailable'],
    ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:9/' } }, 'unavailable'],
    ['silence', { hang: true }, 'timeout'],
    ['a refusal for now', { status: 429 }, 'rate-limited'],
  ])('by %s throws ModelFailed and nothing else', async (_, answer, kind) => {
    provider.answer(answer)
    await expect(model({ attemptMs: 300 }).read(request, forever)).rejects.toMatchObject({
      name: 'ModelFailed',
      kind,
    })
    expect(observed.length).toBeLessThanOrEqual(3)
  })

  test('keeps what it was asked and what it said out of its errors and figures', async () => {
    provider.answer({ text: 'fifty thousand secrets' })
    const error: unknown = await model()
      .read(request, forever)
      .catch((each: unknown) => each)
    const told = JSON.stringify([
      String(error),
      (error as Error).stack,
      (error as Error).cause ?? null,
      observed,
    ])
    for (const word of ['secrets', 'budget', 'Cora', 'key-for-tests'])
      expect(told).not.toContain(word)
  })

  test('is asked again after the time it names, when that is short', async () => {
    provider.answer({ status: 429, headers: { 'retry-after': '0' } }, yes)
    expect((await model().read(request, forever)).found).toBe(true)
    expect(observed.map(({ outcome }) => outcome)).toEqual(['rate-limited', 'answered'])
  })

  test('hands a long wait back, and no longer than five minutes', async () => {
    provider.answer({ status: 429, headers: { 'retry-after': '3600' } })
    await expect(model().read(request, forever)).rejects.toMatchObject({
      kind: 'rate-limited',
      retryAfterMs: 300_000,
    })
    expect(provider.requests).toHaveLength(1)
  })

  test('is left alone after failing again and again, then tried once more', async () => {
    let time = 1_000
    const tried = model(
      {
        breaker: { failuresMax: 2, restMs: 50 },
        retry: { attemptsMax: 1, backoffMs: 1, waitMaxMs: 1 },
      },
      () => time,
    )
    provider.answer({ status: 500 })
    for (let i = 0; i < 4; i += 1) await tried.read(request, forever).catch(() => undefined)
    expect(provider.requests).toHaveLength(2)
    time += 60
    provider.answer(yes)
    expect((await tried.read(request, forever)).found).toBe(true)
  })

  test('stops when its caller does', async () => {
    provider.answer({ hang: true })
    await expect(model().read(request, AbortSignal.timeout(100))).rejects.toMatchObject({
      kind: 'timeout',
    })
    await expect(model().read(request, AbortSignal.abort())).rejects.toMatchObject({
      kind: 'timeout',
    })
  })
})

function model(limits: Partial<Limits> = {}, now: () => number = Date.now): Model {
  return createOpenAiCompatible(
    { model: 'fake-1', baseUrl: provider.url, apiKey: 'key-for-tests' },
    {
      now,
      observe: (each) => observed.push(each),
      limits: {
        attemptMs: 5_000,
        retry: { attemptsMax: 3, backoffMs: 1, waitMaxMs: 1_000 },
        ...limits,
      },
    },
  )
}
