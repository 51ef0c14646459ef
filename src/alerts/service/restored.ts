import type { Run } from '../../platform/run.ts'
import * as store from '../store/restored.ts'

/**
 * After a restore: what waited to leave when the backup was taken has probably left since, so nothing of it
 * leaves again. It stays to be seen, as failed; notices stay as they are. As the owner, for all companies.
 */
export async function settleAlerts(run: Run): Promise<{ mails: number; messages: number }> {
  await store.noticeOnly(run)
  return store.endWaitingMails(run)
}
