import { microsOf, withExact } from './amounts.ts'
import { call, type KeyOptions } from './calls.ts'
import type { Amount, NewHold } from './credits.ts'
import type { Charge, Hold } from './generated/types.gen.ts'
import { isRefusal } from './problem.ts'
import { isNotNow } from './retry.ts'
import { type CallOptions, newKey, type Transport } from './transport.ts'

/** What is paid for: it may say what it really took, and stops when `signal` says so. */
export type Work<T> = (job: Job) => T | Promise<T>

export interface Job {
  /** Aborted when the caller says stop, and shortly before the hold ends: later, nothing can be charged. */
  signal: AbortSignal
  /** Says what the work really took; the last word counts. All that was held, unless it is said. */
  used(amount: Amount): void
  /** What is set aside; null for work that costs nothing. */
  hold: Hold | null
  /** An earlier run under this key was charged: this one is free. */
  isPaid: boolean
}

export interface Done<T> {
  result: T
  /** Null when the work said that it took nothing. */
  charge: Charge | null
}

/** Credits that stand ready for one piece of work. */
interface Readied {
  /** Null for items whose price is 0. */
  hold: Hold | null
  key: string
  isPaid: boolean
  lastsMs: number
}

/** The server takes 255 characters; the rest is for the number of a run that comes after failed ones. */
const KEY_MAX = 240
/** Work is stopped so long before its hold ends, or a tenth of its time: the capture has to get there. */
const MARGIN_MS = 5_000
/** Timers wrap around above this. */
const TIMER_MAX_MS = 2 ** 31 - 1

/** Hold, work, capture; or hold, work, release. */
export async function runPaid<T>(
  transport: Transport,
  asked: NewHold,
  work: Work<T>,
  { key = newKey(), signal, ...patience }: KeyOptions = {},
): Promise<Done<T>> {
  if (key.length > KEY_MAX) throw new RangeError(`a key of run has at most ${KEY_MAX} characters`)
  signal?.throwIfAborted()
  const ready = await readied(transport, asked, key, signal, patience)
  let amount = amountOf(asked)
  let result: T
  try {
    result = await doWork(work, ready, signal, (taken) => {
      amount = withExact(taken)
    })
  } catch (error) {
    await giveBack(transport, ready)
    throw error
  }
  // The work is done: from here on it is charged, even if somebody says stop.
  if (isNothing(amount) && !ready.isPaid) {
    await giveBack(transport, ready)
    return { result, charge: null }
  }
  return { result, charge: await settle(transport, ready, asked, amount, patience) }
}

/** Sets the credits aside, or finds what an earlier run under this key set aside. */
async function readied(
  transport: Transport,
  asked: NewHold,
  key: string,
  signal: AbortSignal | undefined,
  patience: CallOptions,
): Promise<Readied> {
  // A request that is under way may make a hold. So it is not torn off at once when somebody says stop:
  // it has a moment to be answered, and then the hold is given back.
  const grace = graceAfter(signal, transport.graceMs)
  try {
    for (let round = 1; ; round += 1) {
      const own = round === 1 ? key : `${key}#${round}`
      const options = { ...patience, key: own, signal: grace.signal }
      const made = await call(transport, 'POST /v1/credits/holds', { body: asked }, options)
      const { id, createdAt, expiresAt } = made.body
      const lastsMs = Date.parse(expiresAt) - Date.parse(createdAt)
      const ready = { hold: made.body, key: own, isPaid: false, lastsMs }
      if (!made.isReplay) return ready
      // Answered from memory, as it was when it was made: what has become of it?
      const hold = await readHold(transport, id, { ...patience, signal: grace.signal }).catch(
        async (error) => {
          await giveBack(transport, ready)
          throw error
        },
      )
      if (hold.status === 'held') return ready
      if (hold.status === 'captured') return { ...ready, isPaid: true }
      // Released or expired: that run failed, and this one needs a hold of its own.
    }
  } catch (error) {
    if (!isFree(error, asked)) throw error
    return { hold: null, key, isPaid: false, lastsMs: Number.POSITIVE_INFINITY }
  } finally {
    grace.end()
  }
}

async function readHold(transport: Transport, id: string, options: CallOptions): Promise<Hold> {
  return (await call(transport, 'GET /v1/credits/holds/{id}', { path: { id } }, options)).body
}

/** Work that the signal stops is not waited for; what it still does is nobody's business. */
async function doWork<T>(
  work: Work<T>,
  { hold, isPaid, lastsMs }: Readied,
  signal: AbortSignal | undefined,
  used: Job['used'],
): Promise<T> {
  const ending = new AbortController()
  const stop = () => ending.abort(signal?.reason)
  signal?.addEventListener('abort', stop, { once: true })
  if (signal?.aborted) stop()
  const isBounded = hold !== null && !isPaid
  const workMs = lastsMs - Math.min(MARGIN_MS, lastsMs / 10)
  const timer = isBounded
    ? setTimeout(() => ending.abort(new WorkTooLong(lastsMs)), Math.min(workMs, TIMER_MAX_MS))
    : undefined
  try {
    return await new Promise<T>((resolve, reject) => {
      const reject_ = () => reject(ending.signal.reason)
      if (ending.signal.aborted) return reject_()
      ending.signal.addEventListener('abort', reject_, { once: true })
      Promise.resolve({ signal: ending.signal, used, hold, isPaid })
        .then(work)
        .then(resolve, reject)
    })
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
}

/** The work took longer than its credits were set aside: hold them longer, with `ttlSeconds`. */
export class WorkTooLong extends Error {
  override readonly name = 'WorkTooLong'

  constructor(lastsMs: number) {
    super(`the work was stopped: its hold lasts ${Math.round(lastsMs / 1000)} seconds (ttlSeconds)`)
  }
}

/** Charges what the work took: once, whatever becomes of the answers. */
async function settle(
  transport: Transport,
  ready: Readied,
  asked: NewHold,
  amount: Amount,
  patience: CallOptions,
): Promise<Charge> {
  const { hold, key, isPaid } = ready
  if (!hold) return (await chargeNothing(transport, asked, amount, key, patience)).body
  if (isPaid) return chargeOf(transport, hold.id, patience)
  const route = 'POST /v1/credits/holds/{id}/capture'
  const capture = { path: { id: hold.id }, body: amount }
  try {
    return (await call(transport, route, capture, { ...patience, key })).body
  } catch (error) {
    // A run beside this one, under the same key, was faster and took another amount.
    if (isRefusal(error, 'idempotency-conflict')) return chargeOf(transport, hold.id, patience)
    // Where nobody knows whether it was charged, the credits stay aside: the same key tells, or the hold ends.
    if (isRefusal(error) && !isNotNow(error.problem.code)) await giveBack(transport, ready)
    throw error
  }
}

/** The charge that a captured hold became. */
async function chargeOf(transport: Transport, holdId: string, options: CallOptions) {
  const query = { holdId, type: 'consume' as const, limit: 1 }
  const { data } = (await call(transport, 'GET /v1/credits/ledger', { query }, options)).body
  const id = data[0]?.chargeId
  if (!id) throw new Error(`the ledger has no charge of the hold ${holdId}`)
  return (await call(transport, 'GET /v1/credits/charges/{id}', { path: { id } }, options)).body
}

/** Items whose price is 0 cannot be held; they are charged as they are, so that their use is counted. */
function chargeNothing(
  transport: Transport,
  { ttlSeconds: _ttl, credits: _credits, items = [], ...what }: NewHold,
  amount: Amount,
  key: string,
  options: CallOptions,
) {
  const body = { ...what, items: amount.items ?? items }
  return call(transport, 'POST /v1/credits/charges', { body }, { ...options, key })
}

/** Gives the credits back; if that cannot be done, they come back when the hold ends. Never fails. */
async function giveBack(transport: Transport, { hold, key }: Readied): Promise<void> {
  if (!hold) return
  const asked = { path: { id: hold.id } }
  const options = { key, timeoutMs: transport.graceMs }
  try {
    await call(transport, 'POST /v1/credits/holds/{id}/release', asked, options)
  } catch (cause) {
    // It has ended already.
    if (isRefusal(cause, 'invalid-state')) return
    transport.notice({ kind: 'release-failed', holdId: hold.id, cause })
  }
}

/** A signal that is aborted some time after another one. */
function graceAfter(signal: AbortSignal | undefined, graceMs: number) {
  const ending = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const stop = () => {
    timer = setTimeout(() => ending.abort(signal?.reason), graceMs)
  }
  signal?.addEventListener('abort', stop, { once: true })
  return {
    signal: ending.signal,
    end() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    },
  }
}

function amountOf({ items, credits }: NewHold): Amount {
  return items ? { items } : { credits: credits ?? 0 }
}

function isNothing({ items, credits }: Amount): boolean {
  return items ? items.length === 0 : microsOf(credits ?? 0) === 0n
}

/** The only thing that can be wrong with the credits of a request that names items is that they are none. */
function isFree(error: unknown, { items }: NewHold): boolean {
  if (!items || !isRefusal(error, 'unprocessable')) return false
  return error.problem.errors?.some(({ path }) => path === 'credits') ?? false
}
