import { Button, Menu, Modal, SegmentedControl, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { Ellipsis } from 'lucide-react'
import { useState } from 'react'
import { ApiProblem, api } from '../../api/client.ts'
import type { Backfill, Tracker, TrackerResult } from '../../api/generated/types.gen.ts'
import { type Page as ListPage, useApi, useChange, useList } from '../../api/queries.ts'
import { creditsText } from '../../credits.ts'
import { useSearch } from '../../search.ts'
import { useHere } from '../../session.ts'
import { Card, Credits, Empty, FormError, Gated, Loaded, Notice, Page } from '../../ui/parts.tsx'
import { FreePill, JobStatus, Pill, TrackerStatus } from '../../ui/status.tsx'
import { ListTable } from '../../ui/table.tsx'
import { counted, partText, sides } from '../../words.ts'
import { ResultQuotes } from './quotes.tsx'

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
  const remove = useChange(async () => {
    await api.del(`/v1/trackers/${tracker.id}`)
    await navigate({ to: '/trackers' })
  })
  const deleteProblem = remove.error instanceof ApiProblem ? remove.error : undefined
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
                <Button loading={publish.isPending} onClick={() => publish.mutate(undefined)}>
                  Publish again, from now on
                </Button>
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
                <Menu.Item color="red" onClick={() => remove.mutate(undefined)}>
                  Delete
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          </>
        )
      }
    >
      <div className="stack">
        <FormError
          error={
            unpublish.error ??
            publish.error ??
            (deleteProblem?.code === 'conflict' ? null : remove.error)
          }
        />
        {deleteProblem?.code === 'conflict' && (
          <Notice tone="warn" role="alert" title="It cannot be deleted while it is used">
            Used by {tracker.usedBy.map(({ name }) => name).join(', ') || 'something else'}.
            Unpublishing stops it at once and needs no more.
          </Notice>
        )}
        <Stopped tracker={tracker} />
        <RunningJobs tracker={tracker} />
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
      {backfilling && <BackfillDialog tracker={tracker} close={() => setBackfilling(false)} />}
    </Page>
  )
}

/** Since when it stands, what waits, what catching up costs, and who can help. */
export function Stopped({ tracker }: { tracker: Tracker }) {
  const { times, can } = useHere()
  const { status, statusSince, missed, upToDateUntil, usedBy } = tracker
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
            reason={!can('trackers:write') && 'Only admins can resume trackers.'}
            {...(can('trackers:write')
              ? { component: Link as never, to: `/trackers/resume?only=${tracker.id}` }
              : {})}
          >
            Resume…
          </Gated>
        ) : (
          <Button size="xs" variant="default" component={Link} to="/credits/budgets">
            Open budgets
          </Button>
        )
      }
    >
      <p className="num">
        Results up to {times.moment(upToDateUntil)} are available. {counted(calls, 'call')} and{' '}
        {counted(missed.emails, 'email')} are waiting; catching up on all costs{' '}
        {creditsText(missed.credits)}.
      </p>
      {!isPool && <p>It goes on by itself when the period turns or the cap is raised.</p>}
      {usedBy.length > 0 && <p>Not fed meanwhile: {usedBy.map(({ name }) => name).join(', ')}.</p>}
    </Notice>
  )
}

function useBackfills(tracker: Tracker) {
  return useApi<ListPage<Backfill>>(`/v1/trackers/${tracker.id}/backfills`, {}, { everyMs: 2_000 })
}

function RunningJobs({ tracker }: { tracker: Tracker }) {
  const { can } = useHere()
  const backfills = useBackfills(tracker)
  const cancel = useChange((id: string) =>
    api.post(`/v1/trackers/${tracker.id}/backfills/${id}/cancel`),
  )
  const running = backfills.data?.data.filter(({ status }) => status === 'running') ?? []
  return (
    <>
      {running.map((one) => {
        const part = one.total > 0 ? (one.done / one.total) * 100 : 0
        return (
          <div key={one.id} className="notice" style={{ display: 'block' }}>
            <div className="spread wrap">
              <p className="num">
                <b>{one.kind === 'missed' ? 'Catching up' : 'Processing history'}</b>:{' '}
                {one.done.toLocaleString('en-US')} of {one.total.toLocaleString('en-US')} ·{' '}
                {one.found.toLocaleString('en-US')} found · {creditsText(one.credits)} charged
              </p>
              {can('trackers:write') && (
                <Button
                  size="compact-xs"
                  variant="default"
                  loading={cancel.isPending}
                  onClick={() => cancel.mutate(one.id)}
                >
                  Stop
                </Button>
              )}
            </div>
            <div
              className="meter thin"
              style={{ marginTop: 8 }}
              role="progressbar"
              aria-label="Progress"
              aria-valuenow={Math.floor(part)}
              aria-valuemin={0}
              aria-valuemax={100}
            >
              <i style={{ width: `${part}%`, background: 'var(--series-1)' }} />
            </div>
          </div>
        )
      })}
      {tracker.pending > 0 && running.length === 0 && tracker.status === 'published' && (
        <p className="muted small num">{counted(tracker.pending, 'item')} waiting to be read.</p>
      )}
      <FormError error={cancel.error} />
    </>
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
            head: 'Credits',
            right: true,
            amount: true,
            width: 90,
            cell: ({ credits, chargeId }) =>
              chargeId && can('credits:read') ? (
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

function History({ tracker, start }: { tracker: Tracker; start: () => void }) {
  const { times, can } = useHere()
  const backfills = useBackfills(tracker)
  return (
    <Card
      title="Runs over history and missed items"
      flush
      actions={
        <Gated
          size="xs"
          variant="default"
          reason={!can('trackers:write') && 'Only admins can start it.'}
          onClick={start}
        >
          Process history…
        </Gated>
      }
    >
      <Loaded of={backfills} what="the runs">
        {({ data }) => (
          <ListTable
            what="the runs"
            of={{
              rows: data,
              error: null,
              refetch: backfills.refetch,
              hasNextPage: false,
              isFetchingNextPage: false,
              fetchNextPage: () => {},
            }}
            caption="Runs"
            id={({ id }) => id}
            empty={
              <Empty title="No runs yet">
                History is processed only when somebody asks for it.
              </Empty>
            }
            columns={[
              {
                head: 'What',
                lead: true,
                cell: ({ kind, from, to }) => (
                  <>
                    {kind === 'missed' ? 'Missed items' : 'History'}
                    {from && to && (
                      <span className="muted num">
                        {' '}
                        {times.day(from)} – {times.day(to)}
                      </span>
                    )}
                  </>
                ),
              },
              { head: 'Status', cell: ({ status }) => <JobStatus status={status} /> },
              {
                head: 'Started',
                cell: ({ createdAt }) => (
                  <span className="num soft">{times.moment(createdAt)}</span>
                ),
              },
              {
                head: 'Done',
                right: true,
                cell: ({ done, total }) => (
                  <span className="num">
                    {done.toLocaleString('en-US')} of {total.toLocaleString('en-US')}
                  </span>
                ),
              },
              {
                head: 'Found',
                right: true,
                cell: ({ found }) => <span className="num">{found.toLocaleString('en-US')}</span>,
              },
              {
                head: 'Charged',
                right: true,
                amount: true,
                cell: ({ credits }) => <Credits value={credits} />,
              },
            ]}
          />
        )}
      </Loaded>
    </Card>
  )
}

interface Priced {
  total: number
  credits: number
  warnings: string[]
}

function BackfillDialog({ tracker, close }: { tracker: Tracker; close: () => void }) {
  const { times, now } = useHere()
  const [from, setFrom] = useState('')
  const [to, setTo] = useState(times.iso(now()))
  const range = { from: `${from}T00:00:00Z`, to: `${to}T23:59:59Z` }
  const isWhole = from !== '' && to !== '' && from <= to
  const price = useChange(() =>
    api.post<Priced>(`/v1/trackers/${tracker.id}/backfills`, { ...range, dryRun: true }),
  )
  const start = useChange(async () => {
    await api.post(`/v1/trackers/${tracker.id}/backfills`, range)
    close()
  })
  const set = (change: () => void) => {
    change()
    price.reset()
  }
  return (
    <Modal opened onClose={close} title={`Process history with “${tracker.name}”`}>
      <div className="stack">
        <div className="grid-2">
          <TextInput
            type="date"
            label="From"
            value={from}
            data-autofocus
            onChange={(event) => {
              const { value } = event.currentTarget
              set(() => setFrom(value))
            }}
          />
          <TextInput
            type="date"
            label="To"
            value={to}
            onChange={(event) => {
              const { value } = event.currentTarget
              set(() => setTo(value))
            }}
          />
        </div>
        {price.data && (
          <Notice
            tone={price.data.warnings.length ? 'warn' : 'info'}
            title={`${counted(price.data.total, 'item')} not yet processed, ${creditsText(price.data.credits)} credits`}
          >
            {price.data.warnings.join(' ')}
          </Notice>
        )}
        <FormError error={price.error ?? start.error} />
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          {price.data ? (
            <Button
              loading={start.isPending}
              disabled={price.data.total === 0}
              onClick={() => start.mutate(undefined)}
            >
              Process – {creditsText(price.data.credits)} credits
            </Button>
          ) : (
            <Gated
              reason={!isWhole && 'Choose both days.'}
              loading={price.isPending}
              onClick={() => price.mutate(undefined)}
            >
              Show the price
            </Gated>
          )}
        </div>
      </div>
    </Modal>
  )
}
