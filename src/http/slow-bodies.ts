import type { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { App } from '../platform/app.ts'

/** How long a body may take: as a whole, or for a route of uploads, without a single byte. */
export interface BodyTimes {
  wholeMs: number
  idleMs: number
}

const MINUTE_MS = 60_000
const ANSWER = [
  'HTTP/1.1 408 Request Timeout',
  'Connection: close',
  'Content-Type: application/problem+json; charset=utf-8',
  '',
  '',
].join('\r\n')

/**
 * Cuts off requests whose body does not come to its end: a client that sends a byte now and then must not
 * keep a connection for ever. A route with `upload` may take as long as it likes, as long as bytes come.
 */
export function cutSlowBodies(
  app: App,
  { wholeMs, idleMs }: BodyTimes = { wholeMs: MINUTE_MS, idleMs: MINUTE_MS },
): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const { raw } = request
    // What is injected comes over no socket, and whole.
    if (!raw.complete && hasBody(raw) && raw.socket instanceof Socket) {
      const isUpload = request.routeOptions.config.upload === true
      watch(raw, isUpload ? idleMs : wholeMs, isUpload)
    }
    done()
  })
}

function watch(raw: IncomingMessage, everyMs: number, mayTakeLong: boolean): void {
  let seen = raw.socket?.bytesRead ?? 0
  let timer = setTimeout(look, everyMs).unref()
  raw.once('close', () => clearTimeout(timer))

  function look(): void {
    if (raw.complete || raw.destroyed) return
    const came = raw.socket.bytesRead
    // Who was told to wait by us, since we could not take more, is not to blame.
    const isMoving = came > seen || raw.isPaused()
    if (mayTakeLong && isMoving) {
      seen = came
      timer = setTimeout(look, everyMs).unref()
    } else cut(raw)
  }
}

function cut({ socket }: IncomingMessage): void {
  socket.end(ANSWER, () => socket.destroy())
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
