import type { Database } from '../platform/database.ts'
import type { Task } from '../platform/queue-job.ts'
import { emptyGeneratedOf } from './service/read.ts'

/** The jobs of briefs. */
export function briefTasks(deps: { db: Database }): Record<string, Task> {
  return {
    'brief.empty-items': async ({ companyNo, payload }) =>
      emptyGeneratedOf(deps, companyNo, (payload.nos as string[]).map(BigInt)),
  }
}
