import { useList, useNames } from '../../api/queries.ts'
import type { Member, Stream, Team, Tracker } from '../../api/types.ts'
import { useHere } from '../../session.ts'
import { useEntityName } from '../work/entity.tsx'

/** A stream's filter, as fields and sentences hold it. */
export interface Filter {
  itemTypes: string[]
  trackerIds: string[]
  accountId: string
  teamIds: string[]
  memberIds: string[]
  scope: string
  minMinutes: number | ''
}

export const noFilter: Filter = {
  ...{ itemTypes: ['call'], trackerIds: [], accountId: '', teamIds: [], memberIds: [] },
  ...{ scope: '', minMinutes: '' },
}

export function filterOf(stream: Stream): Filter {
  const filter = stream.filter as Record<string, unknown>
  const many = (name: string) => [filter[name] ?? []].flat() as string[]
  const seconds = filter.minDurationSeconds
  return {
    itemTypes: filter.itemTypes ? many('itemTypes') : ['call', 'email'],
    trackerIds: ((filter.trackers ?? []) as { trackerId: string }[]).map((one) => one.trackerId),
    accountId: many('accountIds')[0] ?? '',
    ...{ teamIds: many('teamIds'), memberIds: many('memberIds'), scope: many('scope')[0] ?? '' },
    minMinutes: seconds === undefined ? '' : Number(seconds) / 60,
  }
}

/** The filter as the API takes it; what these fields do not show stays as it was. */
export function bodyOf(filter: Filter, before: Stream | undefined): Record<string, unknown> {
  const { accountId, scope, minMinutes } = filter
  const shown = ['itemTypes', 'trackers', 'teamIds', 'memberIds', 'scope', 'minDurationSeconds']
  const kept = Object.entries((before?.filter ?? {}) as Record<string, unknown>).filter(
    ([name, value]) =>
      !shown.includes(name) && (name !== 'accountIds' || (value as string[]).length > 1),
  )
  return {
    ...Object.fromEntries(kept),
    itemTypes: filter.itemTypes,
    ...(filter.trackerIds.length
      ? { trackers: filter.trackerIds.map((trackerId) => ({ trackerId, found: true })) }
      : {}),
    ...(accountId ? { accountIds: [accountId] } : {}),
    ...(filter.teamIds.length ? { teamIds: filter.teamIds } : {}),
    ...(filter.memberIds.length ? { memberIds: filter.memberIds } : {}),
    ...(scope ? { scope } : {}),
    ...(minMinutes === '' ? {} : { minDurationSeconds: minMinutes * 60 }),
  }
}

/** `Calls and emails in which Prices and fees found something, with Halcyon Hotels.` */
export function useFilterWords(stream: Stream): string {
  const { times } = useHere()
  const filter = filterOf(stream)
  const trackers = useList<Tracker>('/v1/trackers', { limit: 200 })
  const teams = useList<Team>('/v1/teams', { limit: 500 }, { enabled: filter.teamIds.length > 0 })
  const members = useList<Member>(
    '/v1/members',
    { limit: 1000 },
    { enabled: filter.memberIds.length > 0 },
  )
  const accounts = useNames('/v1/accounts', false)
  const account = useEntityName({ type: 'account', id: filter.accountId })
  const named = (rows: { id: string; name: string }[] | undefined, ids: string[]) =>
    ids
      .map((id) => rows?.find((one) => one.id === id)?.name ?? accounts.get(id) ?? id)
      .join(' and ')
  const { from, to } = stream.filter as { from?: string; to?: string }
  const kinds = filter.itemTypes.map((type) => (type === 'call' ? 'calls' : 'emails')).join(' and ')
  const parts = [
    `${kinds[0]?.toUpperCase()}${kinds.slice(1)}`,
    ...(filter.trackerIds.length
      ? [`in which ${named(trackers.rows, filter.trackerIds)} found something`]
      : []),
    ...(filter.accountId ? [`with ${account}`] : []),
    ...(filter.teamIds.length ? [`of ${named(teams.rows, filter.teamIds)}`] : []),
    ...(filter.memberIds.length ? [`of ${named(members.rows, filter.memberIds)}`] : []),
    ...(filter.scope ? [filter.scope === 'external' ? 'with somebody outside' : filter.scope] : []),
    ...(filter.minMinutes === '' ? [] : [`of at least ${filter.minMinutes} minutes`]),
    ...(from ? [`since ${times.day(from)}`] : []),
    ...(to ? [`before ${times.day(to)}`] : []),
  ]
  return `${parts.join(' ')}.`
}
