import type { PoolListener } from '../../charges/service/pool-events.ts'
import { currentCard } from '../../charges/service/work.ts'
import type { ArrivalListener, ArrivalPrice, ErasureListener } from '../../conversations/deps.ts'
import type { Arrival } from '../../conversations/items.ts'
import { countItems } from '../../conversations/service/read-items.ts'
import type { CompanyNo } from '../../kit/caller.ts'
import type { Tx } from '../../platform/database.ts'
import { runIn } from '../../platform/run.ts'
import { deleteResultsOf } from '../store/results.ts'
import * as store from '../store/trackers.ts'
import { costOf, countOf, isCharged, queryOf, statusOf } from '../tracker.ts'
import type { TrackerDeps } from './deps.ts'

/** Wakes the published trackers of a company when something arrived for them. */
export function wakeOnArrival(): ArrivalListener {
  return async (tx, companyNo, items) => {
    const types = new Set(items.map((item) => item.type))
    for (const tracker of await store.readPublished(tx, companyNo)) {
      const isMeant = tracker.definition.itemTypes.some((type) => types.has(type))
      if (isMeant && tracker.stopped !== 'out_of_credits')
        await store.enqueueRun(runIn(tx), companyNo, tracker.id)
    }
  }
}

/** Takes what was found in erased items away with them; that they were processed stays known. */
export function forgetOnErasure(): ErasureListener {
  return async (tx, companyNo, removed) => {
    if (removed.as !== 'erased' || removed.items.length === 0) return
    await deleteResultsOf(
      tx,
      companyNo,
      removed.items.map((item) => item.no),
    )
  }
}

/** What published question trackers would charge for items that are about to arrive. */
export function priceOnArrival(deps: TrackerDeps) {
  return async (
    tx: Tx,
    companyNo: CompanyNo,
    items: readonly Arrival[],
  ): Promise<ArrivalPrice[]> => {
    const card = await currentCard(deps, companyNo)
    const mark = await store.readPoolMark(tx, companyNo)
    const prices: ArrivalPrice[] = []
    for (const tracker of await store.readPublished(tx, companyNo)) {
      if (!isCharged(tracker) || statusOf(tracker, mark).status !== 'published') continue
      const query = { ...queryOf(tracker.definition), nos: items.map((item) => item.no) }
      const classes = await countItems(tx, companyNo, query)
      const credits = costOf(card, classes)
      prices.push({ trackerId: tracker.id, name: tracker.name, items: countOf(classes), credits })
    }
    return prices
  }
}

/**
 * How trackers hear of the pool, in its own commits: at zero they are written down as stopped, and those
 * that wait for a hold to end, or for credits, are woken when that happens.
 */
export const poolListener: PoolListener = {
  exhausted: store.enqueueStopAll,
  freed: store.wakeWaiting,
}
