import { Button } from '@mantine/core'
import { X } from 'lucide-react'
import { useList } from '../../api/queries.ts'
import type { Charge, Integration, Member, Team } from '../../api/types.ts'
import { useSearch } from '../../search.ts'
import { useHere } from '../../session.ts'
import { featureName } from '../../words.ts'
import type { UseFilter } from './use-filter.ts'

function useNamed() {
  const { can } = useHere()
  const admin = { enabled: can('admin') }
  const members = useList<Member>('/v1/members', { limit: 1000 }, admin)
  const teams = useList<Team>('/v1/teams', { limit: 1000 }, admin)
  const keys = useList<Integration>('/v1/integrations', { limit: 1000 }, admin)
  const named = [...(members.rows ?? []), ...(teams.rows ?? []), ...(keys.rows ?? [])]
  return new Map(named.map(({ id, name }) => [id, name]))
}

/** By whom a charge was caused: a member, a key, or Sluice itself. */
export function useActors(): (charge: Charge) => string {
  const names = useNamed()
  return ({ memberId, integrationId }) => {
    if (memberId) return names.get(memberId) ?? 'A member'
    if (integrationId) return names.get(integrationId) ?? 'A key'
    return 'Sluice'
  }
}

/** What the page is narrowed to; each can be taken away. */
export function Chosen({
  filter,
  instance,
  clear,
}: {
  filter: UseFilter
  instance: string | undefined
  clear: () => void
}) {
  const { times } = useHere()
  const [search, setSearch] = useSearch()
  const names = useNamed()
  const { from, until } = search
  const chips = Object.entries(filter).map(([name, value]) => ({
    name,
    text:
      name === 'feature'
        ? featureName(value)
        : name === 'instanceId'
          ? (instance ?? value)
          : (names.get(value) ?? value),
    change: { [name]: null } as Record<string, null>,
  }))
  if (from && until) {
    const first = times.dayMonth(`${from}T12:00:00Z`)
    const last = times.dayMonth(new Date(Date.parse(`${until}T12:00:00Z`) - 86_400_000))
    const text = first === last ? first : `${first} – ${last}`
    chips.push({ name: 'days', text, change: { from: null, until: null } })
  }
  return (
    <div className="row wrap" data-testid="chosen">
      {chips.map(({ name, text, change }) => (
        <button key={name} type="button" className="chip small" onClick={() => setSearch(change)}>
          {text}
          <X size={13} aria-hidden />
          <span className="sr-only">Take away</span>
        </button>
      ))}
      <Button size="compact-sm" variant="subtle" onClick={clear}>
        Clear
      </Button>
    </div>
  )
}
