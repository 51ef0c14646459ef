import { expect, test } from 'vitest'
import { createAnthropicModel } from './anthropic.ts'
import type { Item } from './model.ts'

test('Claude is asked through its own protocol, and its quotes are checked alike', async () => {
  const bodies: { url: string; body: string; key: string | null }[] = []
  const fetchAnswer: typeof fetch = async (input, init) => {
    const body = String(init?.body)
    bodies.push({ url: String(input), body, key: new Headers(init?.headers).get('x-api-key') })
    const said = { found: true, answer: 'Yes.', occurrences: [{ turn: 0, quote: 'our budget' }] }
    const { tools } = JSON.parse(body) as { tools?: { name: string }[] }
    const content =
      tools === undefined
        ? [{ type: 'text', text: JSON.stringify(said) }]
        : [{ type: 'tool_use', id: 't', name: tools[0]!.name, input: said }]
    return Response.json({
      type: 'message',
      id: 'm',
      role: 'assistant',
      model: 'claude',
      content,
      stop_reason: tools === undefined ? 'end_turn' : 'tool_use',
      usage: { input_tokens: 50, output_tokens: 9 },
    })
  }
  const model = createAnthropicModel(
    { model: 'claude-sonnet-4-5', apiKey: 'secret' },
    { fetch: fetchAnswer },
  )
  const item: Item = {
    type: 'email',
    id: 'email-1',
    title: 'Hello',
    at: '2026-05-04T10:00:00Z',
    turns: [{ turn: 0, speaker: 'Cora', affiliation: 'customer', text: 'This is our budget.' }],
  }
  const reading = await model.read(
    { item, question: 'A budget?', side: 'anyone' },
    new AbortController().signal,
  )
  expect(reading).toEqual({
    found: true,
    answer: 'Yes.',
    occurrences: [{ turn: 0, quote: 'our budget' }],
    usage: { inputTokens: 50, outputTokens: 9 },
  })
  expect(bodies[0]!.url).toBe('https://api.anthropic.com/v1/messages')
  expect(bodies[0]!.key).toBe('secret')
  expect(bodies[0]!.body).not.toContain('secret')
})
