import assert from 'node:assert/strict'
import { type Credits, least, micros, POOL_MAX } from '../kit/credits.ts'
import {
  type Attribution,
  byDrawOrder,
  type Draw,
  type Entry,
  type EntryType,
  type Grant,
  type Hold,
  isOver,
  type Lines,
  type Moment,
  type Period,
  type Pool,
} from './pool.ts'
import { markReached, rearm } from './thresholds.ts'

/**
 * A pool on the desk: its locked row with what may be touched of it, changed in memory by the verbs of
 * this module, and written back in one go together with what was recorded here on the way. A verb
 * either does all it says or throws a Problem before it has changed anything.
 */
export interface Book {
  pool: Pool
  /** What the pool was when it was laid here. */
  readonly found: Readonly<Pick<Pool, 'stamp' | 'nextDueAt' | 'periodStart' | 'used'>>
  /** Live grants, and those a refund or a void asked for, by number. */
  grants: Map<number, Grant>
  /** Grants in the order they are drawn. */
  order: Grant[]
  holds: Map<number, Hold>
  /** Contract years that have not begun, earliest first. */
  periods: Period[]
  /** The next expiry of an open hold that is not on the desk. */
  nextHoldExpiry: Moment | null
  // What this desk adds:
  entries: Entry[]
  crossings: Crossing[]
  events: LedgerEvent[]
  newGrants: Set<number>
  changedGrants: Set<number>
  newHolds: Set<number>
  changedHolds: Set<number>
  begunPeriods: Period[]
  refunds: Refund[]
  /** What was consumed and held for whom, for the roll-ups and budgets that are kept in the same commit. */
  uses: Use[]
}

/** One change of what is consumed or held for an attribution; a return or a refund is negative. */
export interface Use {
  attribution: Attribution
  at: Moment
  consumed: bigint
  held: bigint
  /** What was charged, or charged back. */
  lines: Lines | null
  /** The version of the rate card that priced those lines. */
  rateCard: number | null
  /** When the charge was made that a refund takes back. */
  chargeAt: Moment | null
}

/** A threshold that usage reached, recorded once per arming. */
export interface Crossing {
  seq: number
  percent: number
  at: Moment
  cause: Cause
}

/** What changed the balance. */
export type Cause = 'charge' | 'grant' | 'reset' | 'expiry' | 'void' | 'refund' | 'hold'

/** What others are told of, in the same commit. */
export type LedgerEvent =
  | { kind: 'threshold'; percents: number[]; cause: Cause; at: Moment; seq: number }
  | { kind: 'exhausted'; cause: Cause; at: Moment; seq: number }
  | { kind: 'granted'; grantNo: number; at: Moment; seq: number }
  | { kind: 'hold-ended'; holdId: number; at: Moment; seq: number }

export interface Refund {
  chargeSeq: number
  chargeAt: Moment
  seq: number
  at: Moment
  credits: Credits
  reason: string
  actor: string | null
}

/** Lays a pool on the desk. */
export function openBook(pool: Pool, grants: Grant[]): Book {
  const order = grants.filter((grant) => grant.entered).sort(byDrawOrder)
  return reopenBook({ pool, grants: new Map(grants.map((grant) => [grant.no, grant])), order }, [])
}

/** Lays a pool on the desk as an earlier book left it. */
export function reopenBook(
  { pool, grants, order }: Pick<Book, 'pool' | 'grants' | 'order'>,
  holds: Hold[],
): Book {
  return {
    pool,
    found: { ...pool },
    grants,
    order,
    holds: new Map(holds.map((hold) => [hold.id, hold])),
    periods: [],
    nextHoldExpiry: null,
    entries: [],
    crossings: [],
    events: [],
    newGrants: new Set(),
    changedGrants: new Set(),
    newHolds: new Set(),
    changedHolds: new Set(),
    begunPeriods: [],
    refunds: [],
    uses: [],
  }
}

/** What an entry says beside its amount. */
export interface Said {
  chargeSeq?: number | null
  chargeAt?: Moment | null
  holdId?: number | null
  attribution?: Attribution
  rateCard?: number | null
  lines?: Lines | null
  reason?: string | null
  actor?: string | null
  /** Whether a consume takes what was held. */
  fromHold?: boolean
  /** Whether a refunded charge counts in the current contract year. */
  inPeriod?: boolean
}

/**
 * Moves credits of one grant from one state to another, and writes the line that says so. Everything
 * that ever changes a balance comes through here.
 */
export function enter(
  book: Book,
  type: EntryType,
  grant: Grant,
  amount: Credits,
  at: Moment,
  said: Said = {},
): Entry {
  const { pool } = book
  const move = (
    from: 'available' | 'held' | 'consumed',
    to: 'available' | 'held' | 'consumed' | 'expired' | 'voided',
  ) => {
    assert(grant[from] >= amount, `grant ${grant.no} has less ${from} than ${type} takes`)
    grant[from] = micros(grant[from] - amount)
    grant[to] = micros(grant[to] + amount)
    if (from === 'available' || from === 'held') pool[from] = micros(pool[from] - amount)
    if (to === 'available' || to === 'held') pool[to] = micros(pool[to] + amount)
  }
  if (type === 'grant') {
    assert(!grant.entered, 'a grant enters the ledger once')
    grant.entered = true
    pool.available = micros(pool.available + amount)
    pool.everGranted = true
  } else if (type === 'hold') move('available', 'held')
  else if (type === 'release') move('held', 'available')
  else if (type === 'expire') move('available', 'expired')
  else if (type === 'void') move('available', 'voided')
  else if (type === 'refund') {
    move('consumed', 'available')
    if (said.inPeriod) pool.used = micros(pool.used - amount)
  } else {
    move(said.fromHold ? 'held' : 'available', 'consumed')
    pool.used = micros(pool.used + amount)
  }
  const out = micros(grant.held + grant.consumed)
  if (grant.voidOwed > out) grant.voidOwed = out
  assert(pool.available >= 0n && pool.held >= 0n && pool.used >= 0n, 'a pool is never below zero')
  assert(pool.used + pool.held + pool.available <= 2n * POOL_MAX, 'a pool stays within its bound')
  book.changedGrants.add(grant.no)
  return write(book, type, grant.no, amount, at, said)
}

/** Writes a line. Only a charge of nothing has no grant behind it: its line says 0 of grant 0. */
export function write(
  book: Book,
  type: EntryType,
  grantNo: number,
  amount: Credits,
  at: Moment,
  said: Said,
): Entry {
  const { pool } = book
  const entry: Entry = {
    seq: ++pool.seq,
    type,
    grantNo,
    credits: amount,
    at,
    availableAfter: pool.available,
    heldAfter: pool.held,
    usedAfter: pool.used,
    fromHold: said.fromHold ?? false,
    chargeSeq: said.chargeSeq ?? null,
    chargeAt: said.chargeAt ?? null,
    holdId: said.holdId ?? null,
    attributionId: said.attribution?.id ?? null,
    rateCard: said.rateCard ?? null,
    lines: said.lines ?? null,
    reason: said.reason ?? null,
    actor: said.actor ?? null,
  }
  pool.lastAt = at
  book.entries.push(entry)
  return entry
}

/** The moment a change is made at: now, but never before the pool's last entry. */
export function momentOf(book: Book, now: Moment): Moment {
  return Math.max(now, book.pool.lastAt ?? now)
}

/** Which grants pay `need`, in draw order; undefined when they cannot. Changes nothing. */
export function planDraws(book: Book, need: Credits): Draw[] | undefined {
  const draws: Draw[] = []
  let open = need
  for (const grant of book.order) {
    if (open === 0n) break
    if (grant.available === 0n) continue
    const part = least(open, grant.available)
    draws.push({ grantNo: grant.no, credits: part })
    open = micros(open - part)
  }
  return open === 0n ? draws : undefined
}

/**
 * What comes back to a grant by a release or a refund: voided where a void was waiting for it, expired
 * where the grant's time is over, else available again.
 */
export function settleReturn(
  book: Book,
  grant: Grant,
  amount: Credits,
  owedBefore: Credits,
  at: Moment,
): void {
  const voided = least(amount, owedBefore)
  if (voided > 0n) {
    enter(book, 'void', grant, voided, at, { reason: 'voided while in use' })
    grant.voidOwed = least(micros(owedBefore - voided), micros(grant.held + grant.consumed))
  }
  const rest = micros(amount - voided)
  if (rest === 0n) return
  if (isOver(grant, at)) enter(book, 'expire', grant, rest, at)
  // While nothing of it was available, nobody waited for its end.
  else dueBy(book.pool, grant.expiresAt)
}

/** Puts a grant on the desk, in its place in the order. */
export function shelve(book: Book, grant: Grant): void {
  book.grants.set(grant.no, grant)
  if (grant.entered && !book.order.includes(grant)) {
    book.order.push(grant)
    book.order.sort(byDrawOrder)
  }
}

/**
 * Judges the balance after one whole change: thresholds, and whether nothing is unspent any more. A
 * change that brought credits arms again what usage fell under, before anything is judged.
 */
export function judge(book: Book, at: Moment, cause: Cause, unspentBefore: Credits): number[] {
  const { pool } = book
  if (cause === 'grant' || cause === 'reset') rearm(pool)
  const percents = markReached(pool, at)
  for (const percent of percents) book.crossings.push({ seq: pool.seq, percent, at, cause })
  if (percents.length) book.events.push({ kind: 'threshold', percents, cause, at, seq: pool.seq })
  const unspent = pool.available + pool.held
  if (unspent === 0n && unspentBefore > 0n) {
    pool.exhaustedSeq = pool.seq
    pool.exhaustedAt = at
    book.events.push({ kind: 'exhausted', cause, at, seq: pool.seq })
  }
  return percents
}

/** What is unspent: available + held. */
export function unspentOf(pool: Pool): Credits {
  return micros(pool.available + pool.held)
}

/** Brings the next due moment forward to `at`, if that is earlier. */
export function dueBy(pool: Pool, at: Moment | null): void {
  if (at !== null && (pool.nextDueAt === null || at < pool.nextDueAt)) pool.nextDueAt = at
}
