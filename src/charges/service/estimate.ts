import { type Caller, requireScope } from '../../kit/caller.ts'
import type { Credits } from '../../kit/credits.ts'
import { readPoolNow } from '../../ledger/service/reads.ts'
import { type Item, type Rated, rate } from '../../rating/rate-card.ts'
import { cardNow, type Deps } from './rules.ts'

/** What items would cost right now, and whether the pool can pay that. */
export interface Estimate extends Rated {
  available: Credits
  sufficient: boolean
}

/** Prices items without charging them. */
export async function estimate(deps: Deps, caller: Caller, items: Item[]): Promise<Estimate> {
  requireScope(caller, 'credits:write')
  const card = await cardNow(deps, caller.companyNo, await deps.rules.current(caller.companyNo))
  const rated = rate(card, items)
  const { pool } = await readPoolNow(deps, caller.companyNo)
  return { ...rated, available: pool.available, sufficient: rated.credits <= pool.available }
}
