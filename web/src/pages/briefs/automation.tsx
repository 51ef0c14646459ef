import { Button, Menu } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { Ellipsis, Play } from 'lucide-react'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { useApi, useChange, useList } from '../../api/queries.ts'
import type { Automation, AutomationRun, Tracker } from '../../api/types.ts'
import { useSearch } from '../../search.ts'
import { useHere } from '../../session.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { Card, Credits, Empty, FormError, Gated, Loaded, Notice, Page } from '../../ui/parts.tsx'
import { JobStatus, Pill } from '../../ui/status.tsx'
import { ListTable } from '../../ui/table.tsx'
import { useIsOut } from '../trackers/standing.tsx'
import { AutomationForm } from './automation-form.tsx'
import { whenText } from './automations.tsx'
import { RunNow } from './run-now.tsx'

export function NewAutomationPage() {
  const navigate = useNavigate()
  const [search] = useSearch()
  return (
    <Page
      title="New automation"
      crumbs={<Link to="/automations">Automations</Link>}
      intro="When something happens, a brief is generated and delivered."
    >
      <AutomationForm
        given={undefined}
        briefId={search.brief ?? ''}
        label="Set it up"
        saved={({ id }) => void navigate({ to: `/automations/${id}` })}
      />
    </Page>
  )
}

export function AutomationPage() {
  const { id } = useParams({ strict: false }) as { id: string }
  const automation = useApi<Automation>(`/v1/automations/${id}`)
  return (
    <Loaded of={automation} what="the automation">
      {(found) => <OneAutomation key={id} automation={found} />}
    </Loaded>
  )
}

/** What it did and did not do, and why; and how it is set up. */
function OneAutomation({ automation }: { automation: Automation }) {
  const [removing, setRemoving] = useState(false)
  const { can, times } = useHere()
  const navigate = useNavigate()
  const [search, setSearch] = useSearch()
  const [asking, setAsking] = useState(false)
  const isOut = useIsOut()
  const trackers = useList<Tracker>('/v1/trackers', { limit: 200 })
  const names = new Map(trackers.rows?.map(({ id, name }) => [id, name]))
  const mayWrite = can('trackers:write')
  const change = useChange(() =>
    api.patch(`/v1/automations/${automation.id}`, { enabled: !automation.enabled }),
  )
  const remove = useChange(async () => {
    await api.del(`/v1/automations/${automation.id}`)
    await navigate({ to: '/automations' })
  })
  const tabs = { log: 'Run log', setup: 'Set-up' }
  const tab = search.tab === 'setup' && mayWrite ? 'setup' : 'log'
  return (
    <Page
      title={automation.name}
      crumbs={<Link to="/automations">Automations</Link>}
      status={
        !automation.enabled ? (
          <Pill>Off</Pill>
        ) : isOut ? (
          <Pill tone="danger">On hold</Pill>
        ) : (
          <Pill tone="ok">On</Pill>
        )
      }
      intro={
        <>
          {whenText(automation.when, names)}
          {automation.nextAt && automation.enabled && (
            <span className="num">; next {times.moment(automation.nextAt)}</span>
          )}
          .
        </>
      }
      actions={
        mayWrite && (
          <>
            <Button
              variant="default"
              loading={change.isPending}
              onClick={() => change.mutate(undefined)}
            >
              {automation.enabled ? 'Switch off' : 'Switch on'}
            </Button>
            <Gated
              leftSection={<Play size={14} />}
              reason={isOut && 'Out of credits: it would be skipped.'}
              onClick={() => setAsking(true)}
            >
              Run now…
            </Gated>
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
        {isOut && automation.enabled && (
          <Notice tone="warn" title="On hold: out of credits">
            Runs are skipped and logged. They are not made up for; the next trigger after credits
            are added works.
          </Notice>
        )}
        <FormError error={change.error} />
        {mayWrite && (
          <nav className="tabs" aria-label="Of this automation" style={{ marginBottom: 0 }}>
            {Object.entries(tabs).map(([key, label]) => (
              <a
                key={key}
                href={`?tab=${key}`}
                {...(tab === key ? { 'aria-current': 'page' as const } : {})}
                onClick={(event) => {
                  event.preventDefault()
                  setSearch({ tab: key === 'log' ? null : key })
                }}
              >
                {label}
              </a>
            ))}
          </nav>
        )}
        {tab === 'log' ? (
          <Runs automation={automation} />
        ) : (
          <AutomationForm
            key={JSON.stringify(automation)}
            given={automation}
            briefId=""
            label="Save"
            saved={({ name }) => {
              notifications.show({ title: name, message: 'Saved.' })
              setSearch({ tab: null })
            }}
          />
        )}
      </div>
      {removing && (
        <Confirm
          title={`Delete “${automation.name}”?`}
          label="Delete"
          of={remove}
          close={() => setRemoving(false)}
        >
          <p>Its run log goes with it; what it generated stays.</p>
        </Confirm>
      )}
      {asking && <RunNow automation={automation} close={() => setAsking(false)} />}
    </Page>
  )
}

/** The log's words for why a run did nothing, or failed. */
const reasons: Record<string, string> = {
  out_of_credits: 'Out of credits',
  insufficient_credits: 'Its price was more than what was left',
  over_budget: 'A budget is reached',
  feature_disabled: 'Switched off for the team',
  does_not_fit: 'Nothing fits its conditions',
  nothing_new: 'Nothing new since the last time',
  no_entity: 'The call or email belongs to no account or deal',
  not_found: 'What it is about, or its brief, is gone',
  brief_not_published: 'Its brief is a draft',
  withheld_from_some: 'Not delivered to those who may not see all that it stands on',
  model_failed: 'The AI provider failed; nothing was charged',
}

const causes = { schedule: 'Schedule', item: 'A call or email', asked: 'Run now' }

function Runs({ automation }: { automation: Automation }) {
  const { times, can } = useHere()
  const runs = useList<AutomationRun>(
    `/v1/automations/${automation.id}/runs`,
    {},
    { everyMs: 5_000 },
  )
  return (
    <Card title="Run log" note="Every time it was set off, skipped ones with their reason." flush>
      <ListTable
        what="the runs"
        of={runs}
        caption="Runs, newest first"
        id={({ id }) => id}
        empty={
          <Empty title="It has not run yet">
            {automation.enabled
              ? 'Each run stands here, with its cost or the reason why it was skipped.'
              : 'It is switched off.'}
          </Empty>
        }
        columns={[
          {
            head: 'When',
            lead: true,
            cell: ({ at }) => <span className="num">{times.moment(at)}</span>,
          },
          { head: 'Set off by', cell: ({ cause }) => causes[cause] },
          { head: 'Outcome', cell: ({ status }) => <JobStatus status={status} /> },
          {
            head: 'Why',
            cell: ({ reason }) =>
              reason && (
                <span className="soft">{reasons[reason] ?? reason.replaceAll('_', ' ')}</span>
              ),
          },
          {
            head: 'Brief',
            cell: ({ generatedId }) =>
              generatedId && (
                <Link to={`/briefs/${automation.then.briefId}/generated/${generatedId}`}>Open</Link>
              ),
          },
          ...(can('credits:read')
            ? [
                {
                  head: 'Credits',
                  right: true,
                  amount: true,
                  cell: ({ credits }: AutomationRun) => <Credits value={credits} />,
                },
              ]
            : []),
        ]}
      />
    </Card>
  )
}
