import { currentCard } from '../../charges/service/work.ts'
import {
  countItems,
  type PriceClasses,
  readItems,
  visibleTo,
} from '../../conversations/service/read-items.ts'
import { type Caller, requireScope } from '../../kit/caller.ts'
import { type Credits, ZERO } from '../../kit/credits.ts'
import { notFound } from '../../kit/problem.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Tx } from '../../platform/database.ts'
import type { RateCard } from '../../rating/rate-card.ts'
import type { Backfill, Progress } from '../backfill.ts'
import type { FailureRow, ResultRow } from '../result.ts'
import { readBackfills, readProgress } from '../store/backfills.ts'
import {
  countFailures,
  type ResultFilter,
  readFailures,
  readResults,
  without,
} from '../store/results.ts'
import * as store from '../store/trackers.ts'
import {
  costOf,
  countOf,
  isCharged,
  queryOf,
  type Status,
  statusOf,
  type Tracker,
} from '../tracker.ts'
import type { TrackerDeps, Use } from './deps.ts'

/** A tracker with all that can be said of it right now. */
export interface TrackerView {
  tracker: Tracker
  status: Status
  since: Date
  waitingFor: 'held' | null
  /** Items that wait to be processed. */
  pending: number
  /** What arrived since it stopped, within its filters. */
  missed: PriceClasses & { credits: Credits }
  /** Everything that arrived before this moment has been dealt with. */
  upToDateUntil: Date
  usedBy: Use[]
  /** Items that this version has given up on. */
  failed: number
}

const NOTHING: PriceClasses = { callsShort: 0, callsLong: 0, emails: 0 }

export async function readTracker(
  deps: TrackerDeps,
  caller: Caller,
  id: string,
): Promise<TrackerView> {
  requireScope(caller, 'trackers:read')
  const card = await currentCard(deps, caller.companyNo)
  return deps.db.snapshot(caller.companyNo, async (tx) => {
    const tracker = await store.readTracker(tx, caller.companyNo, id)
    if (!tracker) throw notFound('tracker', id)
    return viewOf(deps, tx, caller.companyNo, tracker, card)
  })
}

export async function listTrackers(
  deps: TrackerDeps,
  caller: Caller,
  asked: { before?: { at: Date; id: string } | undefined; limit: number },
): Promise<TrackerView[]> {
  requireScope(caller, 'trackers:read')
  const card = await currentCard(deps, caller.companyNo)
  return deps.db.snapshot(caller.companyNo, async (tx) => {
    const views: TrackerView[] = []
    for (const tracker of await store.readTrackerPage(
      tx,
      caller.companyNo,
      asked.before,
      asked.limit,
    )) {
      views.push(await viewOf(deps, tx, caller.companyNo, tracker, card))
    }
    return views
  })
}

/** What can be said of a tracker in one snapshot. */
export async function viewOf(
  deps: TrackerDeps,
  tx: Tx,
  companyNo: number,
  tracker: Tracker,
  card: RateCard,
): Promise<TrackerView> {
  const { status, since } = statusOf(tracker, await store.readPoolMark(tx, companyNo))
  const now = await companyTime(tx, companyNo, deps.clock)
  const waiting =
    tracker.stored === 'published' ? await countWaiting(tx, companyNo, tracker) : NOTHING
  const stands = status === 'out_of_credits' || status === 'over_budget'
  const isPublished = status === 'published'
  const pending = isPublished ? countOf(waiting) : 0
  return {
    tracker,
    status,
    since,
    waitingFor: isPublished && tracker.waitsForHold ? 'held' : null,
    pending,
    missed: stands ? { ...waiting, credits: costOf(card, waiting) } : { ...NOTHING, credits: ZERO },
    upToDateUntil: isPublished
      ? ((await oldestWaiting(tx, companyNo, tracker, pending)) ?? now)
      : since,
    usedBy: await deps.usesOf(tx, companyNo, tracker.id),
    failed: await countFailures(tx, companyNo, tracker),
  }
}

/** What arrived behind the last item that a tracker dealt with, by price. */
export async function countWaiting(
  tx: Tx,
  companyNo: number,
  tracker: Tracker,
): Promise<PriceClasses> {
  return countItems(tx, companyNo, waitingQuery(tracker), {
    where: without(companyNo, tracker.id, tracker.version),
  })
}

/** New items behind the last one dealt with. */
export function waitingQuery(tracker: Tracker) {
  return { ...queryOf(tracker.definition), afterArrival: tracker.cursor, history: false }
}

async function oldestWaiting(
  tx: Tx,
  companyNo: number,
  tracker: Tracker,
  pending: number,
): Promise<Date | undefined> {
  if (pending === 0) return undefined
  const [oldest] = await readItems(tx, companyNo, waitingQuery(tracker), {
    order: 'arrival',
    limit: 1,
    where: without(companyNo, tracker.id, tracker.version),
  })
  return oldest?.arrivedAt ?? undefined
}

/** A page of results with how current the tracker is. */
export interface ResultPage {
  rows: ResultRow[]
  view: TrackerView
}

/** What a tracker found, the latest processed first; only in what the caller may see. Free, always. */
export async function listResults(
  deps: TrackerDeps,
  caller: Caller,
  id: string,
  filter: Omit<ResultFilter, 'visible'>,
): Promise<ResultPage> {
  const view = await readTracker(deps, caller, id)
  const rows = await deps.db.snapshot(caller.companyNo, (tx) =>
    readResults(tx, caller.companyNo, id, { ...filter, visible: visibleTo(caller) }),
  )
  return { rows, view }
}

/** What a tracker's current version could not read, nothing of which was charged; only what the caller may see. */
export async function listFailures(
  { db }: TrackerDeps,
  caller: Caller,
  id: string,
  asked: { before?: { at: Date; no: bigint } | undefined; limit: number },
): Promise<FailureRow[]> {
  requireScope(caller, 'trackers:read')
  return db.snapshot(caller.companyNo, async (tx) => {
    const tracker = await store.readTracker(tx, caller.companyNo, id)
    if (!tracker) throw notFound('tracker', id)
    return readFailures(tx, caller.companyNo, tracker, { ...asked, visible: visibleTo(caller) })
  })
}

export interface BackfillView {
  backfill: Backfill
  progress: Progress
}

export async function listBackfills(
  deps: TrackerDeps,
  caller: Caller,
  id: string,
): Promise<BackfillView[]> {
  requireScope(caller, 'trackers:read')
  return deps.db.snapshot(caller.companyNo, async (tx) => {
    const tracker = await store.readTracker(tx, caller.companyNo, id)
    if (!tracker) throw notFound('tracker', id)
    const mark = await store.readPoolMark(tx, caller.companyNo)
    const progress = await readProgress(tx, caller.companyNo, id)
    const stands = isCharged(tracker) && statusOf(tracker, mark).status === 'out_of_credits'
    return (await readBackfills(tx, caller.companyNo, id)).map((backfill) => ({
      // The pool's mark stops what is running in the same commit.
      backfill:
        stands && backfill.status === 'running'
          ? { ...backfill, status: 'stopped' as const }
          : backfill,
      progress: progress.get(backfill.id) ?? { done: 0, found: 0, credits: ZERO },
    }))
  })
}
