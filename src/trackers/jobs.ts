import type { Run } from '../ledger/commands.ts'
import type { CompanyNo } from '../kit/caller.ts'
import type { Task } from '../platform/queue-job.ts'
import type { TrackerDeps } from './service/deps.ts'
import { runTracker } from './service/run.ts'
import { stopAllAtZero } from './service/stop.ts'

/** The jobs of trackers. */
export function trackerTasks(deps: TrackerDeps): Record<string, Task> {
  return {
    'tracker.run': async ({ companyNo, payload, signal }) =>
      runTracker(deps, companyNo, String(payload.trackerId), signal),
    'tracker.stop-all': async ({ companyNo }) => stopAllAtZero(deps, companyNo),
  }
}

/** Leaves the job that lets a tracker go on; one that waits already is enough. */
export async function wakeTracker(run: Run, companyNo: CompanyNo, trackerId: string, after?: Date): Promise<void> {
  await run('tracker-wake', 'select enqueue_job($1, $2, $3::jsonb, $4, $5, null)', [
    'tracker.run',
    companyNo,
    JSON.stringify({ trackerId }),
    `tracker:${trackerId}${after ? ':later' : ''}`,
    after?.toISOString() ?? null,
  ])
}
