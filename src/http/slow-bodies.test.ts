import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { App } from '../platform/app.ts'
import { createLog } from '../platform/log.ts'
import { createMetrics } from '../platform/metrics.ts'
import { createServer } from './server.ts'

const IDLE_MS = 1_500
let app: App
let port: number
beforeAll(async () => {
  app = await createServer({
    ...{ db: {} as never, log: createLog('silent'), metrics: createMetrics(), isHttps: false },
    ...{
      authenticate: async () => ({}) as never,
      requireOperator: () => {},
      faults: async () => [],
    },
    bodyTimes: { wholeMs: IDLE_MS, idleMs: IDLE_MS },
    routes(server) {
      server.addContentTypeParser('text/plain', (_, body, done) => {
        let bytes = 0
        body.on('data', (piece: Buffer) => {
          bytes += piece.length
        })
        body.on('end', () => done(null, bytes))
        body.on('error', done)
      })
      const answer = async (request: { body: unknown }) => ({ bytes: request.body })
      server.post('/whole', { config: { access: 'public', key: 'none' } }, answer)
      server.post('/upload', { config: { access: 'public', key: 'none', upload: true } }, answer)
    },
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  port = (app.server.address() as { port: number }).port
})
afterAll(() => app.close())

/** Sends so many bytes, one each time; gives what was answered when the connection ends. */
function send(path: string, bytes: number, announced: number, everyMs: number): Promise<string> {
  return new Promise((done, fail) => {
    const socket = connect(port, '127.0.0.1', async () => {
      const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: text/plain\r\n`
      socket.write(`${head}Content-Length: ${announced}\r\n\r\n`)
      for (let i = 0; i < bytes && !socket.destroyed; i += 1) {
        socket.write('x')
        await pause(everyMs)
      }
    })
    let text = ''
    socket.on('data', (piece) => {
      text += piece
    })
    socket.on('close', () => done(text))
    socket.on('error', (error: NodeJS.ErrnoException) =>
      /ECONNRESET|EPIPE/.test(error.code ?? '') ? done(text) : fail(error),
    )
  })
}

describe('a body that comes slowly', () => {
  test('may take as long as it likes where files are uploaded', async () => {
    const answer = await send('/upload', 20, 20, IDLE_MS / 10)
    expect(answer).toContain('200 OK')
    expect(answer).toContain('{"bytes":20}')
  })

  test('is cut off everywhere else', async () => {
    expect(await send('/whole', 40, 40, IDLE_MS / 10)).toContain('408 Request Timeout')
  })

  test('is cut off in an upload too once nothing more comes', async () => {
    expect(await send('/upload', 3, 20, 1)).toContain('408 Request Timeout')
  })
})
