import type { ArrivalListener } from '../../conversations/deps.ts'
import type { CompanyNo } from '../../kit/caller.ts'
import { companyTime } from '../../platform/company-time.ts'
import { enqueue } from '../../platform/queue.ts'
import { type Run, runIn } from '../../platform/run.ts'
import type { TrackerEvent } from '../../trackers/service/deps.ts'
import { nextTime } from '../automation.ts'
import * as store from '../store.ts'
import { enqueueNext } from './define.ts'
import type { AutomationDeps } from './deps.ts'

/** Sets off the automations that wait for processed calls, in the commit in which these arrive. */
export function automationsOnArrival(): ArrivalListener {
  return async (tx, companyNo, items) => {
    const calls = items.filter(({ type }) => type === 'call').map(({ no }) => no)
    if (calls.length) await store.enqueueCalls(runIn(tx), companyNo, calls)
  }
}

/** Sets off the automations that wait for a tracker's hits, in the commit of the result. */
export async function automationsOnTracker(
  run: Run,
  companyNo: CompanyNo,
  event: TrackerEvent,
): Promise<void> {
  if (event.kind === 'tracker-found') await store.enqueueHits(run, companyNo, event.hits)
}

/**
 * A time of a schedule has come: leaves the job that runs it, and the one for the next time. Times that
 * nobody was there for are not made up for.
 */
export async function comeDue(
  { db, clock }: Pick<AutomationDeps, 'db' | 'clock'>,
  companyNo: CompanyNo,
  id: string,
  at: Date,
): Promise<void> {
  await db.company(companyNo, async (tx) => {
    const automation = await store.readAutomation(tx, companyNo, id, true)
    const { when, enabled } = automation ?? {}
    // Changed or switched off since: another job stands for it, or none.
    if (!enabled || when?.type !== 'schedule') return
    if (automation?.nextAt?.getTime() !== at.getTime()) return
    const now = await companyTime(tx, companyNo, clock)
    const { timezone } = await store.readCompany(tx, companyNo)
    const nextAt = nextTime(when, now > at ? now : at, timezone)
    await store.moveNext(tx, companyNo, id, nextAt)
    await enqueueNext(tx, companyNo, { id, nextAt })
    const cause = `schedule:${at.toISOString()}`
    const key = `automation:${id}:${cause}`
    await enqueue(
      tx,
      'automation.run',
      { automationId: id, cause },
      { companyNo, key, attempts: 5 },
    )
  })
}
