import type { Task } from '../platform/queue-job.ts'
import type { AutomationDeps } from './service/deps.ts'
import { comeDue } from './service/listen.ts'
import { runAutomation } from './service/run.ts'

/** The jobs of automations. */
export function automationTasks(deps: AutomationDeps): Record<string, Task> {
  return {
    'automation.due': async ({ companyNo, payload: { automationId, at } }) =>
      comeDue(deps, companyNo, String(automationId), new Date(String(at))),
    'automation.run': async ({ companyNo, payload, isLastAttempt }) => {
      const { automationId, cause: name, itemNo } = payload
      const cause = {
        name: String(name),
        itemNo: itemNo === undefined ? undefined : BigInt(String(itemNo)),
      }
      await runAutomation(deps, companyNo, String(automationId), cause, isLastAttempt)
    },
  }
}
