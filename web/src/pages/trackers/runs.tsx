import { Button, Modal, TextInput } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { type Page as ListPage, useApi, useChange, useList } from '../../api/queries.ts'
import type { Backfill, Tracker, TrackerFailure } from '../../api/types.ts'
import { creditsText } from '../../credits.ts'
import { useHere } from '../../session.ts'
import { daysFrom } from '../../times.ts'
import { Card, Credits, Empty, FormError, Gated, Loaded, Notice } from '../../ui/parts.tsx'
import { JobStatus } from '../../ui/status.tsx'
import { ListTable } from '../../ui/table.tsx'
import { counted } from '../../words.ts'

function useBackfills(tracker: Tracker) {
  return useApi<ListPage<Backfill>>(`/v1/trackers/${tracker.id}/backfills`, {}, { everyMs: 2_000 })
}

/** What reads history or missed items right now. */
export function RunningJobs({ tracker }: { tracker: Tracker }) {
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
                {one.found.toLocaleString('en-US')} found
                {can('credits:read') && ` · ${creditsText(one.credits)} charged`}
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
              aria-valuetext={`${one.done} of ${one.total}`}
            >
              <i style={{ width: `${part}%`, background: 'var(--series-1)' }} />
            </div>
          </div>
        )
      })}
      {tracker.waitingFor === 'held' && (
        <Notice title="Waits for held credits">
          Other work has reserved what is left. It goes on by itself when that ends.
        </Notice>
      )}
      {tracker.pending > 0 && running.length === 0 && tracker.status === 'published' && (
        <p className="muted small num">
          {counted(tracker.pending, 'call or email')} waiting to be read.
        </p>
      )}
      <FormError error={cancel.error} />
    </>
  )
}

/** All runs over history and missed items. */
export function History({ tracker, start }: { tracker: Tracker; start: () => void }) {
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
                head: 'Estimated',
                right: true,
                cell: ({ estimatedCredits }) =>
                  estimatedCredits === null ? (
                    <span className="muted">Not known</span>
                  ) : (
                    <Credits value={estimatedCredits} />
                  ),
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

const failureReasons: Record<TrackerFailure['reason'], string> = {
  'invalid-answer': 'The model gave no usable answer',
  timeout: 'The model took too long',
}

/** What could not be read after several tries; nothing was charged for it. */
export function Failures({ tracker, start }: { tracker: Tracker; start: () => void }) {
  const { times, can } = useHere()
  const failures = useList<TrackerFailure>(`/v1/trackers/${tracker.id}/failures`)
  return (
    <Card
      title={`${counted(tracker.failed, 'call or email')} could not be read`}
      note="Tried five times each, and not charged. Processing their dates again tries them anew."
      flush
      actions={
        <Gated
          size="xs"
          variant="default"
          reason={!can('trackers:write') && 'Only admins can start it.'}
          onClick={start}
        >
          Process their dates…
        </Gated>
      }
    >
      <ListTable
        what="what could not be read"
        of={failures}
        caption="Calls and emails that could not be read"
        id={({ itemType, itemId }) => `${itemType} ${itemId}`}
        empty={<Empty title="None that you may see" />}
        columns={[
          {
            head: 'What',
            lead: true,
            cell: ({ itemType, itemId, title }) => (
              <Link to={`/${itemType}s/${encodeURIComponent(itemId)}`}>{title || itemId}</Link>
            ),
          },
          {
            head: 'Of',
            cell: ({ itemAt }) => <span className="num soft">{times.day(itemAt)}</span>,
          },
          { head: 'Why', cell: ({ reason }) => failureReasons[reason] },
          {
            head: 'Last try',
            right: true,
            cell: ({ at }) => <span className="num soft">{times.moment(at)}</span>,
          },
        ]}
      />
    </Card>
  )
}

interface Priced {
  total: number
  credits: number
  warnings: string[]
}

/** Prices a range of history first, then has it read. */
export function BackfillDialog({ tracker, close }: { tracker: Tracker; close: () => void }) {
  const { times, now } = useHere()
  const [from, setFrom] = useState('')
  const [to, setTo] = useState(times.iso(now()))
  const isWhole = from !== '' && to !== '' && from <= to
  const range = isWhole
    ? { from: times.begin(from), to: times.begin(times.iso(daysFrom(new Date(`${to}T12:00Z`), 1))) }
    : undefined
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
            title={`${price.data.total.toLocaleString('en-US')} not yet processed, ${creditsText(price.data.credits)} credits`}
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
