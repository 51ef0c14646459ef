import type { CompanyNo } from '../../kit/caller.ts'
import type { Tx } from '../../platform/database.ts'
import * as store from '../store.ts'

/**
 * Takes erased items and addresses out of what is kept beside charges and holds: the ids of the items, and
 * the metadata of programs that names the person. The ledger itself names neither.
 */
export function chargesOnErasure() {
  return async (
    tx: Tx,
    companyNo: CompanyNo,
    removed: {
      as: 'deleted' | 'erased'
      items: readonly { type: string; id: string }[]
      email?: string
    },
  ): Promise<void> => {
    if (removed.as !== 'erased') return
    if (removed.items.length > 0) await store.forgetItems(tx, companyNo, removed.items)
    // The last call for a person has no items left; once is enough.
    if (removed.email !== undefined && removed.items.length === 0) {
      await store.forgetAddress(tx, companyNo, removed.email)
    }
  }
}
