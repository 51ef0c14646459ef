import type { CompanyNo } from '../../kit/caller.ts'
import type { Credits } from '../../kit/credits.ts'
import { readPoolNow } from '../../ledger/service/reads.ts'
import { type PoolStatus, statusOf } from '../../ledger/thresholds.ts'
import type { Deps } from './rules.ts'

/** What a pool has right now, as a feature needs to know it. */
export interface BalanceNow {
  asOf: Date
  available: Credits
  held: Credits
  used: Credits
  seq: number
  status: PoolStatus
}

/** The balance right now; what has fallen due meanwhile is done first. */
export async function readBalance(deps: Deps, companyNo: CompanyNo): Promise<BalanceNow> {
  const { asOf, pool } = await readPoolNow(deps, companyNo)
  const { available, held, used, seq } = pool
  return { asOf, available, held, used, seq, status: statusOf(pool) }
}
