import type { Item as ModelItem } from '../../ai/model.ts'
import type { Content, Item } from '../../conversations/items.ts'
import { readItems } from '../../conversations/service/read-items.ts'
import type { CompanyNo } from '../../kit/caller.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Tx } from '../../platform/database.ts'
import { type Backfill, queryOfBackfill } from '../backfill.ts'
import { endBackfill, moveBackfill, readBackfills } from '../store/backfills.ts'
import { without } from '../store/results.ts'
import * as store from '../store/trackers.ts'
import { type Status, statusOf, type Tracker } from '../tracker.ts'
import type { TrackerDeps } from './deps.ts'
import { waitingQuery } from './read.ts'
import { attributionOf } from './run.ts'

/** An item whose turn it is. */
export interface Candidate {
  item: Item
  /** The backfill it is processed for; null for one that arrived. */
  backfillId: string | null
  content?: Content | undefined
  /** What of it is read. */
  text?: ModelItem | undefined
}

/** The next items of a tracker: arrivals, or those of one backfill; the two take turns. */
export interface Batch {
  companyId: string
  tracker: Tracker
  status: Status
  trigger: 'continuous' | 'backfill'
  items: Candidate[]
  backfill: Backfill | undefined
  /** With arrivals: everything up to here has been looked at, when the items are done. */
  seenTo: bigint
  /** Whether the source has no more items than these. */
  last: boolean
}

const BATCH_MAX = 256

/** Takes the next batch; undefined when nothing waits. `turn` counts, and says whose turn it is. */
export async function takeBatch(
  tx: Tx,
  companyNo: CompanyNo,
  id: string,
  turn: number,
): Promise<Batch | undefined> {
  const tracker = await store.readTracker(tx, companyNo, id)
  if (!tracker) return undefined
  const { status } = statusOf(tracker, await store.readPoolMark(tx, companyNo))
  const companyId = await store.readCompanyId(tx, companyNo)
  const none = {
    companyId,
    tracker,
    status,
    trigger: 'continuous' as const,
    items: [],
    backfill: undefined,
  }
  if (status !== 'published') return { ...none, seenTo: tracker.cursor, last: true }
  const seenTo = await store.readLastArrival(tx, companyNo)
  const where = without(companyNo, id, tracker.version)
  const running = (await readBackfills(tx, companyNo, id)).filter((one) => one.status === 'running')
  // Arrivals and each running backfill take turns, so that neither waits for the other's end.
  const sources: (Backfill | undefined)[] = [undefined, ...running.reverse()]
  for (let i = 0; i < sources.length; i++) {
    const backfill = sources[(turn + i) % sources.length]
    const query = backfill ? queryOfBackfill(tracker.definition, backfill) : waitingQuery(tracker)
    const items = await readItems(tx, companyNo, query, {
      order: backfill ? 'oldest' : 'arrival',
      limit: BATCH_MAX,
      where,
      after: backfill?.at ? (backfill.at as Item) : undefined,
    })
    if (items.length === 0 && !backfill) continue
    return {
      ...none,
      trigger: backfill ? 'backfill' : 'continuous',
      items: items.map((item) => ({ item, backfillId: backfill?.id ?? null })),
      backfill,
      seenTo: items.length < BATCH_MAX ? seenTo : (items.at(-1)?.arrivalNo ?? seenTo),
      last: items.length < BATCH_MAX,
    }
  }
  return undefined
}

/**
 * Moves on behind the items that were dealt with, in their order; stays before the first that was not.
 * Gives whether it moved at all.
 */
export async function advance(
  { db, clock }: Pick<TrackerDeps, 'db' | 'clock'>,
  companyNo: CompanyNo,
  { tracker, backfill, items, seenTo, last }: Batch,
  handled: ReadonlySet<Candidate>,
): Promise<boolean> {
  const open = items.findIndex((candidate) => !handled.has(candidate))
  const whole = open === -1
  const behind = whole ? items.at(-1)?.item : items[open - 1]?.item
  return db.company(companyNo, async (tx) => {
    if (!backfill) {
      const to = whole ? seenTo : behind?.arrivalNo
      if (to) await store.moveCursor(tx, companyNo, tracker.id, tracker.version, to)
      return to !== null && to !== undefined
    }
    if (behind) await moveBackfill(tx, companyNo, backfill.id, behind)
    if (whole && last) {
      await endBackfill(tx, companyNo, backfill.id, 'done', await companyTime(tx, companyNo, clock))
    }
    return whole || behind !== undefined
  })
}

/**
 * A tracker that met a budget goes on by itself when that allows its next item again: with what arrived
 * since the budget's period began or its cap was raised.
 */
export async function reopenAfterBudget(
  { db, budgetLeft }: Pick<TrackerDeps, 'db' | 'budgetLeft'>,
  companyNo: CompanyNo,
  tracker: Tracker,
): Promise<boolean> {
  return db.company(companyNo, async (tx) => {
    const left = await budgetLeft(tx, companyNo, attributionOf(tracker))
    if (left && left.credits < (tracker.stoppedPrice ?? 1n)) return false
    const locked = await store.lockTracker(tx, companyNo, tracker.id)
    if (locked?.stopped !== 'over_budget') return true
    const query = { ...waitingQuery(locked), arrivedFrom: left?.since }
    const [next] = await readItems(tx, companyNo, query, { order: 'arrival', limit: 1 })
    const cursor = next?.arrivalNo ? next.arrivalNo - 1n : await store.lockArrivals(tx, companyNo)
    await store.updateTracker(tx, companyNo, {
      ...locked,
      stopped: null,
      stoppedSince: null,
      stoppedPrice: null,
      cursor: cursor > locked.cursor ? cursor : locked.cursor,
    })
    return true
  })
}
