import type { Task } from '../platform/queue-job.ts'
import type { AskDeps } from './service/deps.ts'
import { emptyAnswersOf, emptyOld } from './service/erase.ts'

/** The jobs of asking: both take content away. */
export function askTasks(deps: Pick<AskDeps, 'db' | 'clock'>): Record<string, Task> {
  return {
    'ask.empty': async ({ companyNo }) => emptyOld(deps, companyNo),
    'ask.empty-items': async ({ companyNo, payload }) =>
      emptyAnswersOf(deps, companyNo, (payload.nos as string[]).map(BigInt)),
  }
}
