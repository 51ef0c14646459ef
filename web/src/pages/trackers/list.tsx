import { Button, SegmentedControl } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { useApi, useList } from '../../api/queries.ts'
import type { Tracker, Usage } from '../../api/types.ts'
import { creditsText, microsOf, sumOf, ZERO } from '../../credits.ts'
import { useSearch } from '../../search.ts'
import { useHere } from '../../session.ts'
import { daysFrom } from '../../times.ts'
import { Card, Credits, Empty, Gated, Notice, Page } from '../../ui/parts.tsx'
import { FreePill, TrackerStatus } from '../../ui/status.tsx'
import { ListTable } from '../../ui/table.tsx'
import { counted } from '../../words.ts'

const views: Record<string, { label: string; has: (tracker: Tracker) => boolean }> = {
  all: { label: 'All', has: () => true },
  live: { label: 'Live', has: ({ status }) => status === 'published' },
  stopped: { label: 'Stopped', has: isStopped },
  draft: { label: 'Drafts', has: ({ status }) => status === 'draft' || status === 'unpublished' },
}

function isStopped({ status }: Tracker): boolean {
  return status === 'out_of_credits' || status === 'over_budget'
}

/** Which trackers there are, how they stand, and what they cost. */
export function TrackersPage() {
  const { can, times, now } = useHere()
  const [search, setSearch] = useSearch()
  const trackers = useList<Tracker>('/v1/trackers', { limit: 200 }, { everyMs: 5_000 })
  const usage = useApi<Usage>(
    '/v1/credits/usage',
    {
      ...{ from: times.iso(daysFrom(now(), -27)), to: times.iso(daysFrom(now(), 1)) },
      ...{ granularity: 'month', groupBy: 'instance' },
    },
    { enabled: can('credits:read') },
  )
  const used = new Map<string, bigint>()
  for (const { key, credits } of usage.data?.data ?? []) {
    if (key) used.set(key, (used.get(key) ?? ZERO) + microsOf(credits))
  }
  const stopped = trackers.rows?.filter(({ status }) => status === 'out_of_credits') ?? []
  const view = search.view && search.view in views ? search.view : 'all'
  const rows = trackers.rows?.filter(views[view]!.has)
  return (
    <Page
      title="Trackers"
      intro="A tracker asks one question of every call and email, and keeps the answers with their evidence."
      actions={
        <Gated
          reason={!can('trackers:write') && 'Only admins can make trackers.'}
          leftSection={<Plus size={15} />}
          {...(can('trackers:write') ? { component: Link as never, to: '/trackers/new' } : {})}
        >
          New tracker
        </Gated>
      }
    >
      <div className="stack">
        {stopped.length > 0 && (
          <Notice
            tone="danger"
            title={`${stopped.length} ${stopped.length === 1 ? 'tracker is' : 'trackers are'} stopped, out of credits`}
            actions={
              can('trackers:write') && (
                <Button component={Link} to="/trackers/resume" size="xs">
                  Resume…
                </Button>
              )
            }
          >
            {counted(
              stopped.reduce((sum, { missed }) => sum + missed.callsLong + missed.callsShort, 0),
              'call',
            )}{' '}
            and{' '}
            {counted(
              stopped.reduce((sum, { missed }) => sum + missed.emails, 0),
              'email',
            )}{' '}
            wait
            {can('credits:read')
              ? `; catching up on all would cost ${creditsText(sumOf(stopped.map(({ missed }) => missed.credits)))}.`
              : '. Only admins can resume them.'}
          </Notice>
        )}
        <div>
          <SegmentedControl
            size="xs"
            aria-label="Which trackers"
            value={view}
            onChange={(value) => setSearch({ view: value === 'all' ? null : value })}
            data={Object.entries(views).map(([value, { label, has }]) => ({
              value,
              label: `${label} ${trackers.rows?.filter(has).length ?? ''}`,
            }))}
          />
        </div>
        <Card flush>
          <ListTable
            what="the trackers"
            of={{ ...trackers, rows }}
            caption="Trackers"
            id={({ id }) => id}
            to={({ id, status }) =>
              status === 'draft' ? `/trackers/${id}/edit` : `/trackers/${id}`
            }
            empty={
              trackers.rows?.length ? (
                <Empty
                  title="None of these"
                  action={
                    <Button variant="default" size="xs" onClick={() => setSearch({ view: null })}>
                      Show all
                    </Button>
                  }
                />
              ) : (
                <Empty
                  title="No trackers yet"
                  action={
                    can('trackers:write') && (
                      <Button component={Link} to="/trackers/new">
                        Make the first one
                      </Button>
                    )
                  }
                >
                  You see the exact price of a tracker before it is published.
                </Empty>
              )
            }
            columns={[
              {
                head: 'Tracker',
                lead: true,
                cell: ({ name, question, keywords }) => (
                  <>
                    <span style={{ fontWeight: 550 }}>{name}</span>
                    <div className="muted small clamp">{question ?? keywords.join(', ')}</div>
                  </>
                ),
              },
              {
                head: 'Status',
                cell: ({ status, waitingFor }) => (
                  <TrackerStatus status={status} waiting={waitingFor} />
                ),
              },
              {
                head: 'Reads',
                cell: ({ itemTypes }) => (
                  <span style={{ whiteSpace: 'nowrap' }}>
                    {itemTypes.length > 1
                      ? 'Calls, emails'
                      : itemTypes[0] === 'call'
                        ? 'Calls'
                        : 'Emails'}
                  </span>
                ),
              },
              {
                head: 'Waiting',
                right: true,
                cell: ({ pending }) =>
                  pending ? <span className="num">{pending.toLocaleString('en-US')}</span> : '',
              },
              {
                head: 'Up to date until',
                cell: ({ status, upToDateUntil }) =>
                  status === 'draft' ? (
                    ''
                  ) : (
                    <span className="num soft">{times.moment(upToDateUntil)}</span>
                  ),
              },
              ...(can('credits:read')
                ? [
                    {
                      head: 'Credits, 28 days',
                      right: true,
                      amount: true,
                      cell: ({ id, kind }: Tracker) =>
                        kind === 'question' ? (
                          <Credits value={used.get(id) ?? ZERO} />
                        ) : (
                          <FreePill why={kind} />
                        ),
                    },
                  ]
                : []),
            ]}
          />
        </Card>
      </div>
    </Page>
  )
}
