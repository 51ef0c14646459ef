import type { Task } from '../platform/queue-job.ts'
import type { StreamDeps } from './service/deps.ts'
import { tellFollowers } from './service/entries.ts'

/** The jobs of streams. */
export function streamTasks(deps: StreamDeps): Record<string, Task> {
  return {
    'stream.entry': async ({ companyNo, payload: { itemNo, backfilled } }) =>
      tellFollowers(deps, companyNo, BigInt(String(itemNo)), backfilled === true),
  }
}
