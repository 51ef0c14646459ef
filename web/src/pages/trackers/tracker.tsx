import { Button, Menu, SegmentedControl } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { Ellipsis } from 'lucide-react'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { useApi, useChange, useList } from '../../api/queries.ts'
import type { Tracker, TrackerEstimate, TrackerResult } from '../../api/types.ts'
import { creditsText } from '../../credits.ts'
import { useSearch } from '../../search.ts'
import { useHere } from '../../session.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { Card, Credits, Empty, FormError, Gated, Loaded, Notice, Page } from '../../ui/parts.tsx'
import { FreePill, Pill, TrackerStatus } from '../../ui/status.tsx'
import { ListTable } from '../../ui/table.tsx'
import { counted, partText, sides } from '../../words.ts'
import { perMonthText } from './estimate.tsx'
import { ResultQuotes } from './quotes.tsx'
import { BackfillDialog, Failures, History, RunningJobs } from './runs.tsx'
import { useAdminNames, useIsOut } from './standing.tsx'

/** One tracker: what it found, what it does now, what it costs, and what depends on it. */
export function TrackerPage() {
  const { id } = useParams({ strict: false }) as { id: string }
  const tracker = useApi<Tracker>(`/v1/trackers/${id}`, {}, { everyMs: 2_000 })
  return (
    <Loaded of={tracker} what="the tracker">
      {(found) => <OneTracker tracker={found} />}
    </Loaded>
  )
}

const tabs = { results: 'Results', history: 'History and runs', about: 'Definition' }

function OneTracker({ tracker }: { tracker: Tracker }) {
  const { can, times } = useHere()
  const navigate = useNavigate()
  const [search, setSearch] = useSearch()
  const [backfilling, setBackfilling] = useState(false)
  const [removing, setRemoving] = useState(false)
  const tab = search.tab && search.tab in tabs ? search.tab : 'results'
  const mayWrite = can('trackers:write')
  const isLive = ['published', 'out_of_credits', 'over_budget'].includes(tracker.status)
  const unpublish = useChange(async () => {
    await api.post(`/v1/trackers/${tracker.id}/unpublish`)
    notifications.show({
      title: `${tracker.name} is unpublished`,
      message: tracker.usedBy.length
        ? `Results stay. No longer fed: ${tracker.usedBy.map(({ name }) => name).join(', ')}.`
        : 'Results stay; nothing more is charged.',
    })
  })
  const publish = useChange(() => api.post(`/v1/trackers/${tracker.id}/publish`, {}))
  const again = useAgain(tracker)
  const remove = useChange(async () => {
    await api.del(`/v1/trackers/${tracker.id}`)
    await navigate({ to: '/trackers' })
  })
  return (
    <Page
      title={tracker.name}
      crumbs={<Link to="/trackers">Trackers</Link>}
      status={<TrackerStatus status={tracker.status} waiting={tracker.waitingFor} />}
      intro={tracker.question ?? tracker.keywords.join(', ')}
      actions={
        mayWrite && (
          <>
            <Button component={Link} to={`/trackers/${tracker.id}/edit`} variant="default">
              Edit
            </Button>
            {isLive ? (
              <Button
                variant="default"
                loading={unpublish.isPending}
                onClick={() => unpublish.mutate(undefined)}
              >
                Unpublish
              </Button>
            ) : (
              tracker.status === 'unpublished' && (
                <Gated
                  reason={again.reason}
                  loading={publish.isPending}
                  onClick={() => publish.mutate(undefined)}
                >
                  {again.label}
                </Gated>
              )
            )}
            <Menu position="bottom-end">
              <Menu.Target>
                <button type="button" className="icon-button" aria-label="More">
                  <Ellipsis size={16} />
                </button>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item onClick={() => setBackfilling(true)}>Process history…</Menu.Item>
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
        <FormError error={unpublish.error ?? publish.error} />
        <Stopped tracker={tracker} />
        <RunningJobs tracker={tracker} />
        {tracker.failed > 0 && tab !== 'history' && (
          <Notice
            tone="warn"
            title={`${counted(tracker.failed, 'call or email')} could not be read`}
            actions={
              <Button size="xs" variant="default" onClick={() => setSearch({ tab: 'history' })}>
                Show
              </Button>
            }
          >
            Each was tried five times; none was charged.
          </Notice>
        )}
        <nav className="tabs" aria-label="Of this tracker" style={{ marginBottom: 0 }}>
          {Object.entries(tabs).map(([key, label]) => (
            <a
              key={key}
              href={`?tab=${key}`}
              {...(tab === key ? { 'aria-current': 'page' as const } : {})}
              onClick={(event) => {
                event.preventDefault()
                setSearch({ tab: key === 'results' ? null : key })
              }}
            >
              {label}
            </a>
          ))}
        </nav>
        {tab === 'results' && <Results tracker={tracker} />}
        {tab === 'history' && <History tracker={tracker} start={() => setBackfilling(true)} />}
        {tab === 'history' && tracker.failed > 0 && (
          <Failures tracker={tracker} start={() => setBackfilling(true)} />
        )}
        {tab === 'about' && (
          <Card
            title={`Version ${tracker.version}`}
            note={`Made ${times.moment(tracker.createdAt)}`}
          >
            <dl className="facts">
              <dt>Kind</dt>
              <dd>
                {tracker.kind === 'question' ? (
                  'Question, spends credits'
                ) : (
                  <FreePill why={tracker.kind} />
                )}
              </dd>
              {tracker.question && (
                <>
                  <dt>Question</dt>
                  <dd>{tracker.question}</dd>
                </>
              )}
              {tracker.instructions && (
                <>
                  <dt>Instructions</dt>
                  <dd>{tracker.instructions}</dd>
                </>
              )}
              <dt>Reads</dt>
              <dd>
                {tracker.itemTypes
                  .map((type) => (type === 'call' ? 'calls' : 'emails'))
                  .join(' and ')}
                , {partText(tracker.part)}, said by {sides[tracker.side]}
              </dd>
              <dt>Filters</dt>
              <dd>
                {Object.entries(tracker.filters).map(([name, value]) => (
                  <div key={name}>
                    {name}: {[value].flat().join(', ')}
                  </div>
                ))}
                {Object.keys(tracker.filters).length === 0 && 'none'}
              </dd>
              <dt>Used by</dt>
              <dd>
                {tracker.usedBy.length
                  ? tracker.usedBy.map(({ type, id, name }) => (
                      <div key={id}>
                        {name} <span className="muted">({type})</span>
                      </div>
                    ))
                  : 'nothing'}
              </dd>
              <dt>Id</dt>
              <dd className="mono">{tracker.id}</dd>
            </dl>
          </Card>
        )}
      </div>
      {removing && (
        <Confirm
          title={`Delete “${tracker.name}”?`}
          label="Delete with its results"
          of={remove}
          close={() => setRemoving(false)}
        >
          {tracker.usedBy.length > 0 ? (
            <Notice tone="warn" title="It cannot be deleted while it is used">
              Used by {tracker.usedBy.map(({ name }) => name).join(', ')}. Unpublishing stops it at
              once and needs no more.
            </Notice>
          ) : (
            <p>Its results and evidence go with it. What was charged stays charged.</p>
          )}
        </Confirm>
      )}
      {backfilling && <BackfillDialog tracker={tracker} close={() => setBackfilling(false)} />}
    </Page>
  )
}

/** Publishing again, from now on, with its price on the button. */
function useAgain(tracker: Tracker): { label: string; reason: string | false } {
  const isPaid = tracker.kind === 'question'
  const isOut = useIsOut()
  const estimate = useQuery({
    queryKey: ['estimate', tracker.id, 'again'],
    queryFn: () => api.post<TrackerEstimate>(`/v1/trackers/${tracker.id}/estimate`, {}),
    enabled: isPaid && tracker.status === 'unpublished',
    staleTime: 30_000,
  })
  if (!isPaid) return { label: 'Publish again – free', reason: false }
  if (isOut) return { label: 'Publish again', reason: 'Out of credits.' }
  if (!estimate.data) return { label: 'Publish again', reason: 'Cost unknown until it is counted.' }
  return { label: `Publish again – about ${perMonthText(estimate.data)}`, reason: false }
}

/** Since when it stands, what waits, what catching up costs, and who can help. */
export function Stopped({ tracker }: { tracker: Tracker }) {
  const { times, can } = useHere()
  const { status, statusSince, missed, upToDateUntil, usedBy } = tracker
  const admins = useAdminNames()
  if (status !== 'out_of_credits' && status !== 'over_budget') return null
  const isPool = status === 'out_of_credits'
  const calls = missed.callsLong + missed.callsShort
  return (
    <Notice
      tone={isPool ? 'danger' : 'warn'}
      title={`Stopped – ${isPool ? 'out of credits' : 'budget reached'} since ${times.moment(statusSince)}`}
      actions={
        isPool ? (
          <Gated
            size="xs"
            reason={!can('trackers:write') && `Only admins can resume trackers: ask ${admins}.`}
            {...(can('trackers:write')
              ? { component: Link as never, to: `/trackers/resume?only=${tracker.id}` }
              : {})}
          >
            Resume…
          </Gated>
        ) : (
          can('admin') && (
            <Button size="xs" variant="default" component={Link} to="/credits/budgets">
              Raise the budget
            </Button>
          )
        )
      }
    >
      <p className="num">
        Results up to {times.moment(upToDateUntil)} are available. {counted(calls, 'call')} and{' '}
        {counted(missed.emails, 'email')} are waiting
        {can('credits:read') && (
          <>
            ; catching up on all costs <b>{creditsText(missed.credits)}</b>
          </>
        )}
        .
      </p>
      {!can('trackers:write') && <p>{admins} can help.</p>}
      {!isPool && <p>It goes on by itself when the period turns or the cap is raised.</p>}
      {usedBy.length > 0 && <p>Not fed meanwhile: {usedBy.map(({ name }) => name).join(', ')}.</p>}
    </Notice>
  )
}

function Results({ tracker }: { tracker: Tracker }) {
  const { times, can } = useHere()
  const [search, setSearch] = useSearch()
  const found = search.found ?? 'true'
  const results = useList<TrackerResult>(
    `/v1/trackers/${tracker.id}/results`,
    { limit: 20, ...(found === 'all' ? {} : { found }) },
    { everyMs: 4_000 },
  )
  return (
    <Card
      title="Results"
      note={`Up to date until ${times.moment(tracker.upToDateUntil)}`}
      flush
      actions={
        <SegmentedControl
          size="xs"
          aria-label="Which results"
          value={found}
          onChange={(value) => setSearch({ found: value === 'true' ? null : value })}
          data={[
            { value: 'true', label: 'Found' },
            { value: 'false', label: 'Not found' },
            { value: 'all', label: 'All' },
          ]}
        />
      }
    >
      <ListTable
        what="the results"
        of={results}
        caption="Results, newest first"
        id={({ itemType, itemId, version }) => `${itemType} ${itemId} ${version}`}
        empty={
          <Empty title={found === 'true' ? 'Nothing found yet' : 'No results yet'}>
            {tracker.status === 'draft'
              ? 'Publish it first; history is processed when you ask for it.'
              : 'New calls and emails are read as they arrive.'}
          </Empty>
        }
        columns={[
          {
            head: 'Answer and evidence',
            lead: true,
            cell: (result) => <ResultQuotes result={result} />,
          },
          {
            head: 'Date',
            width: 130,
            cell: ({ itemAt }) => <span className="num soft">{times.day(itemAt)}</span>,
          },
          {
            head: 'Version',
            width: 80,
            cell: ({ version }) =>
              version === tracker.version ? (
                <span className="muted num">{version}</span>
              ) : (
                <Pill tone="outline">old: {version}</Pill>
              ),
          },
          {
            head: can('credits:read') ? 'Credits' : '',
            right: true,
            amount: true,
            width: 90,
            cell: ({ credits, chargeId }) =>
              !can('credits:read') ? null : chargeId ? (
                <Link to={`/credits/charges/${chargeId}`} data-testid="result-charge">
                  <Credits value={credits} />
                </Link>
              ) : credits > 0 ? (
                <Credits value={credits} />
              ) : (
                <span className="muted">free</span>
              ),
          },
        ]}
      />
    </Card>
  )
}
