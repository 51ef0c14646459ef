import type { CompanyNo } from '../../kit/caller.ts'
import type { Credits } from '../../kit/credits.ts'
import { runIn } from '../../platform/run.ts'
import { turnBackfills } from '../store/backfills.ts'
import * as store from '../store/trackers.ts'
import { isCharged, type Stopped, statusOf } from '../tracker.ts'
import type { TrackerDeps } from './deps.ts'

/** Writes down that a tracker stands still, and tells whoever must hear of it, once. */
export async function stopTracker(
  deps: Pick<TrackerDeps, 'db' | 'emit'>,
  companyNo: CompanyNo,
  id: string,
  asked: { reason: Stopped; since: Date; nextPrice: Credits | null },
): Promise<void> {
  await deps.db.company(companyNo, async (tx) => {
    const tracker = await store.lockTracker(tx, companyNo, id)
    if (tracker?.stored !== 'published' || tracker.stopped) return
    const { reason, since, nextPrice } = asked
    await store.updateTracker(tx, companyNo, {
      ...tracker,
      stopped: reason,
      stoppedSince: since,
      stoppedPrice: nextPrice,
      waitsForHold: false,
    })
    await turnBackfills(tx, companyNo, id, ['running'], 'stopped', null)
    const { name, createdBy } = tracker
    await deps.emit(runIn(tx), companyNo, {
      kind: 'tracker-stopped',
      ...{ trackerId: id, name, reason, since, nextPrice, createdBy },
    })
  })
}

/** After the pool reached zero: writes down what the pool's mark has stopped already. */
export async function stopAllAtZero(
  deps: Pick<TrackerDeps, 'db' | 'emit'>,
  companyNo: CompanyNo,
): Promise<void> {
  const stopped = await deps.db.snapshot(companyNo, async (tx) => {
    const mark = await store.readPoolMark(tx, companyNo)
    const published = await store.readPublished(tx, companyNo)
    return published
      .filter((tracker) => isCharged(tracker) && !tracker.stopped)
      .map((tracker) => ({ tracker, ...statusOf(tracker, mark) }))
      .filter(({ status }) => status === 'out_of_credits')
  })
  for (const { tracker, since } of stopped) {
    await stopTracker(deps, companyNo, tracker.id, {
      reason: 'out_of_credits',
      since,
      nextPrice: null,
    })
  }
}
