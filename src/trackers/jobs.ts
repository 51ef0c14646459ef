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
