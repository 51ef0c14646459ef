import { readBalance } from '../../charges/service/balance.ts'
import { currentCard } from '../../charges/service/work.ts'
import { recordAudit } from '../../companies/service/audit.ts'
import { countItems } from '../../conversations/service/read-items.ts'
import { type Caller, requireScope } from '../../kit/caller.ts'
import type { Credits } from '../../kit/credits.ts'
import { sayAvailable, sayCredits } from '../../kit/credits.ts'
import { notFound, Problem } from '../../kit/problem.ts'
import { companyTime } from '../../platform/company-time.ts'
import { newId } from '../../platform/ids.ts'
import { runIn } from '../../platform/run.ts'
import { type Backfill, queryOfBackfill } from '../backfill.ts'
import { endBackfill, insertBackfill, readBackfill, turnBackfills } from '../store/backfills.ts'
import { without } from '../store/results.ts'
import * as store from '../store/trackers.ts'
import { costOf, countOf, isCharged, leastPrice, type Status, statusOf } from '../tracker.ts'
import { lockTracker } from './define.ts'
import type { TrackerDeps } from './deps.ts'
import { planHistory, type Range, requireUnspent, startHistory } from './publish.ts'

/** What to do about the items that arrived while a tracker stood still. */
export type Missed = 'calls' | 'all' | 'none'

export interface Resumed {
  status: Status
  missed: Record<'calls' | 'all', { count: number; credits: Credits }>
  backfillId?: string | undefined
  warnings: string[]
}

/**
 * Lets a stopped tracker go on. The calls it missed (or all items, or none) are processed under the
 * current version, oldest first, beside what arrives from now on; a backfill that stopped goes on where it
 * was. A dry run only prices the choice.
 */
export async function resume(
  deps: TrackerDeps,
  caller: Caller,
  id: string,
  choice: Missed,
  dryRun: boolean,
): Promise<Resumed> {
  requireScope(caller, 'trackers:write')
  const { companyNo } = caller
  const pool = await readBalance(deps, companyNo)
  const card = await currentCard(deps, companyNo)
  return deps.db.company(companyNo, async (tx) => {
    const tracker = await lockTracker(tx, caller, id)
    const mark = await store.readPoolMark(tx, companyNo)
    const { status } = statusOf(tracker, mark)
    const now = await companyTime(tx, companyNo, deps.clock)
    const gap: Backfill = {
      id: newId('bkf'),
      trackerId: id,
      version: tracker.version,
      from: null,
      to: null,
      arrivedAfter: tracker.cursor,
      arrivedTo: await store.lockArrivals(tx, companyNo),
      itemTypes: null,
      status: 'running',
      total: 0,
      estimated: null,
      at: null,
      createdAt: now,
      endedAt: null,
    }
    const count = async (itemTypes: Backfill['itemTypes']) => {
      const classes = await countItems(
        tx,
        companyNo,
        queryOfBackfill(tracker.definition, { ...gap, itemTypes }),
        {
          where: without(companyNo, id, tracker.version),
        },
      )
      return { count: countOf(classes), credits: costOf(card, classes) }
    }
    const missed = { calls: await count(['call']), all: await count(null) }
    if (dryRun) return { status, missed, warnings: [] }
    if (status !== 'out_of_credits') {
      throw new Problem(
        'invalid-state',
        `The tracker is ${status}; only one that is out of credits is resumed.`,
        {
          trackerStatus: status,
        },
      )
    }
    const needed = tracker.stoppedPrice ?? leastPrice(card, tracker.definition)
    requireUnspent(pool, 'A tracker cannot be resumed', needed)
    await store.updateTracker(tx, companyNo, {
      ...tracker,
      storedSince: now,
      stopped: null,
      stoppedSince: null,
      stoppedPrice: null,
      waitsForHold: false,
      runningSeq: mark.seq,
      cursor: gap.arrivedTo,
    })
    await turnBackfills(tx, companyNo, id, ['running', 'stopped'], 'running', null)
    const chosen = choice === 'none' ? undefined : missed[choice]
    if (chosen?.count) {
      const itemTypes = choice === 'calls' ? (['call'] as const) : null
      await insertBackfill(tx, companyNo, {
        ...gap,
        itemTypes: itemTypes && [...itemTypes],
        total: chosen.count,
        estimated: chosen.credits,
      })
    }
    await recordAudit(tx, caller, 'tracker.resume', { type: 'tracker', id }, null, {
      missed: choice,
    })
    await deps.emit(runIn(tx), companyNo, {
      kind: 'tracker-resumed',
      trackerId: id,
      name: tracker.name,
    })
    await store.enqueueRun(runIn(tx), companyNo, id)
    const short = chosen && chosen.credits > pool.available
    return {
      status: 'published' as const,
      missed,
      backfillId: chosen?.count ? gap.id : undefined,
      warnings: short ? [shortOf(chosen.credits, pool.available)] : [],
    }
  })
}

function shortOf(cost: Credits, available: Credits): string {
  return `This costs ${sayCredits(cost)}; ${sayAvailable(available)}.`
}

export interface StartedBackfill {
  /** Undefined on a dry run. */
  backfill: Backfill | undefined
  total: number
  credits: Credits
  warnings: string[]
}

/** Processes history beside what arrives: items of a range of dates that this version has not read. */
export async function backfill(
  deps: TrackerDeps,
  caller: Caller,
  id: string,
  asked: Range & { itemTypes?: Backfill['itemTypes'] | undefined; dryRun: boolean },
): Promise<StartedBackfill> {
  requireScope(caller, 'trackers:write')
  const { companyNo } = caller
  const pool = await readBalance(deps, companyNo)
  const card = await currentCard(deps, companyNo)
  return deps.db.company(companyNo, async (tx) => {
    const tracker = await lockTracker(tx, caller, id)
    const now = await companyTime(tx, companyNo, deps.clock)
    const { from, to, itemTypes = null, dryRun } = asked
    const planned = await planHistory(tx, companyNo, tracker, { from, to }, card, now, itemTypes)
    const { credits } = planned
    const told = {
      total: planned.backfill.total,
      credits,
      warnings: credits > pool.available ? [shortOf(credits, pool.available)] : [],
    }
    if (dryRun) return { ...told, backfill: undefined }
    if (isCharged(tracker)) {
      const needed = leastPrice(card, tracker.definition)
      requireUnspent(pool, 'History cannot be processed', needed)
    }
    const { status } = statusOf(tracker, await store.readPoolMark(tx, companyNo))
    if (status !== 'published') {
      throw new Problem(
        'invalid-state',
        `The tracker is ${status}; only a published one processes history.`,
        {
          trackerStatus: status,
        },
      )
    }
    await startHistory(tx, companyNo, tracker, { from, to }, planned)
    const said = { from, to, itemTypes }
    await recordAudit(tx, caller, 'tracker.backfill', { type: 'tracker', id }, null, said)
    await store.enqueueRun(runIn(tx), companyNo, id)
    return { ...told, backfill: planned.backfill }
  })
}

/** Ends a backfill; what it has made stays. */
export async function cancelBackfill(
  deps: TrackerDeps,
  caller: Caller,
  id: string,
  backfillId: string,
): Promise<Backfill> {
  requireScope(caller, 'trackers:write')
  return deps.db.company(caller.companyNo, async (tx) => {
    const known = await readBackfill(tx, caller.companyNo, backfillId)
    if (!known || known.trackerId !== id) throw notFound('backfill', backfillId)
    const now = await companyTime(tx, caller.companyNo, deps.clock)
    const ended = await endBackfill(tx, caller.companyNo, backfillId, 'cancelled', now)
    if (!ended && known.status !== 'cancelled') {
      throw new Problem('invalid-state', 'The backfill is done.', { backfillStatus: known.status })
    }
    await recordAudit(tx, caller, 'tracker.backfill.cancel', { type: 'tracker', id }, null, {
      backfillId,
    })
    return { ...known, status: 'cancelled', endedAt: known.endedAt ?? now }
  })
}
