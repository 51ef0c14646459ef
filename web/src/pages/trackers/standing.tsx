import { useBalance, useList } from '../../api/queries.ts'
import type { Member, Tracker } from '../../api/types.ts'
import { useHere } from '../../session.ts'

/**
 * Whether the pool is spent, for everybody: who may not see the balance sees it in the trackers, which
 * stop in the same commit.
 */
export function useIsOut(): boolean {
  const { can } = useHere()
  const mayKnow = can('credits:read')
  const { data: balance } = useBalance(mayKnow)
  const trackers = useList<Tracker>(
    '/v1/trackers',
    { limit: 200 },
    { enabled: !mayKnow, everyMs: 15_000 },
  )
  if (mayKnow) return balance?.status === 'exhausted' && balance.total > 0
  return trackers.rows?.some(({ status }) => status === 'out_of_credits') ?? false
}

/** Who can help: `Ada Lind or Bo Aasen`. */
export function useAdminNames(): string {
  const members = useList<Member>('/v1/members', { limit: 200 })
  const names = (members.rows ?? [])
    .filter(({ role }) => role !== 'member')
    .slice(0, 3)
    .map(({ name }) => name)
  if (names.length === 0) return 'an admin'
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
}

/** Why something is stale, in words; the names are those of the trackers it reads. */
export function staleWords(reason: string): string {
  if (reason === 'out_of_credits') return 'out of credits'
  if (reason === 'over_budget') return 'its budget is reached'
  return reason.replaceAll('_', ' ')
}
