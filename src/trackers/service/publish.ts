import { readBalance } from '../../charges/service/balance.ts'
import { currentCard } from '../../charges/service/work.ts'
import { recordAudit } from '../../companies/service/audit.ts'
import { countItems } from '../../conversations/service/read-items.ts'
import { type Caller, requireScope } from '../../kit/caller.ts'
import { type Credits, sayAvailable, sayCredits, toJson, ZERO } from '../../kit/credits.ts'
import { Problem } from '../../kit/problem.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Tx } from '../../platform/database.ts'
import { newId } from '../../platform/ids.ts'
import { runIn } from '../../platform/run.ts'
import { type Backfill, queryOfBackfill } from '../backfill.ts'
import { insertBackfill, turnBackfills } from '../store/backfills.ts'
import { forgetFailures, unread } from '../store/results.ts'
import * as store from '../store/trackers.ts'
import { costOf, countOf, isCharged, leastPrice, type Tracker } from '../tracker.ts'
import { lockTracker } from './define.ts'
import type { TrackerDeps } from './deps.ts'

export interface Published {
  tracker: Tracker
  backfill: Backfill | undefined
  warnings: string[]
}

/** A stretch of the items' own dates. */
export interface Range {
  from: Date
  to: Date
}

/**
 * Lets a tracker read everything that arrives from now on, and the history asked for beside it. A question
 * tracker cannot be published while nothing is unspent; history that costs more than there is may be.
 */
export async function publish(
  deps: TrackerDeps,
  caller: Caller,
  id: string,
  history: Range | undefined,
): Promise<Published> {
  requireScope(caller, 'trackers:write')
  const { companyNo } = caller
  const pool = await readBalance(deps, companyNo)
  const card = await currentCard(deps, companyNo)
  return deps.db.company(companyNo, async (tx) => {
    const tracker = await lockTracker(tx, caller, id)
    if (tracker.stored === 'published') {
      throw new Problem('invalid-state', 'The tracker is published already.', {
        trackerStatus: 'published',
      })
    }
    if (isCharged(tracker)) {
      requireUnspent(pool, 'A tracker cannot be published', leastPrice(card, tracker.definition))
    }
    const now = await companyTime(tx, companyNo, deps.clock)
    const published: Tracker = {
      ...tracker,
      stored: 'published',
      storedSince: now,
      stopped: null,
      stoppedSince: null,
      stoppedPrice: null,
      waitsForHold: false,
      runningSeq: (await store.readPoolMark(tx, companyNo)).seq,
      cursor: await store.lockArrivals(tx, companyNo),
    }
    await store.updateTracker(tx, companyNo, published)
    // What an earlier publication left over goes on where it stopped.
    await turnBackfills(tx, companyNo, id, ['stopped'], 'running', null)
    const planned = history && (await planHistory(tx, companyNo, published, history, card, now))
    if (planned) await startHistory(tx, companyNo, published, history, planned)
    const { backfill, credits } = planned ?? { backfill: undefined, credits: ZERO }
    await recordAudit(tx, caller, 'tracker.publish', { type: 'tracker', id }, null, {
      history: history ?? null,
    })
    await store.enqueueRun(runIn(tx), companyNo, id)
    const short = credits > pool.available
    const warnings = short
      ? [`The history costs ${sayCredits(credits)}; ${sayAvailable(pool.available)}.`]
      : []
    return { tracker: published, backfill, warnings }
  })
}

/** A backfill over a range of dates as it would start now, with what its items cost. Nothing is written. */
export async function planHistory(
  tx: Tx,
  companyNo: number,
  tracker: Tracker,
  { from, to }: Range,
  card: Parameters<typeof costOf>[0],
  now: Date,
  itemTypes: Backfill['itemTypes'] = null,
): Promise<Planned> {
  const backfill: Backfill = {
    id: newId('bkf'),
    trackerId: tracker.id,
    version: tracker.version,
    from,
    to,
    arrivedAfter: null,
    arrivedTo: await store.lockArrivals(tx, companyNo),
    itemTypes,
    status: 'running',
    total: 0,
    estimated: null,
    at: null,
    createdAt: now,
    endedAt: null,
  }
  const classes = await countItems(tx, companyNo, queryOfBackfill(tracker.definition, backfill), {
    where: unread(companyNo, tracker.id, tracker.version),
  })
  const credits = isCharged(tracker) ? costOf(card, classes) : ZERO
  return { backfill: { ...backfill, total: countOf(classes), estimated: credits }, credits }
}

export interface Planned {
  backfill: Backfill
  credits: Credits
}

/** Starts a backfill as planned; what could not be read before is tried again. */
export async function startHistory(
  tx: Tx,
  companyNo: number,
  tracker: Tracker,
  range: Range,
  { backfill }: Planned,
): Promise<void> {
  await forgetFailures(tx, companyNo, tracker, range)
  await insertBackfill(tx, companyNo, backfill)
}

/**
 * Stops all spending of a tracker at once: once this has answered, no charge of it commits any more.
 * What is under way is dropped; what was found stays.
 */
export async function unpublish(deps: TrackerDeps, caller: Caller, id: string): Promise<Tracker> {
  requireScope(caller, 'trackers:write')
  return deps.db.company(caller.companyNo, async (tx) => {
    const tracker = await lockTracker(tx, caller, id)
    if (tracker.stored === 'draft') {
      throw new Problem('invalid-state', 'The tracker is a draft.', { trackerStatus: 'draft' })
    }
    if (tracker.stored === 'unpublished') return tracker
    const now = await companyTime(tx, caller.companyNo, deps.clock)
    const stopped: Tracker = {
      ...tracker,
      stored: 'unpublished',
      storedSince: now,
      stopped: null,
      stoppedSince: null,
      stoppedPrice: null,
      waitsForHold: false,
    }
    await store.updateTracker(tx, caller.companyNo, stopped)
    await turnBackfills(tx, caller.companyNo, id, ['running'], 'stopped', null)
    await recordAudit(tx, caller, 'tracker.unpublish', { type: 'tracker', id }, null, null)
    return stopped
  })
}

/** Throws insufficient-credits when nothing is unspent; `needed` is what lets it go on at all. */
export function requireUnspent(
  pool: { available: Credits; held: Credits },
  what: string,
  needed: Credits,
): void {
  const { available, held } = pool
  if (available + held > 0n) return
  throw new Problem('insufficient-credits', `${what} while no credits are left.`, {
    needed: toJson(needed),
    available: toJson(available),
    held: toJson(held),
  })
}
