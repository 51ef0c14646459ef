import type { Job, Task } from '../platform/queue-job.ts'
import { DELIVER_MAIL, DELIVER_WEBHOOK, TELL, TOGETHER } from './job-names.ts'
import type { DeliveryJob } from './service/delivery.ts'
import type { AlertDeps } from './service/deps.ts'
import { deliverMail } from './service/mails.ts'
import { deliverMessage } from './service/messages.ts'
import { tell, tellTogether } from './service/tell.ts'

/** The jobs of alerts. */
export function alertTasks(deps: AlertDeps): Record<string, Task> {
  return {
    [TELL]: ({ companyNo, payload }) => tell(deps, companyNo, String(payload.alertId)),
    [TOGETHER]: ({ companyNo }) => tellTogether(deps, companyNo),
    [DELIVER_MAIL]: (job) => deliverMail(deps, deliveryOf(job, 'mailId')),
    [DELIVER_WEBHOOK]: (job) => deliverMessage(deps, deliveryOf(job, 'deliveryId')),
  }
}

function deliveryOf({ companyNo, payload, isLastAttempt }: Job, name: string): DeliveryJob {
  const turn = typeof payload.turn === 'string' ? payload.turn : null
  return { companyNo, id: String(payload[name]), turn, isLastAttempt }
}
