// A product of its own with one AI feature, "summarise this text", on its customer's pool of credits.
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Client } from '@sluice/client'
import { readEvent } from './events.ts'
import { type Said, sayWhy } from './refusals.ts'
import { pagesOf, summarise } from './summarise.ts'

export interface ServiceOptions {
  sluice: Client
  /** Any free one unless given. */
  port?: number
  /** The secret of the webhook that Sluice made for `/sluice-events`. */
  webhookSecret?: string
  /** The AI; a language model in real life. It stops when the signal says so. */
  ai?: (text: string, signal: AbortSignal) => string | Promise<string>
}

export interface Service {
  url: string
  /**
   * Takes nothing new, lets what is under way end for so long, then stops it. Every hold is captured or
   * given back by the time this is done.
   */
  close(graceMs: number): Promise<void>
}

const TEXT_MAX = 200_000

export async function startService({
  sluice,
  port = 0,
  webhookSecret,
  ai = summarise,
}: ServiceOptions): Promise<Service> {
  const stop = new AbortController()
  const underWay = new Set<Promise<void>>()
  const { status } = await sluice.credits.balance()
  const credits = { isExhausted: status === 'exhausted', seq: 0 }

  const server = createServer((request, response) => {
    const answering = answer(request).then(({ status, body, headers }) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(JSON.stringify(body))
    })
    underWay.add(answering)
    void answering.catch(() => response.destroy()).finally(() => underWay.delete(answering))
  })
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, close }

  async function answer(request: IncomingMessage): Promise<Said> {
    try {
      switch (`${request.method} ${request.url}`) {
        case 'POST /summaries':
          return await makeSummary(request)
        case 'GET /status':
          return { status: 200, body: { ai: credits.isExhausted ? 'out of credits' : 'ready' } }
        case 'POST /sluice-events':
          return await takeEvent(request)
        default:
          return { status: 404, body: { message: 'There is no such page.' } }
      }
    } catch (error) {
      return sayWhy(error)
    }
  }

  async function makeSummary(request: IncomingMessage): Promise<Said> {
    const { text, documentId } = JSON.parse(await readBody(request)) as Record<string, string>
    if (!text) return { status: 400, body: { message: 'There is no text to summarise.' } }
    // The key says what is done: the user's second click on the same document is not paid twice.
    const clicked = request.headers['idempotency-key']
    const { result, charge } = await sluice.credits.run(
      {
        feature: 'summaries',
        items: [{ type: 'summary_page', quantity: pagesOf(text) }],
        ...(documentId ? { instance: { id: documentId, name: `Document ${documentId}` } } : {}),
      },
      (job) => ai(text, job.signal),
      { signal: stop.signal, ...(clicked ? { key: `summary:${clicked}` } : {}) },
    )
    return { status: 200, body: { summary: result, credits: charge?.credits ?? 0 } }
  }

  /** Events may come twice or late; the pool's number tells which is newer. */
  async function takeEvent(request: IncomingMessage): Promise<Said> {
    const event = readEvent(await readBody(request), request.headers, webhookSecret)
    if (!event) return { status: 400, body: { message: 'The signature is not that of Sluice.' } }
    if (event.data.seq > credits.seq) {
      if (event.type === 'credits.exhausted') credits.isExhausted = true
      if (event.type === 'credits.granted') credits.isExhausted = false
      credits.seq = event.data.seq
    }
    return { status: 204, body: null }
  }

  async function close(graceMs: number): Promise<void> {
    const closed = new Promise<void>((done) => server.close(() => done()))
    server.closeIdleConnections()
    const late = setTimeout(() => stop.abort(new Stopping()), graceMs)
    await Promise.allSettled(underWay)
    clearTimeout(late)
    server.closeIdleConnections()
    await closed
  }
}

/** The service was told to stop while it worked. */
export class Stopping extends Error {
  override readonly name = 'Stopping'
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = ''
  request.setEncoding('utf8')
  for await (const chunk of request) {
    text += chunk
    if (text.length > TEXT_MAX) throw new RangeError('The text is too long.')
  }
  return text
}
