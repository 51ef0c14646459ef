import { randomUUID } from 'node:crypto'
import { ModelFailed } from '../../ai/model.ts'
import { type ChargeView, fromCharged } from '../../charges/charge.ts'
import { readBalance } from '../../charges/service/balance.ts'
import {
  captureWork,
  currentCard,
  type Reserved,
  type Rider,
  releaseWork,
  reserve,
} from '../../charges/service/work.ts'
import type { Item } from '../../conversations/items.ts'
import { pricedAs } from '../../conversations/service/read-items.ts'
import { addDays, dayOf, startOfDay } from '../../kit/calendar.ts'
import type { Caller } from '../../kit/caller.ts'
import { type Credits, formatCredits, toJson, ZERO } from '../../kit/credits.ts'
import { Problem } from '../../kit/problem.ts'
import { type Run, runIn } from '../../platform/run.ts'
import { type RateCard, rate } from '../../rating/rate-card.ts'
import * as store from '../store.ts'
import { countByHand, isFree } from './by-hand.ts'
import type { Answered, AskDeps, Terms } from './deps.ts'
import { type Claim, inProgress, KEPT_DAYS } from './keyed.ts'

/** What the work cost, and what is left. */
export interface Paid {
  credits: Credits
  at: Date
  /** The place of its charge in the ledger; null when it cost nothing. */
  charge: { at: Date; seq: bigint } | null
  /** The prices it was charged by; null when nothing was. */
  card: RateCard | null
  balance: ChargeView['balance']
}

/** Something a model is asked to make of calls and emails. */
export interface Work<Made, Body> {
  /** All that is read, in order; an item counts as often as it is here. */
  items: readonly Item[]
  /** Makes it, outside any transaction; `read` is what was still there to be read. */
  make: (signal: AbortSignal) => Promise<{ made: Made; read: readonly Item[] }>
  /** Why it may not be kept after all, looked up under the locks of its commit. */
  check?: (run: Run) => Promise<Problem | undefined>
  /** Rows of its own that are there exactly when the charge is; asks for them before it first awaits. */
  keep?: (run: Run, made: Made, paid: Paid) => Promise<void>
  /** The answer, and the items that it names or stands on. */
  answer: (made: Made, paid: Paid) => { body: Body; itemNos: readonly bigint[] }
  /** What of the answer is kept for replays, when that is not all of it. */
  stub?: (body: Body) => object
}

const HOLD_MS = 5 * 60_000
const WORK_MS = 110_000

/** What reading items costs a caller right now; refuses what is more than the caller would pay. */
export async function priceFor(
  deps: AskDeps,
  caller: Caller,
  { maxCredits }: Terms,
  items: readonly Item[],
): Promise<Credits> {
  if (isFree(caller)) return ZERO
  const { credits } = rate(await currentCard(deps, caller.companyNo), items.map(pricedAs))
  refuseAbove(maxCredits, credits)
  return credits
}

function refuseAbove(maxCredits: Credits | undefined, credits: Credits): void {
  if (maxCredits === undefined || credits <= maxCredits) return
  const detail = `This costs ${formatCredits(credits)}, more than maxCredits.`
  const errors = [{ path: 'maxCredits', message: detail }]
  throw new Problem('unprocessable', detail, { errors, needed: toJson(credits) })
}

/**
 * Reserves the price, has the work done, and keeps what came of it in the commit of its charge. If the
 * pool cannot pay, no work begins; if the work fails, nothing is charged.
 */
export async function doPaid<Made, Body>(
  deps: AskDeps,
  caller: Caller,
  { door, maxCredits }: Terms,
  claim: Claim | undefined,
  work: Work<Made, Body>,
): Promise<Answered<Body>> {
  const { companyNo } = caller
  const isRead = work.items.length > 0
  if (isRead && isFree(caller)) await countByHand(deps, caller, door)
  const reserved =
    !isRead || isFree(caller)
      ? undefined
      : await reserve(deps, caller, {
          ...door,
          items: work.items.map(pricedAs),
          ttlMs: HOLD_MS,
        })
  try {
    // Prices may have changed since the request was priced.
    if (reserved) refuseAbove(maxCredits, reserved.hold.credits)
    const { made, read } = await work.make(AbortSignal.timeout(WORK_MS)).catch(refused)
    return reserved
      ? await capture(deps, caller, reserved, claim, work, made, read)
      : await keepUnpaid(deps, caller, claim, work, made, read)
  } catch (error) {
    if (reserved) await releaseWork(deps, companyNo, reserved.hold.id)
    throw error
  }
}

/** Keeps what cost nothing and read nothing, and answers. */
export async function answerFree<Body>(
  deps: AskDeps,
  caller: Caller,
  claim: Claim | undefined,
  answer: (paid: Paid) => { body: Body; itemNos: readonly bigint[] },
): Promise<Answered<Body>> {
  const work = { items: [], make: neverMade, answer: (_: undefined, paid: Paid) => answer(paid) }
  return keepUnpaid(deps, caller, claim, work, undefined, [])
}

async function neverMade(): Promise<{ made: undefined; read: [] }> {
  return { made: undefined, read: [] }
}

async function capture<Made, Body>(
  deps: AskDeps,
  caller: Caller,
  reserved: Reserved,
  claim: Claim | undefined,
  work: Work<Made, Body>,
  made: Made,
  read: readonly Item[],
): Promise<Answered<Body>> {
  const { timezone } = await settingsFor(deps, caller)
  let body: Body | undefined
  const rider: Rider = {
    writesAtOnce: true,
    check: async (run) => [
      (await faultBefore(run, caller, claim, read)) ?? (await work.check?.(run)),
    ],
    async write(run, [done]) {
      if (done?.outcome.kind !== 'capture') throw new Error('an answer rides on a capture')
      const view = fromCharged(done.outcome.charged, done.outcome.priced)
      const paid = paidBy(view, reserved.card)
      const answer = work.answer(made, paid)
      body = answer.body
      await Promise.all([
        work.keep?.(run, made, paid),
        keepFor(run, claim, timezone, paid.at, answer.itemNos, work.stub?.(body) ?? body),
      ])
    },
  }
  const charge = await captureWork(deps, caller, reserved, {
    items: read.map(pricedAs),
    rider: { by: rider, row: null },
    ends: true,
    name: randomUUID(),
  })
  if (charge === 'done before' || body === undefined) throw inProgress()
  return {
    body,
    replayed: false,
    charged: charge.credits,
    available: charge.balance.available,
  }
}

async function keepUnpaid<Made, Body>(
  deps: AskDeps,
  caller: Caller,
  claim: Claim | undefined,
  work: Work<Made, Body>,
  made: Made,
  read: readonly Item[],
): Promise<Answered<Body>> {
  const { companyNo } = caller
  const { timezone } = await settingsFor(deps, caller)
  const { asOf: at, ...balance } = await readBalance(deps, companyNo)
  const paid: Paid = { credits: ZERO, at, charge: null, card: null, balance }
  return deps.db.company(companyNo, async (tx) => {
    const run = runIn(tx)
    const fault = (await faultBefore(run, caller, claim, read)) ?? (await work.check?.(run))
    if (fault) throw fault
    const { body, itemNos } = work.answer(made, paid)
    await work.keep?.(run, made, paid)
    await keepFor(run, claim, timezone, at, itemNos, work.stub?.(body) ?? body)
    return { body, replayed: false, charged: ZERO, available: balance.available }
  })
}

/** Why an answer may not be kept: another worker has its key, or what it stands on is gone. */
async function faultBefore(
  run: Run,
  { companyNo }: Caller,
  claim: Claim | undefined,
  read: readonly Item[],
): Promise<Problem | undefined> {
  if (claim && !(await store.lockClaim(run, companyNo, claim.hash, claim.worker))) {
    return inProgress()
  }
  const nos = [...new Set(read.map(({ no }) => no))]
  const there = nos.length ? await store.lockReadable(run, companyNo, nos) : new Set()
  if (there.size === nos.length) return undefined
  return new Problem('conflict', 'Something that was read has been taken out meanwhile. Ask again.')
}

async function keepFor(
  run: Run,
  claim: Claim | undefined,
  timezone: string,
  at: Date,
  itemNos: readonly bigint[],
  answer: unknown,
): Promise<void> {
  if (!claim) return
  const day = dayOf(at, timezone)
  await Promise.all([
    store.keepAnswer(run, claim.companyNo, claim.hash, {
      answer: JSON.stringify(answer),
      itemNos: [...new Set(itemNos)],
      at,
    }),
    store.enqueueEmptying(
      run,
      claim.companyNo,
      day,
      startOfDay(addDays(day, KEPT_DAYS + 1), timezone),
    ),
  ])
}

async function settingsFor({ db }: AskDeps, { companyNo }: Caller) {
  return db.snapshot(companyNo, (tx) => store.readSettings(tx, companyNo))
}

function paidBy({ credits, at, seq, balance }: ChargeView, card: RateCard): Paid {
  return {
    credits,
    card,
    at: new Date(at),
    charge: { at: new Date(at), seq: BigInt(seq) },
    balance,
  }
}

function refused(error: unknown): never {
  if (!(error instanceof ModelFailed)) throw error
  const { kind, retryAfterMs } = error
  throw new Problem(
    'ai-provider-failed',
    `The model gave no usable answer (${kind}). Nothing was charged.`,
    {
      ...(retryAfterMs === undefined ? {} : { retryAfter: Math.ceil(retryAfterMs / 1000) }),
    },
  )
}
