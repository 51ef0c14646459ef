import assert from 'node:assert/strict'
import type { CompanyNo } from '../kit/caller.ts'
import type { Credits } from '../kit/credits.ts'
import { notFound, type Problem } from '../kit/problem.ts'
import type { Run } from '../platform/run.ts'
import type { Book } from './book.ts'
import {
  type Capture,
  type Charged,
  capture,
  charge,
  grant,
  hold,
  holdOf,
  type NewGrant,
  type PastCharge,
  type Priced,
  type Refunded,
  refund,
  release,
  voidGrant,
} from './movements.ts'
import type { Attribution, Grant, Hold, Moment, Pool } from './pool.ts'

/** What can be asked of the ledger, one thing to one pool. */
export type Asked =
  | { kind: 'charge'; priced: Priced; detail?: Detail | undefined }
  | { kind: 'hold'; priced: Priced; ttlMs: number; metadata?: unknown; detail?: Detail | undefined }
  | {
      kind: 'capture'
      holdId: number
      publicId: string
      /** What is captured; a function prices it by the hold's own rate card. */
      capture: Capture | ((hold: Hold) => Capture | 'stale')
      detail?: Detail | undefined
    }
  | { kind: 'release'; holdId: number; publicId: string }
  | {
      kind: 'refund'
      chargeAt: Moment
      chargeSeq: number
      publicId: string
      reason: string
      actor: string | null
    }
  | { kind: 'grant'; grant: NewGrant | ((now: Moment) => NewGrant) }
  | {
      kind: 'void'
      grantNo: number
      publicId: string
      credits?: Credits | undefined
      reason: string
      actor: string | null
    }
  /** Only what has fallen due. */
  | { kind: 'settle' }

/** What a charge's items were, where its lines do not say it all. */
export interface Detail {
  items: unknown
  metadata: unknown
}

/** Who asks under which key, and exactly what. */
export interface Key {
  /** The first 16 bytes of SHA-256(integration, operation, key), as a uuid. */
  hash: string
  /** The first 8 bytes of SHA-256(what was asked). */
  fingerprint: bigint
}

export interface Command {
  companyNo: CompanyNo
  asked: Asked
  /** Without one, asking twice does it twice. */
  key?: Key | undefined
  /** Rows of another module that must commit with this, or not at all. */
  rider?: { by: Rider; row: unknown } | undefined
  /** The pool's `configEpoch` that prices and rights were read at; a later one refuses as `stale`. */
  epoch?: number | undefined
}

/** What was done. */
export type Outcome =
  | { kind: 'charge'; charged: Charged; attribution: Attribution; priced: Priced }
  | { kind: 'hold'; hold: Hold; balance: Balance }
  | { kind: 'capture'; charged: Charged; hold: Hold; priced: Priced }
  | { kind: 'release'; hold: Hold }
  | { kind: 'refund'; refunded: Refunded; attribution: Attribution; past: PastCharge }
  | { kind: 'grant'; grant: Grant }
  | { kind: 'void'; grant: Grant }
  | { kind: 'settle' }
  /** The key was known: this is what was done under it. */
  | { kind: 'replay'; at: Moment; result: number }
  /** Something the command was prepared from has changed: prepare it again. */
  | { kind: 'stale'; epoch: number }

export interface Balance {
  available: Credits
  held: Credits
  used: Credits
  seq: number
}

/**
 * Another module's rows that ride on a ledger command: a tracker's result on its charge, an answer on
 * its capture. Checked under the pool's lock, written in the same commit.
 */
export interface Rider {
  /** Locks what the rows depend on and says which must not go through, and why. */
  check?(run: Run, rows: unknown[]): Promise<(Problem | undefined)[]>
  /**
   * Says that `write` asks for all its statements before it first awaits one: the commit then travels
   * with them and saves every caller of the group a round trip.
   */
  readonly writesAtOnce?: true
  /** Writes the rows of the commands that were done. */
  write(run: Run, done: { row: unknown; outcome: Outcome; command: Command }[]): Promise<void>
}

/** Past charges that refunds of this group name, as the ledger has them. */
export type PastCharges = Map<string, PastCharge>

export function pastKey(companyNo: CompanyNo, at: Moment, seq: number): string {
  return `${companyNo}/${at}/${seq}`
}

/** What decides beside the pool whether something may be spent. */
export interface Gate {
  refuse(book: Book, asked: { credits: Credits; attribution: Attribution }): Problem | undefined
}

/**
 * Another module that keeps books of its own in every commit of the ledger: budgets, usage roll-ups, the
 * outbox. It reads what it needs once the pools are locked, is asked before anything is spent, and
 * writes what `book.uses`, `book.events` and `book.entries` tell it.
 */
export interface Companion {
  /** Says that `write` asks for all its statements before it first awaits one, as a rider's may. */
  readonly writesAtOnce?: true
  /** Whether `open` would read something for this pool; a group that decides from memory reads nothing. */
  reads?(pool: Readonly<Pool>): boolean
  /** `concerned` tells for whom this group may charge, hold or give back in a book. */
  open(
    run: Run,
    books: Book[],
    now: (book: Book) => Moment,
    concerned: (book: Book) => Attribution[],
  ): Promise<CompanionSession>
}
export interface CompanionSession extends Partial<Gate> {
  /** Told after each change of a book, before the next is decided. */
  record?(book: Book): void
  write?(run: Run): Promise<void>
}

/** Does one command on its pool's book. Throws a Problem, having changed nothing, when it is refused. */
export function decide(
  book: Book,
  { companyNo, asked }: Command,
  now: Moment,
  past: PastCharges,
  gate: Gate,
): Outcome {
  const allow = (credits: Credits, attribution: Attribution) => {
    const refusal = gate.refuse(book, { credits, attribution })
    if (refusal) throw refusal
  }
  switch (asked.kind) {
    case 'charge': {
      const { priced } = asked
      // If both pool and budget are short, the answer is about the pool.
      if (priced.credits <= book.pool.available) allow(priced.credits, priced.attribution)
      const charged = charge(book, priced, now)
      return { kind: 'charge', charged, attribution: priced.attribution, priced }
    }
    case 'hold': {
      const { priced } = asked
      if (priced.credits <= book.pool.available) allow(priced.credits, priced.attribution)
      const made = hold(book, priced, asked.ttlMs, asked.metadata ?? null, now)
      return { kind: 'hold', hold: made, balance: balanceOf(book) }
    }
    case 'capture': {
      const held = holdOf(book, asked.holdId, asked.publicId)
      const wanted = typeof asked.capture === 'function' ? asked.capture(held) : asked.capture
      if (wanted === 'stale') return { kind: 'stale', epoch: book.pool.configEpoch }
      const charged = capture(book, held, wanted, now)
      const { attribution, rateCard } = held
      return { kind: 'capture', charged, hold: held, priced: { ...wanted, attribution, rateCard } }
    }
    case 'release':
      return {
        kind: 'release',
        hold: release(book, holdOf(book, asked.holdId, asked.publicId), now),
      }
    case 'refund': {
      const charge = past.get(pastKey(companyNo, asked.chargeAt, asked.chargeSeq))
      if (!charge) throw notFound('charge', asked.publicId)
      const refunded = refund(book, charge, asked.reason, asked.actor, now)
      charge.refunded = true
      return { kind: 'refund', refunded, attribution: charge.attribution, past: charge }
    }
    case 'grant': {
      const wanted = typeof asked.grant === 'function' ? asked.grant(now) : asked.grant
      // A copy: the next command of the group changes the grant, but not this answer.
      return { kind: 'grant', grant: { ...grant(book, wanted, now) } }
    }
    case 'void': {
      const target = book.grants.get(asked.grantNo)
      if (!target) throw notFound('grant', asked.publicId)
      return {
        kind: 'void',
        grant: { ...voidGrant(book, target, asked.credits, asked.reason, asked.actor, now) },
      }
    }
    case 'settle':
      return { kind: 'settle' }
    default:
      assert.fail(`unknown command ${(asked satisfies never as Asked).kind}`)
  }
}

/** What a key remembers of an outcome: where to find it again. */
export function resultOf(
  outcome: Outcome,
  now: Moment,
): { at: Moment; result: number } | undefined {
  switch (outcome.kind) {
    case 'charge':
    case 'capture':
      return { at: outcome.charged.at, result: outcome.charged.seq }
    case 'hold':
      return { at: outcome.hold.createdAt, result: outcome.hold.id }
    case 'release':
      return { at: outcome.hold.endedAt ?? now, result: outcome.hold.id }
    case 'refund':
      return { at: outcome.refunded.at, result: outcome.refunded.seq }
    case 'grant':
    case 'void':
      return { at: now, result: outcome.grant.no }
    default:
      return undefined
  }
}

export function balanceOf(book: Book): Balance {
  const { available, held, used, seq } = book.pool
  return { available, held, used, seq }
}
