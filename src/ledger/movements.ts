import assert from 'node:assert/strict'
import {
  type Credits,
  formatCredits,
  least,
  micros,
  POOL_MAX,
  sayAvailable,
  sayCredits,
  sum,
  toJson,
  ZERO,
} from '../kit/credits.ts'
import { notFound, Problem, unprocessable } from '../kit/problem.ts'
import {
  type Book,
  dueBy,
  enter,
  judge,
  momentOf,
  planDraws,
  settleReturn,
  shelve,
  type Use,
  unspentOf,
  write,
} from './book.ts'
import type { Attribution, Draw, Entry, Grant, Hold, Lines, Moment, Source } from './pool.ts'
import { totalOf } from './thresholds.ts'

/** What is to be paid: priced already, and for whom. */
export interface Priced {
  credits: Credits
  lines: Lines
  rateCard: number
  attribution: Attribution
}

/** A charge as it was made. */
export interface Charged {
  seq: number
  at: Moment
  credits: Credits
  draws: Draw[]
  /** The pool after it, and the last entry it wrote. */
  availableAfter: Credits
  heldAfter: Credits
  usedAfter: Credits
  lastSeq: number
  thresholdsReached: number[]
}

/** Takes credits for work that is done, from grants in draw order. */
export function charge(book: Book, asked: Priced, now: Moment): Charged {
  const draws = planDraws(book, asked.credits)
  if (!draws) throw insufficient(book, asked.credits)
  const at = momentOf(book, now)
  const before = unspentOf(book.pool)
  const { first, last } = consume(book, draws, asked, at, { fromHold: false, holdId: null })
  use(book, asked.attribution, at, {
    consumed: asked.credits,
    lines: asked.lines,
    rateCard: asked.rateCard,
  })
  return charged(first, last, draws, asked.credits, judge(book, at, 'charge', before))
}

/** Sets credits aside for work under way, until `expiresAt`. */
export function hold(
  book: Book,
  asked: Priced,
  ttlMs: number,
  metadata: unknown,
  now: Moment,
): Hold {
  if (asked.credits === 0n)
    throw unprocessable('credits', 'cost nothing, so there is nothing to hold')
  const draws = planDraws(book, asked.credits)
  if (!draws) throw insufficient(book, asked.credits)
  const at = momentOf(book, now)
  const id = book.pool.seq + 1
  for (const draw of draws) {
    enter(book, 'hold', grantOf(book, draw.grantNo), draw.credits, at, { holdId: id })
  }
  const made: Hold = {
    id,
    attribution: asked.attribution,
    rateCard: asked.rateCard,
    credits: asked.credits,
    draws,
    captured: ZERO,
    status: 'held',
    lines: asked.lines,
    createdAt: at,
    expiresAt: at + ttlMs,
    endedAt: null,
    metadata,
  }
  book.holds.set(id, made)
  book.newHolds.add(id)
  use(book, asked.attribution, at, { held: asked.credits })
  dueBy(book.pool, made.expiresAt)
  return made
}

/** What is captured of a hold. */
export interface Capture {
  credits: Credits
  lines: Lines
  /** Whether the rest goes back and the hold is over; a hold for many items is captured item by item. */
  ends: boolean
}

/** Takes held credits for work that is done; what is not needed goes back to its grants. */
export function capture(book: Book, held: Hold, asked: Capture, now: Moment): Charged {
  const at = momentOf(book, now)
  requireOpen(held, at)
  const remaining = sum(held.draws.map((draw) => draw.credits))
  if (asked.credits > remaining) {
    throw unprocessable('credits', `must be at most the ${formatCredits(remaining)} that are held`)
  }
  const before = unspentOf(book.pool)
  const draws = takeFromHold(held, asked.credits)
  const { attribution, rateCard } = held
  const taken = consume(book, draws, { ...asked, attribution, rateCard }, at, {
    fromHold: true,
    holdId: held.id,
  })
  held.captured = micros(held.captured + asked.credits)
  use(book, attribution, at, {
    consumed: asked.credits,
    held: -asked.credits,
    lines: asked.lines,
    rateCard,
  })
  book.changedHolds.add(held.id)
  let last = taken.last
  if (asked.ends || held.draws.length === 0) {
    giveBack(book, held, at)
    end(book, held, 'captured', at)
    last = book.entries.at(-1) ?? last
  }
  const percents = judge(book, at, 'charge', before)
  return charged(taken.first, last, draws, asked.credits, percents)
}

/** Gives all that is still held back to its grants. */
export function release(book: Book, held: Hold, now: Moment): Hold {
  const at = momentOf(book, now)
  requireOpen(held, at)
  const before = unspentOf(book.pool)
  giveBack(book, held, at)
  end(book, held, held.captured > 0n ? 'captured' : 'released', at)
  judge(book, at, 'hold', before)
  return held
}

/** Ends a hold whose time is over; nobody came to capture it. */
export function expireHold(book: Book, held: Hold, at: Moment): void {
  giveBack(book, held, at, 'hold_expired')
  end(book, held, held.captured > 0n ? 'captured' : 'expired', at)
}

/** A charge to be taken back, as the ledger has it. */
export interface PastCharge {
  seq: number
  at: Moment
  draws: Draw[]
  attribution: Attribution
  lines: Lines
  rateCard: number
  refunded: boolean
}

export interface Refunded {
  seq: number
  at: Moment
  credits: Credits
  draws: Draw[]
}

/** Returns a charge's credits to the grants they came from, once. */
export function refund(
  book: Book,
  past: PastCharge,
  reason: string,
  actor: string | null,
  now: Moment,
): Refunded {
  if (past.refunded) throw new Problem('invalid-state', 'This charge was refunded already.')
  if (past.draws.length === 0)
    throw new Problem('invalid-state', 'This charge took nothing that could be returned.')
  const at = momentOf(book, now)
  const before = unspentOf(book.pool)
  const credits = sum(past.draws.map((draw) => draw.credits))
  const seq = book.pool.seq + 1
  const inPeriod = book.pool.periodStart === null || past.at >= book.pool.periodStart
  // The last grant drawn is the first to get its credits back.
  for (const draw of past.draws.toReversed()) {
    const grant = grantOf(book, draw.grantNo)
    const owed = grant.voidOwed
    enter(book, 'refund', grant, draw.credits, at, {
      chargeSeq: past.seq,
      chargeAt: past.at,
      attribution: past.attribution,
      reason,
      actor,
      inPeriod,
    })
    settleReturn(book, grant, draw.credits, owed, at)
    shelve(book, grant)
  }
  const { attribution, lines, rateCard } = past
  use(book, attribution, at, { consumed: -credits, lines, rateCard, chargeAt: past.at })
  book.refunds.push({ chargeSeq: past.seq, chargeAt: past.at, seq, at, credits, reason, actor })
  judge(book, at, 'refund', before)
  return { seq, at, credits, draws: past.draws }
}

export interface NewGrant {
  source: Source
  amount: Credits
  effectiveAt: Moment
  expiresAt: Moment | null
  reference: string | null
  reason: string | null
  grantedBy: string | null
}

/** Adds credits to the pool: at once, or when they become effective. */
export function grant(book: Book, asked: NewGrant, now: Moment): Grant {
  const at = momentOf(book, now)
  if (asked.expiresAt !== null && asked.expiresAt <= Math.max(at, asked.effectiveAt)) {
    throw unprocessable('expiresAt', 'must lie in the future, after effectiveAt')
  }
  requireRoom(book, asked.amount)
  const before = unspentOf(book.pool)
  const made = addGrant(book, asked, at)
  if (made.effectiveAt <= at) {
    enterGrant(book, made, at)
    judge(book, at, 'grant', before)
  }
  return made
}

/** Refuses what would bring a pool above its bound, counting the grants that have not begun. */
export function requireRoom(book: Book, amount: Credits): void {
  const waiting = [...book.grants.values()].filter((grant) => !grant.entered)
  const total = totalOf(book.pool) + sum(waiting.map((grant) => grant.available))
  if (total + amount <= POOL_MAX) return
  throw unprocessable('credits', 'would bring the pool above 9,000,000,000 credits')
}

/** Makes a grant without judging the balance: several changes of one reset are judged together. */
export function addGrant(book: Book, asked: NewGrant, at: Moment): Grant {
  const no = ++book.pool.grants
  const made: Grant = {
    ...asked,
    no,
    available: asked.amount,
    held: ZERO,
    consumed: ZERO,
    expired: ZERO,
    voided: ZERO,
    voidOwed: ZERO,
    entered: false,
    createdAt: at,
  }
  book.grants.set(no, made)
  book.newGrants.add(no)
  dueBy(book.pool, made.effectiveAt > at ? made.effectiveAt : made.expiresAt)
  return made
}

/** Writes a grant into the ledger when it becomes effective; what was voided of it before goes at once. */
export function enterGrant(book: Book, made: Grant, at: Moment): void {
  const { reason } = made
  const voidedBefore = made.voided
  made.available = micros(made.available + voidedBefore)
  made.voided = ZERO
  const entry = enter(book, 'grant', made, made.amount, at, { reason, actor: made.grantedBy })
  book.events.push({ kind: 'granted', grantNo: made.no, at, seq: entry.seq })
  if (voidedBefore > 0n)
    enter(book, 'void', made, voidedBefore, at, { reason: 'voided before it began' })
  dueBy(book.pool, made.expiresAt)
  shelve(book, made)
}

/** Takes a grant back, in whole or part: what is available at once, what is held when its hold ends. */
export function voidGrant(
  book: Book,
  target: Grant,
  asked: Credits | undefined,
  reason: string,
  actor: string | null,
  now: Moment,
): Grant {
  const at = momentOf(book, now)
  const heldOpen = target.held > target.voidOwed ? target.held - target.voidOwed : 0n
  const open = micros(target.available + heldOpen)
  const amount = asked ?? open
  if (amount > open || open === 0n) {
    throw unprocessable(
      'credits',
      `must be at most the ${formatCredits(open)} that are left of the grant`,
    )
  }
  const before = unspentOf(book.pool)
  const atOnce = least(amount, target.available)
  if (!target.entered) {
    target.available = micros(target.available - amount)
    target.voided = micros(target.voided + amount)
  } else {
    if (atOnce > 0n) enter(book, 'void', target, atOnce, at, { reason, actor })
    // Nothing is left of a grant that is voided whole: what a refund brings back of it is voided too.
    const whole = amount === open
    target.voidOwed = micros(
      whole ? target.held + target.consumed : target.voidOwed + amount - atOnce,
    )
  }
  book.changedGrants.add(target.no)
  if (target.entered) judge(book, at, 'void', before)
  return target
}

/** A hold that can still be ended. */
function requireOpen(held: Hold, at: Moment): void {
  if (held.status === 'held' && at < held.expiresAt) return
  const status = held.status === 'held' ? 'expired' : held.status
  throw new Problem('invalid-state', `This hold is over: it was ${status}.`, { holdStatus: status })
}

/** Takes `need` off a hold's draws, in the order they were drawn. */
function takeFromHold(held: Hold, need: Credits): Draw[] {
  const taken: Draw[] = []
  let open = need
  while (open > 0n) {
    const [draw] = held.draws
    assert(draw, 'a hold covers what is captured of it')
    const part = least(open, draw.credits)
    taken.push({ grantNo: draw.grantNo, credits: part })
    open = micros(open - part)
    if (part === draw.credits) held.draws.shift()
    else held.draws[0] = { grantNo: draw.grantNo, credits: micros(draw.credits - part) }
  }
  return taken
}

function giveBack(book: Book, held: Hold, at: Moment, reason: string | null = null): void {
  const returned = sum(held.draws.map((draw) => draw.credits))
  if (returned > 0n) use(book, held.attribution, at, { held: -returned })
  for (const draw of held.draws) {
    const target = grantOf(book, draw.grantNo)
    const owed = target.voidOwed
    enter(book, 'release', target, draw.credits, at, { holdId: held.id, reason })
    settleReturn(book, target, draw.credits, owed, at)
  }
  held.draws = []
}

function end(book: Book, held: Hold, status: Hold['status'], at: Moment): void {
  held.status = status
  held.endedAt = at
  book.changedHolds.add(held.id)
  book.events.push({ kind: 'hold-ended', holdId: held.id, at, seq: book.pool.seq })
}

/** Writes the lines of a charge; what was charged and why stands on the first. */
function consume(
  book: Book,
  draws: Draw[],
  asked: Priced,
  at: Moment,
  from: { fromHold: boolean; holdId: number | null },
): { first: Entry; last: Entry } {
  const chargeSeq = book.pool.seq + 1
  const facts = { attribution: asked.attribution, rateCard: asked.rateCard, lines: asked.lines }
  if (draws.length === 0) {
    const line = write(book, 'consume', 0, ZERO, at, { chargeSeq, ...from, ...facts })
    return { first: line, last: line }
  }
  let first: Entry | undefined
  let last: Entry | undefined
  for (const draw of draws) {
    const said = { chargeSeq, ...from, ...(first ? {} : facts) }
    last = enter(book, 'consume', grantOf(book, draw.grantNo), draw.credits, at, said)
    first ??= last
  }
  assert(first && last)
  return { first, last }
}

function use(book: Book, attribution: Attribution, at: Moment, what: Partial<Use>): void {
  const nothing = { consumed: 0n, held: 0n, lines: null, rateCard: null, chargeAt: null }
  book.uses.push({ attribution, at, ...nothing, ...what })
}

function charged(
  first: Entry,
  last: Entry,
  draws: Draw[],
  credits: Credits,
  thresholdsReached: number[],
): Charged {
  assert(sum(draws.map((draw) => draw.credits)) === credits, 'draws add up to the charge')
  return {
    seq: first.seq,
    at: first.at,
    credits,
    draws,
    availableAfter: last.availableAfter,
    heldAfter: last.heldAfter,
    usedAfter: last.usedAfter,
    lastSeq: last.seq,
    thresholdsReached,
  }
}

/** The refusal when a pool cannot pay, with the numbers. */
function insufficient(book: Book, needed: Credits): Problem {
  const { available, held } = book.pool
  return new Problem(
    'insufficient-credits',
    `This needs ${sayCredits(needed)}; ${sayAvailable(available)}.`,
    { needed: toJson(needed), available: toJson(available), held: toJson(held) },
  )
}

function grantOf(book: Book, no: number): Grant {
  const found = book.grants.get(no)
  assert(found, `grant ${no} is on the desk`)
  return found
}

/** A hold on the desk, or the refusal that there is none. */
export function holdOf(book: Book, id: number, publicId: string): Hold {
  const found = book.holds.get(id)
  if (!found) throw notFound('hold', publicId)
  return found
}
