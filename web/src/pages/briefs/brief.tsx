import { Button, Menu } from '@mantine/core'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { Ellipsis } from 'lucide-react'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { useApi, useChange, useList } from '../../api/queries.ts'
import type { Brief, GeneratedBrief } from '../../api/types.ts'
import { useSearch } from '../../search.ts'
import { useHere } from '../../session.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { Card, Credits, Empty, Loaded, Page } from '../../ui/parts.tsx'
import { FreePill } from '../../ui/status.tsx'
import { ListTable } from '../../ui/table.tsx'
import { counted } from '../../words.ts'
import { pathOf, useEntityName } from '../work/entity.tsx'
import { Generate } from './generate.tsx'
import { BriefStatus } from './list.tsx'
import { Template } from './template.tsx'

export function BriefPage() {
  const { id } = useParams({ strict: false }) as { id: string }
  const brief = useApi<Brief>(`/v1/briefs/${id}`)
  return (
    <Loaded of={brief} what="the brief">
      {(found) => <OneBrief key={id} brief={found} />}
    </Loaded>
  )
}

/** A template: generating from it, what was generated, and its sections. */
function OneBrief({ brief }: { brief: Brief }) {
  const { can } = useHere()
  const navigate = useNavigate()
  const [removing, setRemoving] = useState(false)
  const [search, setSearch] = useSearch()
  const remove = useChange(async () => {
    await api.del(`/v1/briefs/${brief.id}`)
    await navigate({ to: '/briefs' })
  })
  const tabs = { generate: 'Generate', sections: 'Sections and prices' }
  const usual = brief.status === 'draft' ? 'sections' : 'generate'
  const tab = search.tab && search.tab in tabs ? search.tab : usual
  const free = brief.sections.filter(({ source }) => source === 'trackers').length
  return (
    <Page
      title={brief.name}
      crumbs={<Link to="/briefs">Briefs</Link>}
      status={<BriefStatus status={brief.status} />}
      intro={sectionsText(free, brief.sections.length - free)}
      actions={
        can('trackers:write') && (
          <>
            <Button component={Link} to={`/automations/new?brief=${brief.id}`} variant="default">
              Automate
            </Button>
            <Menu position="bottom-end">
              <Menu.Target>
                <button type="button" className="icon-button" aria-label="More">
                  <Ellipsis size={16} />
                </button>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item color="red" onClick={() => setRemoving(true)}>
                  Delete…
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          </>
        )
      }
    >
      <div className="stack">
        <nav className="tabs" aria-label="Of this brief" style={{ marginBottom: 0 }}>
          {Object.entries(tabs).map(([key, label]) => (
            <a
              key={key}
              href={`?tab=${key}`}
              {...(tab === key ? { 'aria-current': 'page' as const } : {})}
              onClick={(event) => {
                event.preventDefault()
                setSearch({ tab: key })
              }}
            >
              {label}
            </a>
          ))}
        </nav>
        {tab === 'sections' ? (
          <Template brief={brief} />
        ) : (
          <>
            <Generate brief={brief} />
            <GeneratedBefore briefId={brief.id} />
          </>
        )}
      </div>
      {removing && (
        <Confirm
          title={`Delete “${brief.name}”?`}
          label="Delete"
          of={remove}
          close={() => setRemoving(false)}
        >
          <p>What was generated from it goes with it.</p>
        </Confirm>
      )}
    </Page>
  )
}

export function sectionsText(free: number, paid: number): string {
  const parts = [
    ...(free ? [`${free} ${free === 1 ? 'section' : 'sections'} from trackers, free`] : []),
    ...(paid ? [`${paid} from calls and emails`] : []),
  ]
  return `${parts.join('; ')}.`
}

function GeneratedBefore({ briefId }: { briefId: string }) {
  const { times, can } = useHere()
  const generated = useList<GeneratedBrief>(`/v1/briefs/${briefId}/generated`, { limit: 20 })
  return (
    <Card title="Generated before" note="Opening one is free, always." flush>
      <ListTable
        what="generated briefs"
        of={generated}
        caption="Generated briefs, newest first"
        id={({ id, createdAt }) => id ?? createdAt}
        to={({ id }) => `/briefs/${briefId}/generated/${id}`}
        empty={<Empty title="None yet">Choose above whom the first one is about.</Empty>}
        columns={[
          {
            head: 'About',
            lead: true,
            cell: ({ entity }) => <EntityName entity={entity} />,
          },
          {
            head: 'When',
            cell: ({ createdAt }) => <span className="num soft">{times.moment(createdAt)}</span>,
          },
          {
            head: 'Stands on',
            cell: ({ callsSearched, emailsSearched, sections }) =>
              sections === null ? (
                <span className="muted">its content was taken out</span>
              ) : callsSearched + emailsSearched === 0 ? (
                'trackers'
              ) : (
                <span className="num">
                  {counted(callsSearched, 'call')}, {counted(emailsSearched, 'email')}
                </span>
              ),
          },
          {
            head: 'Credits',
            right: true,
            amount: true,
            cell: ({ credits, chargeId }) =>
              credits === 0 ? (
                <FreePill why={chargeId ? 'nothing to read' : 'in the app'} />
              ) : chargeId && can('credits:read') ? (
                <Link to={`/credits/charges/${chargeId}`}>
                  <Credits value={credits} />
                </Link>
              ) : can('credits:read') ? (
                <Credits value={credits} />
              ) : null,
          },
        ]}
      />
    </Card>
  )
}

/** `Halcyon Hotels`, as a link to it when asked for. */
export function EntityName({
  entity,
  isLink = false,
}: {
  entity: { type: string; id: string }
  isLink?: boolean
}) {
  const name = useEntityName(entity)
  if (!isLink) return <span style={{ fontWeight: 550 }}>{name}</span>
  return <Link to={pathOf(entity)}>{name}</Link>
}
