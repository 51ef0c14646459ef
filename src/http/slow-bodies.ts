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
  // All are looked at together now and then: a timer for each request would cost more than most requests do.
  const sweepMs = Math.min(wholeMs, idleMs) / SWEEPS
  const coming = new Set<Coming>()
  let sweeping: NodeJS.Timeout | undefined

  app.addHook('onRequest', (request, _reply, done) => {
    const { raw } = request
    // What is injected comes over no socket, and whole.
    if (!raw.complete && hasBody(raw) && raw.socket instanceof Socket) {
      const mayTakeLong = request.routeOptions.config.upload === true
      const everyMs = mayTakeLong ? idleMs : wholeMs
      const seen = raw.socket.bytesRead
      coming.add({ raw, mayTakeLong, everyMs, seen, due: performance.now() + everyMs })
      sweeping ??= setInterval(sweep, sweepMs).unref()
    }
    done()
  })

  function sweep(): void {
    const now = performance.now()
    for (const one of coming) {
      const { raw } = one
      if (raw.complete || raw.destroyed) coming.delete(one)
      else if (now >= one.due && !goesOn(one, now)) {
        coming.delete(one)
        cut(raw)
      }
    }
    if (coming.size > 0) return
    clearInterval(sweeping)
    sweeping = undefined
  }
}

/** A request whose body has not come whole yet. */
interface Coming {
  raw: IncomingMessage
  mayTakeLong: boolean
  everyMs: number
  /** Bytes that had come when it was looked at last. */
  seen: number
  /** When it is looked at again. */
  due: number
}

/** How often bodies are looked at within the time that one may take. */
const SWEEPS = 60

function goesOn(one: Coming, now: number): boolean {
  const { raw, mayTakeLong, everyMs, seen } = one
  if (!mayTakeLong) return false
  const came = raw.socket.bytesRead
  // Who was told to wait by us, since we could not take more, is not to blame.
  if (came === seen && !raw.isPaused()) return false
  one.seen = came
  one.due = now + everyMs
  return true
}

function cut({ socket }: IncomingMessage): void {
  socket.end(ANSWER, () => socket.destroy())
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
