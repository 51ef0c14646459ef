import type { CompanyNo } from '../../kit/caller.ts'
import type { Tx } from '../../platform/database.ts'
import * as store from '../store/forget.ts'

/**
 * Takes what was told of removed calls and emails, and the mails to an erased person, away with them.
 * Goes before the briefs are emptied, because those tell which mails were drawn from what.
 */
export function alertsOnErasure() {
  return async (
    tx: Tx,
    companyNo: CompanyNo,
    removed: { items: readonly { no: bigint; type: string; id: string }[]; email?: string },
  ): Promise<void> => {
    if (removed.email !== undefined) await store.forgetPerson(tx, companyNo, removed.email)
    if (removed.items.length > 0) await store.forgetItems(tx, companyNo, removed.items)
  }
}
