import type { CompanyNo } from '../../kit/caller.ts'
import type { Credits } from '../../kit/credits.ts'
import type { Attribution } from '../../ledger/pool.ts'
import type { Clock } from '../../platform/clock.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Tx } from '../../platform/database.ts'
import { runIn } from '../../platform/run.ts'
import { remainingOf, scopeKey, scopeKeysOf } from '../budget.ts'
import * as store from '../store.ts'
import { asOf } from './budgets.ts'
import type { Needs } from './companion.ts'

/** What the tightest budget still allows. */
export interface Cover {
  credits: Credits
  budgetId: string
  /** When it was last loosened: its period began, or its cap was raised. */
  since: Date
  /** When its period ends, and it allows more. */
  until: Date
}

/**
 * How many credits the budgets allow right now for what an attribution says; undefined when none of them
 * counts it. It is a look ahead: what is charged is decided anew under the pool's lock.
 */
export async function coverOf(
  { clock, budgets }: { clock: Clock; budgets: Pick<Needs, 'usedSince'> },
  tx: Tx,
  companyNo: CompanyNo,
  attribution: Omit<Attribution, 'id'>,
): Promise<Cover | undefined> {
  const run = runIn(tx)
  const keys = scopeKeysOf(attribution)
  const counting = (await store.readBudgets(run, [companyNo])).filter(({ scope }) =>
    keys.includes(scopeKey(scope)),
  )
  if (counting.length === 0) return undefined
  const now = (await companyTime(tx, companyNo, clock)).getTime()
  const [tightest] = (await asOf(budgets, run, companyNo, counting, now)).sort((a, b) => {
    const [left, right] = [remainingOf(a), remainingOf(b)]
    return left < right ? -1 : left > right ? 1 : 0
  })
  const { id, periodStart, periodEnd, loosenedAt } = tightest!
  const since = new Date(Math.max(periodStart, loosenedAt))
  return { credits: remainingOf(tightest!), budgetId: id, since, until: new Date(periodEnd) }
}
