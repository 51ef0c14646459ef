import { NoAnswer, type Problem, Refusal, readProblem } from './problem.ts'
import {
  isGatewayFault,
  isNotNow,
  PATIENCE,
  type Patience,
  pauseAfter,
  readRetryAfter,
} from './retry.ts'

export interface ClientOptions extends Partial<Patience> {
  /** Where Sluice is, as `https://sluice.example.com`. */
  url: string
  /** The key of an integration. None in a page that Sluice's own session cookie signs in. */
  key?: string
  /** What sends requests; the platform's own `fetch` unless given. */
  fetch?: typeof fetch
  /** How long a hold may still be given back after somebody said stop, in milliseconds; 10,000 unless given. */
  graceMs?: number
  /** Is told what goes on unseen: repetitions, and holds that could not be given back. */
  onNotice?: (notice: Notice) => void
}

export type Notice =
  | { kind: 'retry'; route: string; attempt: number; waitMs: number; cause: unknown }
  | { kind: 'release-failed'; holdId: string; cause: unknown }

export interface CallOptions extends Partial<Patience> {
  /** Gives up when it is aborted; what the server did by then stays done. */
  signal?: AbortSignal
}

/** One request, as it goes out. */
export interface Request {
  method: string
  /** Path and query. */
  path: string
  body?: unknown
  /** The Idempotency-Key, the same in every repetition. */
  key?: string | undefined
}

export interface Answer {
  body: unknown
  /** Whether this is what an earlier request with the same key did. */
  isReplay: boolean
}

export interface Transport {
  ask(request: Request, options?: CallOptions): Promise<Answer>
  graceMs: number
  notice(notice: Notice): void
}

/** What came of one attempt: an answer, or a failure and whether asking again may help. */
type Outcome =
  | { answer: Answer }
  | { failure: unknown; isTransient: boolean; retryAfterMs?: number | undefined }

/** Sends requests, and repeats those that got no answer under the very key they had. */
export function openTransport(options: ClientOptions): Transport {
  // What is wrong for good throws here and now, and is not taken for a network that fails.
  const base = new URL(options.url).href.replace(/\/+$/, '')
  const send = options.fetch ?? globalThis.fetch.bind(globalThis)
  const notice = options.onNotice ?? (() => {})
  return { ask, graceMs: options.graceMs ?? 10_000, notice }

  async function ask(request: Request, call: CallOptions = {}): Promise<Answer> {
    const patience = { ...PATIENCE, ...given(options), ...given(call) }
    const route = `${request.method} ${request.path.split('?', 1)[0]}`
    const init = initOf(request)
    const until = Date.now() + patience.timeoutMs
    for (let attempt = 1; ; attempt += 1) {
      call.signal?.throwIfAborted()
      const attemptMs = Math.min(patience.attemptMs, Math.max(1, until - Date.now()))
      const outcome = await attemptOnce(base + request.path, init, attemptMs, call.signal)
      if ('answer' in outcome) return outcome.answer
      call.signal?.throwIfAborted()
      const { failure: cause, isTransient, retryAfterMs } = outcome
      const waitMs = pauseAfter(attempt, retryAfterMs, Math.random())
      const isLast = attempt >= patience.attempts || Date.now() + waitMs >= until
      if (!isTransient || !isRepeatable(request, cause) || isLast) throw told(request, cause)
      notice({ kind: 'retry', route, attempt, waitMs, cause })
      await pause(waitMs, call.signal)
    }
  }

  async function attemptOnce(
    url: string,
    init: RequestInit,
    attemptMs: number,
    signal: AbortSignal | undefined,
  ): Promise<Outcome> {
    const ending = new AbortController()
    const stop = () => ending.abort(signal?.reason)
    const late = () => ending.abort(new Error(`nothing came in ${attemptMs} ms`))
    const timer = setTimeout(late, attemptMs)
    signal?.addEventListener('abort', stop, { once: true })
    try {
      return await read(await send(url, { ...init, signal: ending.signal }))
    } catch (failure) {
      // The connection failed, the answer broke off, or it took too long: nobody knows what was done.
      return { failure, isTransient: true }
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    }
  }

  function initOf({ method, body, key }: Request): RequestInit {
    return {
      method,
      headers: new Headers({
        accept: 'application/json',
        ...(options.key === undefined ? {} : { authorization: `Bearer ${options.key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': checkedKey(key) }),
      }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // A redirected POST becomes a GET: better to be told that the address is wrong.
      redirect: 'error',
    }
  }
}

function checkedKey(key: string): string {
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key
  throw new RangeError(`an Idempotency-Key has 1 to 255 printable ASCII characters: ${key}`)
}

async function read(response: Response): Promise<Outcome> {
  const text = await response.text()
  const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '')
  if (response.ok) {
    const body = text === '' ? undefined : isJson ? JSON.parse(text) : text
    return { answer: { body, isReplay: response.headers.get('idempotency-replayed') === 'true' } }
  }
  const retryAfterMs = readRetryAfter(response.headers.get('retry-after'), Date.now())
  const problem = isJson ? readProblem(JSON.parse(text)) : undefined
  if (problem) {
    const failure = new Refusal<Problem['code']>(problem, retryAfterMs)
    return { failure, isTransient: isNotNow(problem.code), retryAfterMs }
  }
  const failure = new Error(`status ${response.status}, and no problem that Sluice would tell`)
  return { failure, isTransient: isGatewayFault(response.status), retryAfterMs }
}

/** Without a key, only what changes nothing, or sets it to the same, is repeated after an unknown end. */
function isRepeatable({ method, key }: Request, cause: unknown): boolean {
  if (key !== undefined || method === 'GET' || method === 'PUT') return true
  return cause instanceof Refusal && cause.problem.code === 'rate-limited'
}

function told({ method, path, key }: Request, cause: unknown): unknown {
  if (cause instanceof Refusal) return cause
  const why = cause instanceof Error ? cause.message : String(cause)
  return new NoAnswer(`${method} ${path} got no answer: ${why}`, key, cause)
}

/** The settings that were really given. */
function given({ timeoutMs, attemptMs, attempts }: Partial<Patience>): Partial<Patience> {
  return {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(attemptMs === undefined ? {} : { attemptMs }),
    ...(attempts === undefined ? {} : { attempts }),
  }
}

/** Waits, or rejects with the signal's reason as soon as it is aborted. */
export function pause(waitMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, waitMs)
    signal?.addEventListener('abort', stop, { once: true })
  })
}

/** A key that nobody else has. (`randomUUID` is missing in pages that came by http.) */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
