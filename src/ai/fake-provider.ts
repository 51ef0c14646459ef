import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the provider answers next; `json` is what the model says, wrapped as the protocol wants it. */
export type FakeAnswer =
  | { json: unknown }
  | { text: string }
  | { status: number; headers?: Record<string, string>; body?: string }
  | { body: string; headers?: Record<string, string> }
  | { hang: true }
  | { bytes: number }
  | { reset: true }

export type FakeProvider = {
  url: string
  /** Every request body, as it came. */
  requests: { body: string; headers: NodeJS.Dict<string | string[]> }[]
  /** Answers in order; the last one stays. */
  answer(...answers: FakeAnswer[]): void
  /** An answer made from the request, for attackers that read what they are sent. */
  answerBy(make: (body: string) => FakeAnswer): void
  close(): Promise<void>
}

/** An OpenAI-compatible server on loopback that misbehaves to order. */
export async function startFakeProvider(): Promise<FakeProvider> {
  let make: (body: string) => FakeAnswer = () => ({ status: 500 })
  const requests: FakeProvider['requests'] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      requests.push({ body, headers: request.headers })
      perform(make(body), response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    answer(...answers) {
      const queue = [...answers]
      make = () => (queue.length > 1 ? queue.shift()! : queue[0]!)
    },
    answerBy(making) {
      make = making
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function perform(answer: FakeAnswer, response: ServerResponse): void {
  if ('hang' in answer) return
  if ('reset' in answer) return void response.socket?.destroy()
  if ('bytes' in answer) return void response.writeHead(200).end(Buffer.alloc(answer.bytes, 'x'))
  if ('status' in answer)
    return void response.writeHead(answer.status, answer.headers).end(answer.body ?? '{}')
  if ('body' in answer) return void response.writeHead(200, answer.headers).end(answer.body)
  const content = 'text' in answer ? answer.text : JSON.stringify(answer.json)
  response.writeHead(200, { 'content-type': 'application/json' }).end(
    JSON.stringify({
      id: 'fake',
      created: 0,
      model: 'fake',
      choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 },
    }),
  )
}
