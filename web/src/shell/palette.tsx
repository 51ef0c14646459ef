import { Spotlight, type SpotlightActionGroupData, spotlight } from '@mantine/spotlight'
import { useNavigate } from '@tanstack/react-router'
import { Building2, FilePlus2, FileSpreadsheet, Plus, Radar, Search, UserPlus } from 'lucide-react'
import { useState } from 'react'
import { useList } from '../api/queries.ts'
import type { Account, Tracker } from '../api/types.ts'
import { useHere } from '../session.ts'
import { morePlaces, placesFor } from './places.ts'

export const openPalette = () => spotlight.open()

/** ⌘K: every place, the company's trackers and accounts, and what can be begun. Nothing in it spends. */
export function Palette() {
  const here = useHere()
  const navigate = useNavigate()
  const [query, setQuery] = useState('')
  const [wasOpen, setWasOpen] = useState(false)
  const trackers = useList<Tracker>('/v1/trackers', { limit: 200 }, { enabled: wasOpen })
  const accounts = useList<Account>('/v1/accounts', { limit: 200 }, { enabled: wasOpen })
  const go = (to: string) => () => void navigate({ to })
  const action = (id: string, label: string, to: string, Icon: typeof Radar, words = '') => ({
    ...{ id, label, onClick: go(to), keywords: words },
    leftSection: <Icon size={16} aria-hidden />,
  })
  const verbs = [
    here.can('trackers:write') && action('new-tracker', 'New tracker', '/trackers/new', Plus),
    here.can('admin') &&
      action('add-credits', 'Add credits', '/credits/grants?add=1', FilePlus2, 'purchase grant'),
    here.can('admin') && action('invite', 'Invite somebody', '/admin/people?add=1', UserPlus),
    here.can('credits:read') &&
      action('report', 'Download credit usage', '/credits/reports', FileSpreadsheet, 'csv report'),
  ].filter((one) => one !== false)
  const pasted = query.trim()
  const groups: SpotlightActionGroupData[] = [
    ...(/^chg_\w+$/.test(pasted)
      ? [
          {
            group: 'Open',
            actions: [action('pasted', `Charge ${pasted}`, `/credits/charges/${pasted}`, Search)],
          },
        ]
      : []),
    { group: 'Do', actions: verbs },
    ...placesFor(here).map(({ group, places }) => ({
      group,
      actions: places.map(({ name, to, icon, words }) => action(to, name, to, icon, words)),
    })),
    {
      group: 'More',
      actions: morePlaces.map(({ name, to, icon, words }) => action(to, name, to, icon, words)),
    },
    {
      group: 'Trackers',
      actions: (trackers.rows ?? []).map(({ id, name }) =>
        action(id, name, `/trackers/${id}`, Radar),
      ),
    },
    {
      group: 'Accounts',
      actions: (accounts.rows ?? []).map(({ id, name }) =>
        action(id, name, `/accounts/${id}`, Building2),
      ),
    },
  ]
  return (
    <Spotlight
      actions={groups.filter(({ actions }) => actions.length > 0)}
      query={query}
      onQueryChange={setQuery}
      onSpotlightOpen={() => setWasOpen(true)}
      nothingFound="Nothing by that name."
      highlightQuery
      shortcut={['mod + K']}
      limit={12}
      searchProps={{ placeholder: 'Go to, open, or do', 'aria-label': 'Search or jump to' }}
    />
  )
}
