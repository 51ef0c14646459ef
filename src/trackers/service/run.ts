import { ModelFailed } from '../../ai/model.ts'
import { readBalance } from '../../charges/service/balance.ts'
import {
  captureWork,
  currentCard,
  dropHoldsOf,
  type Reserved,
  releaseWork,
  reserve,
} from '../../charges/service/work.ts'
import type { Content, Item } from '../../conversations/items.ts'
import { readContentsOf } from '../../conversations/service/read-items.ts'
import { type Caller, type CompanyNo, theHouse } from '../../kit/caller.ts'
import { type Credits, micros } from '../../kit/credits.ts'
import { Problem } from '../../kit/problem.ts'
import { companyTime } from '../../platform/company-time.ts'
import { exclusively } from '../../platform/exclusive.ts'
import { failpoint } from '../../platform/failpoints.ts'
import { priceClass, priceOf, type RateCard } from '../../rating/rate-card.ts'
import { coveredPrefix } from '../prefix.ts'
import { evidenceOf, readable } from '../reading.ts'
import { ATTEMPTS_MAX } from '../result.ts'
import { type NewResult, noteFailure } from '../store/results.ts'
import * as store from '../store/trackers.ts'
import { isCharged, type Tracker } from '../tracker.ts'
import { advance, type Batch, type Candidate, reopenAfterBudget, takeBatch } from './batch.ts'
import type { TrackerDeps } from './deps.ts'
import { readWith } from './read-item.ts'
import { keepFreeResults, resultRider } from './results.ts'
import { stopAllAtZero, stopTracker } from './stop.ts'

/** For how long a batch's credits stay reserved; a batch whose worker ended is taken over long before. */
const HOLD_MS = 15 * 60_000
const READ_MS = 120_000
/** How long a worker waits for another one on the same tracker, and when it looks again. */
const WAIT_MS = 1_000
const AGAIN_MS = 2_000
/** Rounds in a row that others kept from coming to anything; then the job is left to a later one. */
const FRUITLESS_MAX = 50

/**
 * Lets a tracker go on until nothing waits, or something stands in its way. At any time one worker at most
 * is on a tracker; should two believe to be, each item still has one result and one charge.
 */
export async function runTracker(
  deps: TrackerDeps,
  companyNo: CompanyNo,
  trackerId: string,
  signal: AbortSignal,
): Promise<void> {
  const alone = await exclusively(
    deps.db.pool,
    `tracker ${companyNo} ${trackerId}`,
    WAIT_MS,
    async () => {
      // What a worker that died here had reserved: nobody else is at it now.
      await dropHoldsOf(deps, companyNo, { feature: 'ai_tracker', instanceId: trackerId })
      for (let turn = 0, fruitless = 0; !signal.aborted && fruitless < FRUITLESS_MAX; turn++) {
        const { goesOn, progress } = await runBatch(deps, companyNo, trackerId, turn, signal)
        if (!goesOn) break
        fruitless = progress ? 0 : fruitless + 1
      }
    },
  )
  // Whoever is at it may have looked for the last time already; meanwhile there is other work to do.
  if (!alone) {
    await deps.db.company(companyNo, (tx) => store.enqueueAgain(tx, companyNo, trackerId, AGAIN_MS))
  }
}

/** Deals with the next items in order. */
async function runBatch(
  deps: TrackerDeps,
  companyNo: CompanyNo,
  trackerId: string,
  turn: number,
  signal: AbortSignal,
): Promise<{ goesOn: boolean; progress: boolean }> {
  const stay = { goesOn: false, progress: false }
  const batch = await deps.db.snapshot(companyNo, (tx) => takeBatch(tx, companyNo, trackerId, turn))
  if (!batch) return stay
  const { tracker, status, companyId } = batch
  if (status === 'over_budget') {
    return { goesOn: await reopenAfterBudget(deps, companyNo, tracker), progress: false }
  }
  if (status === 'out_of_credits' && !tracker.stopped) await stopAllAtZero(deps, companyNo)
  if (status !== 'published') return stay
  const readableItems = await withWords(deps, companyNo, tracker, batch)
  const caller = theHouse(companyNo, companyId)
  const done = isCharged(tracker)
    ? await runCharged(deps, caller, tracker, batch, readableItems, signal)
    : await runFree(deps, caller, tracker, readableItems, signal)
  const handled = new Set([
    ...done.finished,
    ...batch.items.filter((one) => !readableItems.includes(one)),
  ])
  const moved = await advance(deps, companyNo, batch, handled)
  if (done.failure) throw done.failure
  return { goesOn: done.goesOn, progress: moved || done.finished.size > 0 }
}

/** What came of the items of a batch. */
interface Done {
  /** Dealt with for good: a result, or nothing left to try. */
  finished: Set<Candidate>
  /** Whether the next batch makes sense. */
  goesOn: boolean
  /** Why the job is to be tried again later. */
  failure?: Error | undefined
}

/** Leaves out what has no words of the tracker's side and part: it is not processed and not charged. */
async function withWords(
  deps: TrackerDeps,
  companyNo: CompanyNo,
  tracker: Tracker,
  batch: Batch,
): Promise<Candidate[]> {
  const contents = await deps.db.snapshot(companyNo, (tx) =>
    readContentsOf(
      tx,
      companyNo,
      batch.items.map(({ item }) => item.no),
    ),
  )
  return batch.items.filter((candidate) => {
    const content = contents.get(candidate.item.no)
    candidate.content = content
    candidate.text = content && readable(candidate.item, content, tracker.definition)
    return candidate.text !== undefined
  })
}

async function runFree(
  deps: TrackerDeps,
  { companyNo }: Caller,
  tracker: Tracker,
  candidates: Candidate[],
  signal: AbortSignal,
): Promise<Done> {
  const rows: NewResult[] = []
  for (const candidate of candidates) {
    const { reading, model } = await readWith(deps, tracker, candidate.text!, signal)
    rows.push(resultOf(companyNo, tracker, candidate, reading, model, new Date(0)))
  }
  await deps.db.company(companyNo, async (tx) => {
    const processedAt = await companyTime(tx, companyNo, deps.clock)
    await keepFreeResults(
      deps,
      tx,
      rows.map((row) => ({ ...row, processedAt })),
    )
  })
  return { finished: new Set(candidates), goesOn: true }
}

/** Reserves the longest prefix that is covered, reads it, and charges each result as it comes. */
async function runCharged(
  deps: TrackerDeps,
  caller: Caller,
  tracker: Tracker,
  batch: Batch,
  candidates: Candidate[],
  signal: AbortSignal,
): Promise<Done> {
  if (candidates.length === 0) return { finished: new Set(), goesOn: true }
  const { companyNo } = caller
  const card = await currentCard(deps, companyNo)
  const prices = candidates.map(({ item }) => priceIn(card, item))
  const covered = await coverOf(deps, caller, tracker, prices)
  if (covered === 0)
    return { finished: new Set(), goesOn: await standStill(deps, caller, tracker, prices[0]!) }
  const chosen = candidates.slice(0, covered)
  const reserved = await reserveFor(deps, caller, tracker, batch, chosen)
  if (reserved === 'changed') return { finished: new Set(), goesOn: true }
  failpoint('tracker.reserved')
  try {
    return await readAll(deps, caller, tracker, reserved, chosen, signal)
  } finally {
    if (reserved) await releaseWork(deps, companyNo, reserved.hold.id)
  }
}

/** How many of the next items the pool and the budgets cover. */
async function coverOf(
  deps: TrackerDeps,
  caller: Caller,
  tracker: Tracker,
  prices: Credits[],
): Promise<number> {
  const pool = await readBalance(deps, caller.companyNo)
  const budget = await deps.db.snapshot(caller.companyNo, (tx) =>
    deps.budgetLeft(tx, caller.companyNo, attributionOf(tracker)),
  )
  const limit = budget && budget.credits < pool.available ? budget.credits : pool.available
  return coveredPrefix(prices, limit)
}

/** The first item is not covered: stops for want of credits or budget, or waits for a hold to end. */
async function standStill(
  deps: TrackerDeps,
  caller: Caller,
  tracker: Tracker,
  price: Credits,
): Promise<boolean> {
  const { companyNo } = caller
  const read = () => readBalance(deps, companyNo)
  const pool = await read()
  if (price > pool.available + pool.held) {
    await stopTracker(deps, companyNo, tracker.id, {
      reason: 'out_of_credits',
      since: pool.asOf,
      nextPrice: price,
    })
    return false
  }
  if (price > pool.available) {
    await deps.db.company(companyNo, async (tx) => {
      const locked = await store.lockTracker(tx, companyNo, tracker.id)
      if (locked) await store.updateTracker(tx, companyNo, { ...locked, waitsForHold: true })
    })
    // A hold that ended before the mark was there has woken nobody.
    const again = await read()
    return price <= again.available || again.available + again.held < price
  }
  await stopTracker(deps, companyNo, tracker.id, {
    reason: 'over_budget',
    since: pool.asOf,
    nextPrice: price,
  })
  return true
}

async function reserveFor(
  deps: TrackerDeps,
  caller: Caller,
  tracker: Tracker,
  batch: Batch,
  chosen: Candidate[],
): Promise<Reserved | undefined | 'changed'> {
  try {
    return await reserve(deps, caller, {
      feature: 'ai_tracker',
      instance: { id: tracker.id, name: tracker.name, teamId: tracker.teamId },
      trigger: batch.trigger,
      items: chosen.map(({ item }) => asPriced(item)),
      ttlMs: HOLD_MS,
    })
  } catch (error) {
    // Somebody else has spent meanwhile; the next look sees it.
    const spent = ['insufficient-credits', 'budget-exceeded']
    if (error instanceof Problem && spent.includes(error.code)) return 'changed'
    throw error
  }
}

async function readAll(
  deps: TrackerDeps,
  caller: Caller,
  tracker: Tracker,
  reserved: Reserved | undefined,
  chosen: Candidate[],
  signal: AbortSignal,
): Promise<Done> {
  const finished = new Set<Candidate>()
  const queue = [...chosen]
  const keeping: Promise<void>[] = []
  let failure: Error | undefined
  let unwanted = false
  let broken: { error: unknown } | undefined
  const rider = resultRider(deps)
  async function worker(): Promise<void> {
    for (
      let next = queue.shift();
      next && !failure && !unwanted && !broken && !signal.aborted;
      next = queue.shift()
    ) {
      try {
        const limited = AbortSignal.any([signal, AbortSignal.timeout(READ_MS)])
        const { reading, model } = await readWith(deps, tracker, next.text!, limited)
        const row = resultOf(caller.companyNo, tracker, next, reading, model, new Date(0))
        failpoint('tracker.read')
        // The next item is read while this one commits.
        keeping.push(keep(next, row))
      } catch (error) {
        if (!(error instanceof ModelFailed)) throw error
        if (await isGivenUp(deps, caller, tracker, next, error)) finished.add(next)
        else failure = error
      }
    }
  }
  async function keep(candidate: Candidate, row: NewResult): Promise<void> {
    try {
      const end = await keepOne(deps, caller, tracker, reserved, candidate, row, rider)
      if (end === 'dropped') unwanted = true
      else finished.add(candidate)
    } catch (error) {
      broken ??= { error }
    }
  }
  const workers = Array.from({ length: Math.min(deps.readsAtOnce, chosen.length) }, () =>
    worker().catch((error) => {
      broken ??= { error }
    }),
  )
  await Promise.all(workers)
  await Promise.all(keeping)
  if (broken) throw broken.error
  return { finished, goesOn: true, failure }
}

/** Keeps one result with its charge, both in one commit. */
async function keepOne(
  deps: TrackerDeps,
  caller: Caller,
  tracker: Tracker,
  reserved: Reserved | undefined,
  { item }: Candidate,
  row: NewResult,
  by: ReturnType<typeof resultRider>,
): Promise<'kept' | 'dropped'> {
  const { companyNo } = caller
  if (!reserved) {
    return deps.db.company(companyNo, async (tx) => {
      const processedAt = await companyTime(tx, companyNo, deps.clock)
      return (await keepFreeResults(deps, tx, [{ ...row, processedAt }])) ? 'kept' : 'dropped'
    })
  }
  try {
    await captureWork(deps, caller, reserved, {
      items: [asPriced(item)],
      rider: { by, row },
      ends: false,
      name: `${tracker.id}/${tracker.version}/${item.no}`,
    })
    failpoint('tracker.kept')
    return 'kept'
  } catch (error) {
    if (error instanceof Problem && (error.code === 'conflict' || error.code === 'invalid-state'))
      return 'dropped'
    throw error
  }
}

/** Counts a failure that is the item's own; true when it has failed for the last time. */
async function isGivenUp(
  deps: TrackerDeps,
  { companyNo }: Caller,
  tracker: Tracker,
  { item }: Candidate,
  error: ModelFailed,
): Promise<boolean> {
  if (error.kind !== 'invalid-answer' && error.kind !== 'timeout') return false
  const attempts = await deps.db.company(companyNo, async (tx) =>
    noteFailure(tx, companyNo, {
      trackerId: tracker.id,
      version: tracker.version,
      itemNo: item.no,
      reason: error.kind,
      at: await companyTime(tx, companyNo, deps.clock),
    }),
  )
  return attempts >= ATTEMPTS_MAX
}

function resultOf(
  companyNo: CompanyNo,
  tracker: Tracker,
  { item, content, backfillId }: Candidate,
  reading: Parameters<typeof evidenceOf>[2],
  model: string,
  processedAt: Date,
): NewResult {
  return {
    companyNo,
    trackerId: tracker.id,
    version: tracker.version,
    itemNo: item.no,
    found: reading.found,
    answer: reading.answer,
    occurrences: evidenceOf(item, content as Content, reading),
    model,
    backfillId,
    occurredAt: item.occurredAt,
    processedAt,
  }
}

function asPriced({ type, id, durationSeconds }: Item) {
  return type === 'call'
    ? { type: 'call' as const, id, durationSeconds }
    : { type: 'email' as const, id }
}

function priceIn(card: RateCard, item: Item): Credits {
  return micros(priceOf(card, priceClass(asPriced(item))))
}

/** Who a tracker's charges are for. */
export function attributionOf(tracker: Tracker, trigger = 'continuous') {
  return {
    feature: 'ai_tracker',
    instanceId: tracker.id,
    instanceName: tracker.name,
    trigger,
    integrationId: null,
    memberId: null,
    teamId: tracker.teamId,
  }
}
