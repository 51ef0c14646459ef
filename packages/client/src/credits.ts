import { withExact } from './amounts.ts'
import { type Asked, call, type KeyOptions, list, type Route } from './calls.ts'
import { type BatchCharge, type Batched, chargeAll } from './charge-all.ts'
import type {
  Balance,
  Charge,
  ChargeWithEntries,
  Estimate,
  Grant,
  Hold,
  LedgerEntry,
  PostCreditsChargesData,
  PostCreditsHoldsByIdCaptureData,
  PostCreditsHoldsData,
  Refund,
  Usage,
} from './generated/types.gen.ts'
import { type Done, runPaid, type Work } from './run.ts'
import type { CallOptions, Transport } from './transport.ts'

/** What is charged, and what for: `feature`, `instance`, `memberId`, `teamId`, … */
export type NewCharge = PostCreditsChargesData['body']
/** One thing that is priced: a call by its length, or so many of anything on the rate card. */
export type Item = NewCharge['items'][number]
/** What is set aside, as items to be priced or as `credits`, and what for. */
export type NewHold = PostCreditsHoldsData['body']
/** What the work took: items to be priced, or `credits`. */
export type Amount = PostCreditsHoldsByIdCaptureData['body']

type QueryOf<R extends Route> =
  Asked<R> extends { query?: infer Query } ? NonNullable<Query> : never

/** The pool of the company that the key belongs to. Amounts are credits with at most six decimals. */
export interface Credits {
  /**
   * Sets credits aside, does the work, and charges what it took. Work that throws, or that `options.signal`
   * stops, costs nothing: its credits go back. With the same `options.key` it is charged once, however
   * often it is run.
   */
  run<T>(asked: NewHold, work: Work<T>, options?: KeyOptions): Promise<Done<T>>
  /** What items would cost, and whether the pool could pay that now. Free. */
  estimate(items: Item[], options?: CallOptions): Promise<Estimate>
  /** Charges items at once, for work that is done. Give a key, so that your own repetitions count once. */
  charge(asked: NewCharge, options?: KeyOptions): Promise<Charge>
  /** Charges any number of times, each under its own key; each stands alone. */
  chargeAll(charges: BatchCharge[], options?: CallOptions): Promise<Batched[]>
  /** Returns a charge to the grants it came from, once. */
  refund(chargeId: string, reason: string, options?: KeyOptions): Promise<Refund>
  /** Sets credits aside. `run` is the easier way. */
  hold(asked: NewHold, options?: KeyOptions): Promise<Hold>
  capture(holdId: string, amount: Amount, options?: KeyOptions): Promise<Charge>
  release(holdId: string, options?: KeyOptions): Promise<Hold>
  balance(options?: CallOptions): Promise<Balance>
  /** Credits used by day, week or month, split by feature, instance, integration, member, team or item type. */
  usage(query?: QueryOf<'GET /v1/credits/usage'>, options?: CallOptions): Promise<Usage['data']>
  /** One charge, down to its ledger entries. */
  readCharge(chargeId: string, options?: CallOptions): Promise<ChargeWithEntries>
  charges(query?: QueryOf<'GET /v1/credits/charges'>, options?: CallOptions): AsyncGenerator<Charge>
  holds(query?: QueryOf<'GET /v1/credits/holds'>, options?: CallOptions): AsyncGenerator<Hold>
  grants(query?: QueryOf<'GET /v1/credits/grants'>, options?: CallOptions): AsyncGenerator<Grant>
  ledger(
    query?: QueryOf<'GET /v1/credits/ledger'>,
    options?: CallOptions,
  ): AsyncGenerator<LedgerEntry>
}

export function openCredits(transport: Transport): Credits {
  return {
    run: (asked, work, options) => runPaid(transport, withExact(asked), work, options),
    chargeAll: (charges, options) => chargeAll(transport, charges, options),
    async estimate(items, options) {
      return (await call(transport, 'POST /v1/credits/estimate', { body: { items } }, options)).body
    },
    async charge(asked, options) {
      return (await call(transport, 'POST /v1/credits/charges', { body: asked }, options)).body
    },
    async refund(chargeId, reason, { key = `refund:${chargeId}`, ...options } = {}) {
      const asked = { path: { id: chargeId }, body: { reason } }
      const route = 'POST /v1/credits/charges/{id}/refund'
      return (await call(transport, route, asked, { key, ...options })).body
    },
    async hold(asked, options) {
      const body = withExact(asked)
      return (await call(transport, 'POST /v1/credits/holds', { body }, options)).body
    },
    async capture(holdId, amount, { key = `capture:${holdId}`, ...options } = {}) {
      const asked = { path: { id: holdId }, body: withExact(amount) }
      const route = 'POST /v1/credits/holds/{id}/capture'
      return (await call(transport, route, asked, { key, ...options })).body
    },
    async release(holdId, { key = `release:${holdId}`, ...options } = {}) {
      const asked = { path: { id: holdId } }
      const route = 'POST /v1/credits/holds/{id}/release'
      return (await call(transport, route, asked, { key, ...options })).body
    },
    async balance(options) {
      return (await call(transport, 'GET /v1/credits/balance', {}, options)).body
    },
    async usage(query = {}, options) {
      return (await call(transport, 'GET /v1/credits/usage', { query }, options)).body.data
    },
    async readCharge(chargeId, options) {
      const asked = { path: { id: chargeId } }
      return (await call(transport, 'GET /v1/credits/charges/{id}', asked, options)).body
    },
    charges: (query = {}, options) =>
      list(transport, 'GET /v1/credits/charges', { query }, options),
    holds: (query = {}, options) => list(transport, 'GET /v1/credits/holds', { query }, options),
    grants: (query = {}, options) => list(transport, 'GET /v1/credits/grants', { query }, options),
    ledger: (query = {}, options) => list(transport, 'GET /v1/credits/ledger', { query }, options),
  }
}
