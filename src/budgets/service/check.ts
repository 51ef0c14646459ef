import { dayOf } from '../../kit/calendar.ts'
import type { CompanyNo } from '../../kit/caller.ts'
import type { Tx } from '../../platform/database.ts'
import { runIn } from '../../platform/run.ts'
import * as store from '../store.ts'
import type { Needs } from './companion.ts'

/** What of a company's budgets is not what was charged and is held, a line each; within one snapshot. */
export async function budgetFaults(
  { usedSince }: Pick<Needs, 'usedSince'>,
  tx: Tx,
  companyNo: CompanyNo,
): Promise<string[]> {
  const run = runIn(tx)
  const budgets = await store.readBudgets(run, [companyNo])
  if (budgets.length === 0) return []
  const { timezone } = (await store.readCalendars(run, [companyNo])).get(companyNo)!
  const faults: string[] = []
  for (const { id, scope, periodStart, used, held } of budgets) {
    const at = new Date(periodStart)
    const since = { day: dayOf(at, timezone), at }
    const isUsed = await usedSince(run, companyNo, scope, since)
    const isHeld = await store.readHeld(run, companyNo, scope)
    if (used !== isUsed)
      faults.push(`budget ${id}: counts ${used} micro-credits as used, and it is ${isUsed}`)
    if (held !== isHeld)
      faults.push(`budget ${id}: counts ${held} micro-credits as held, and it is ${isHeld}`)
  }
  return faults
}
