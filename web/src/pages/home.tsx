import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Check } from 'lucide-react'
import { useApi, useBalance, useList } from '../api/queries.ts'
import type {
  CallListed,
  Contract,
  Member,
  Stream,
  Notification as Told,
  Tracker,
} from '../api/types.ts'
import { creditsText, percentText } from '../credits.ts'
import { useHere } from '../session.ts'
import { PoolMeter } from '../ui/meter.tsx'
import { Card, Empty, Loading, Page } from '../ui/parts.tsx'
import { TrackerStatus } from '../ui/status.tsx'
import { DataTable } from '../ui/table.tsx'
import { OwnUse } from './own-use.tsx'
import { Calls } from './work/items.tsx'

/** What changed, and whether something stands still; what is there depends on the role. */
export function HomePage() {
  const { session, can } = useHere()
  const hour = new Date().getHours()
  const greeting = hour < 12 ? 'Good morning' : hour < 18 ? 'Good afternoon' : 'Good evening'
  return (
    <Page title={`${greeting}, ${session.member.name.split(' ')[0]}`}>
      <div className="stack">
        {can('admin') && <SetUpSteps />}
        {can('credits:read') && <PoolStrip />}
        <div className="grid-2">
          <Attention />
          <News />
        </div>
        {!can('credits:read') && <OwnUse />}
        <Card
          title="Latest calls"
          flush
          actions={
            <Link to="/conversations" className="small">
              All calls and emails
            </Link>
          }
        >
          <LatestCalls />
        </Card>
      </div>
    </Page>
  )
}

function LatestCalls() {
  return <Calls filter={{ limit: '6' }} />
}

/** What a new company still needs; gone once all is done. */
function SetUpSteps() {
  const contract = useApi<Contract>('/v1/contract')
  const { data: balance } = useBalance()
  const calls = useList<CallListed>('/v1/calls', { limit: 1 })
  const members = useList<Member>('/v1/members', { limit: 2 })
  const trackers = useList<Tracker>('/v1/trackers', { limit: 5 })
  if (!balance || !calls.rows || !members.rows || !trackers.rows || contract.isPending) return null
  const steps = [
    {
      name: 'Set the contract and its seats',
      to: '/admin/contract',
      isDone: !!contract.data || balance.total > 0,
    },
    { name: 'Bring in calls and emails', to: '/import', isDone: calls.rows.length > 0 },
    { name: 'Invite people', to: '/admin/people', isDone: members.rows.length > 1 },
    {
      name: 'Price and publish a tracker',
      to: '/trackers/new',
      isDone: trackers.rows.some(({ status }) => status !== 'draft'),
    },
  ]
  const done = steps.filter(({ isDone }) => isDone).length
  if (done === steps.length) return null
  const next = steps.find(({ isDone }) => !isDone)!
  return (
    <Card
      title="Setting up"
      note={`${done} of ${steps.length} done`}
      actions={
        <Button component={Link} to={next.to} size="xs">
          {next.name}
        </Button>
      }
    >
      <ul className="plain stack-s">
        {steps.map(({ name, to, isDone }) => (
          <li key={name} className="row">
            {isDone ? (
              <Check size={15} color="var(--ok)" aria-label="done" />
            ) : (
              <span style={{ width: 15 }} />
            )}
            {isDone ? <span className="muted">{name}</span> : <Link to={to}>{name}</Link>}
          </li>
        ))}
      </ul>
    </Card>
  )
}

function PoolStrip() {
  const { data } = useBalance()
  if (!data)
    return (
      <Card>
        <Loading lines={2} />
      </Card>
    )
  return (
    <Card>
      <div className="row wrap" style={{ gap: 32 }}>
        <div>
          <p className="muted small">Credits left</p>
          <p className="figure-m num">
            <Link to="/credits" style={{ color: 'inherit' }}>
              {creditsText(data.available)}
            </Link>
          </p>
        </div>
        <div className="grow" style={{ minWidth: 220 }}>
          <p className="small soft num" style={{ marginBottom: 6 }}>
            {percentText(data.usedPercent)} % of {creditsText(data.total)} used
          </p>
          <PoolMeter balance={data} thin />
        </div>
        <Button component={Link} to="/credits" variant="default" size="xs">
          Open credits
        </Button>
      </div>
    </Card>
  )
}

function Attention() {
  const trackers = useList<Tracker>('/v1/trackers', { limit: 100 }, { everyMs: 10_000 })
  const streams = useList<Stream>('/v1/streams', { limit: 100 })
  const odd =
    trackers.rows?.filter(
      ({ status }) => status === 'out_of_credits' || status === 'over_budget',
    ) ?? []
  const live = trackers.rows?.filter(({ status }) => status === 'published') ?? []
  const shown = [...odd, ...live].slice(0, 6)
  const stale = streams.rows?.filter((stream) => stream.stale !== null) ?? []
  return (
    <Card
      title="Trackers"
      note={odd.length ? `${odd.length} stopped` : undefined}
      flush
      actions={
        <Link to="/trackers" className="small">
          All trackers
        </Link>
      }
    >
      {!trackers.rows ? (
        <Loading />
      ) : shown.length === 0 ? (
        <Empty title="None is published">Published trackers show here how they stand.</Empty>
      ) : (
        <DataTable
          caption="Trackers"
          rows={shown}
          id={({ id }) => id}
          to={({ id }) => `/trackers/${id}`}
          columns={[
            { head: 'Tracker', lead: true, cell: ({ name }) => name },
            {
              head: 'Status',
              cell: ({ status, waitingFor }) => (
                <TrackerStatus status={status} waiting={waitingFor} />
              ),
            },
          ]}
        />
      )}
      {stale.length > 0 && (
        <p className="small soft" style={{ padding: '0 16px 12px' }}>
          Not up to date: {stale.map(({ name }) => name).join(', ')}.
        </p>
      )}
    </Card>
  )
}

function News() {
  const { times } = useHere()
  const notices = useList<Told>('/v1/notifications', { limit: 6 })
  return (
    <Card
      title="Notifications"
      flush
      actions={
        <Link to="/inbox" className="small">
          All
        </Link>
      }
    >
      {!notices.rows ? (
        notices.error ? (
          <Empty title="Nothing new" />
        ) : (
          <Loading />
        )
      ) : notices.rows.length === 0 ? (
        <Empty title="Nothing new" />
      ) : (
        <ul className="plain" style={{ padding: '4px 16px 12px' }}>
          {notices.rows.slice(0, 6).map(({ id, title, kind, at, path, readAt }) => (
            <li key={id} className="spread" style={{ padding: '6px 0' }}>
              <Link
                to={path ?? '/inbox'}
                style={{ color: 'inherit', fontWeight: readAt ? 400 : 600 }}
              >
                {title ?? kind}
              </Link>
              <span className="muted small num">{times.dayMonth(at)}</span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}
