import { attribute } from '../../charges/service/rules.ts'
import { settingsOf } from '../../companies/company.ts'
import type { Caller } from '../../kit/caller.ts'
import { Problem } from '../../kit/problem.ts'
import { companyTime } from '../../platform/company-time.ts'
import * as store from '../store.ts'
import type { AskDeps, Door } from './deps.ts'

/**
 * Whether nothing is charged, whatever is read: a person signed in to the web app asks by hand. The
 * credential decides, never what the request says.
 */
export function isFree(caller: Caller): boolean {
  return caller.kind === 'session'
}

/**
 * One more request by hand; refuses with `rate-limited` when the hour's are used up, and with
 * `feature-disabled` what is switched off for the team.
 */
export async function countByHand(deps: AskDeps, caller: Caller, door: Door): Promise<void> {
  await requireSwitchedOn(deps, caller, door)
  const { companyNo, memberId } = caller
  if (memberId === undefined) throw new Problem('forbidden', 'Only members ask by hand.')
  await deps.db.company(companyNo, async (tx) => {
    const now = await companyTime(tx, companyNo, deps.clock)
    const { settings } = await store.readSettings(tx, companyNo)
    const most = settingsOf(settings).limits.manualPerMemberHour
    const next = await store.countManualUse(tx, companyNo, memberId, now, most)
    if (!next) return
    const retryAfter = Math.max(1, Math.ceil((next.getTime() - now.getTime()) / 1000))
    throw new Problem('rate-limited', `A member may ask ${most} times an hour by hand.`, {
      retryAfter,
    })
  })
}

/** By hand costs nothing, so that no charge refuses a feature that is switched off for the team. */
async function requireSwitchedOn(deps: AskDeps, caller: Caller, door: Door): Promise<void> {
  // No ledger sends stale rules back here, so they are read anew.
  deps.rules.forget(caller.companyNo)
  await attribute(deps, caller, door, await deps.rules.of(caller.companyNo))
}
