import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ReceivedRequest {
  path: string
  headers: IncomingHttpHeaders
  body: string
}

/** A receiver of webhooks on the loopback; `answer` says what it does. */
export interface HttpSink {
  url: string
  received: ReceivedRequest[]
  answer: (response: ServerResponse, request: ReceivedRequest) => void
  close(): Promise<void>
}

export async function httpSink(): Promise<HttpSink> {
  const received: ReceivedRequest[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    response.on('error', () => {})
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      const got = { path: request.url ?? '', headers: request.headers, body }
      received.push(got)
      sink.answer(response, got)
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const sink: HttpSink = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answer: (response) => void response.writeHead(204).end(),
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
  return sink
}
