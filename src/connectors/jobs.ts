import type { Task } from '../platform/queue-job.ts'
import { SYNC_CONNECTOR, SYNC_DUE } from './job-names.ts'
import type { ConnectorDeps } from './service/deps.ts'
import { comeDue } from './service/schedule.ts'
import { giveUp, goOn } from './service/sync.ts'

/** The jobs of connectors. */
export function connectorTasks(deps: ConnectorDeps): Record<string, Task> {
  return {
    [SYNC_DUE]: async ({ companyNo, payload: { connectorId, at } }) =>
      comeDue(deps, companyNo, String(connectorId), new Date(String(at))),
    [SYNC_CONNECTOR]: async ({ companyNo, payload: { runId }, signal, isLastAttempt }) => {
      try {
        await goOn(deps, companyNo, String(runId), signal)
      } catch (error) {
        if (isLastAttempt) await giveUp(deps, companyNo, String(runId))
        throw error
      }
    },
  }
}
