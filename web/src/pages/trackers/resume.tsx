import { Button, Checkbox, Select } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useQueries } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { ArrowDown, ArrowUp } from 'lucide-react'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { useBalance, useChange, useList } from '../../api/queries.ts'
import type { ResumedTracker, Tracker } from '../../api/types.ts'
import { creditsText, type Micros, microsOf, ZERO } from '../../credits.ts'
import { useSearch } from '../../search.ts'
import { useHere } from '../../session.ts'
import { Card, Empty, Failed, FormError, Gated, Loading, Page } from '../../ui/parts.tsx'
import { DataTable } from '../../ui/table.tsx'
import { counted } from '../../words.ts'
import '../work/work.css'

type Missed = 'calls' | 'all' | 'none'

interface Row {
  tracker: Tracker
  priced: ResumedTracker | undefined
  error: Error | null
  choice: Missed
  isChosen: boolean
  cost: Micros
}

/** What stopped, what it missed, and what starting again costs; nothing starts by itself. */
export function ResumePage() {
  const { times } = useHere()
  const navigate = useNavigate()
  const [search] = useSearch()
  const { data: balance } = useBalance()
  const trackers = useList<Tracker>('/v1/trackers', { limit: 200 })
  const [choices, setChoices] = useState<Record<string, Missed>>({})
  const [left, setLeft] = useState<Record<string, boolean>>({})
  const [order, setOrder] = useState<string[]>([])
  const placeOf = (id: string) => (order.includes(id) ? order.indexOf(id) : order.length)
  const stopped = (
    trackers.rows?.filter(({ status }) => status === 'out_of_credits') ?? []
  ).toSorted((a, b) => placeOf(a.id) - placeOf(b.id))
  const priced = useQueries({
    queries: stopped.map(({ id }) => ({
      queryKey: ['resume', id],
      queryFn: () =>
        api.post<ResumedTracker>(`/v1/trackers/${id}/resume`, { missed: 'all', dryRun: true }),
      retry: false,
    })),
  })
  const rows = stopped.map((tracker, place): Row => {
    const found = priced[place]
    const choice = choices[tracker.id] ?? 'calls'
    const cost = choice === 'none' ? ZERO : microsOf(found?.data?.missed[choice].credits ?? 0)
    const isChosen =
      left[tracker.id] === undefined
        ? !search.only || search.only === tracker.id
        : !left[tracker.id]
    return { tracker, priced: found?.data, error: found?.error ?? null, choice, isChosen, cost }
  })
  const move = (place: number, by: number) => {
    const next = stopped.map(({ id }) => id)
    next.splice(place + by, 0, ...next.splice(place, 1))
    setOrder(next)
  }
  const chosen = rows.filter(({ isChosen }) => isChosen)
  const sum = chosen.reduce((total, { cost }) => total + cost, ZERO)
  const available = microsOf(balance?.available ?? 0)
  /** Leaves out, in order, what the credits do not reach. */
  const chooseWhatFits = () => {
    let rest = available
    const kept: Record<string, boolean> = {}
    for (const { tracker, cost } of rows) {
      kept[tracker.id] = cost > rest
      if (cost <= rest) rest -= cost
    }
    setLeft(kept)
  }
  const resume = useChange(async () => {
    for (const { tracker, choice } of chosen) {
      await api.post(`/v1/trackers/${tracker.id}/resume`, { missed: choice })
    }
    notifications.show({
      title: `${chosen.length} ${chosen.length === 1 ? 'tracker' : 'trackers'} resumed`,
      message:
        sum > 0n
          ? 'What they missed is being processed, oldest first.'
          : 'They read what arrives from now on.',
    })
    await navigate({ to: chosen.length === 1 ? `/trackers/${chosen[0]!.tracker.id}` : '/trackers' })
  })
  const reason =
    chosen.length === 0
      ? 'Choose at least one.'
      : balance?.status === 'exhausted'
        ? 'Out of credits: add some first.'
        : undefined
  return (
    <Page
      title="Resume trackers"
      crumbs={<Link to="/trackers">Trackers</Link>}
      intro="Adding credits starts no tracker. Choose which go on, and what of the missed items they catch up on."
    >
      {trackers.error && !trackers.rows ? (
        <Failed what="the trackers" error={trackers.error} retry={trackers.refetch} />
      ) : !trackers.rows ? (
        <Loading />
      ) : rows.length === 0 ? (
        <Card>
          <Empty title="Nothing is stopped">Every published tracker is running.</Empty>
        </Card>
      ) : (
        <div className="stack">
          <Card flush className="card resume">
            <DataTable
              caption="Stopped trackers"
              rows={rows}
              id={({ tracker }) => tracker.id}
              columns={[
                {
                  head: 'Tracker',
                  lead: true,
                  cell: ({ tracker, isChosen }) => (
                    <span className="row" style={{ gap: 2 }}>
                      <Checkbox
                        checked={isChosen}
                        label={tracker.name}
                        style={{ marginRight: 8 }}
                        onChange={(event) => {
                          const { checked } = event.currentTarget
                          setLeft((now) => ({ ...now, [tracker.id]: !checked }))
                        }}
                      />
                      {rows.length > 1 && (
                        <Order
                          name={tracker.name}
                          place={stopped.indexOf(tracker)}
                          of={rows.length}
                          move={move}
                        />
                      )}
                    </span>
                  ),
                },
                {
                  head: 'Stopped since',
                  cell: ({ tracker }) => (
                    <span className="num soft">{times.moment(tracker.statusSince)}</span>
                  ),
                },
                {
                  head: 'Missed',
                  cell: ({ tracker: { missed } }) => (
                    <span className="num">
                      {counted(missed.callsLong + missed.callsShort, 'call')},{' '}
                      {counted(missed.emails, 'email')}
                    </span>
                  ),
                },
                {
                  head: 'Catch up on',
                  width: 260,
                  cell: ({ tracker, priced: found, error, choice }) =>
                    error ? (
                      <span style={{ color: 'var(--warn)' }}>{error.message}</span>
                    ) : (
                      <Select
                        aria-label={`What ${tracker.name} catches up on`}
                        allowDeselect={false}
                        value={choice}
                        onChange={(value) =>
                          setChoices((now) => ({ ...now, [tracker.id]: value as Missed }))
                        }
                        data={[
                          {
                            value: 'calls',
                            label: `Missed calls – ${found ? creditsText(found.missed.calls.credits) : '…'}`,
                          },
                          {
                            value: 'all',
                            label: `Calls and emails – ${found ? creditsText(found.missed.all.credits) : '…'}`,
                          },
                          { value: 'none', label: 'Nothing, from now on – 0.0' },
                        ]}
                      />
                    ),
                },
                {
                  head: 'Catch-up',
                  right: true,
                  amount: true,
                  cell: ({ cost, isChosen }) => (
                    <span className={isChosen ? 'num' : 'num muted'}>
                      {creditsText(isChosen ? cost : ZERO)}
                    </span>
                  ),
                  foot: <span className="num">{creditsText(sum)}</span>,
                },
              ]}
            />
          </Card>
          <div className="spread wrap">
            <p className="num">
              {creditsText(available)} left − {creditsText(sum)} ={' '}
              {sum > available ? (
                <span style={{ color: 'var(--warn)' }}>
                  short by {creditsText(sum - available)}: they stop again when the credits end, and
                  keep their place
                </span>
              ) : (
                <b>{creditsText(available - sum)}</b>
              )}
            </p>
            {sum > available && chosen.length > 0 && (
              <Button variant="default" onClick={chooseWhatFits}>
                Choose what fits
              </Button>
            )}
            <Gated
              reason={reason}
              loading={resume.isPending}
              onClick={() => resume.mutate(undefined)}
            >
              Resume {chosen.length} – {creditsText(sum)} credits
            </Gated>
          </div>
          {balance?.status === 'exhausted' && (
            <Button
              component={Link}
              to="/credits/grants?add=1"
              variant="default"
              style={{ alignSelf: 'flex-end' }}
            >
              Add credits
            </Button>
          )}
          <FormError error={resume.error} />
          <p className="muted small">
            What is left out now can be processed later from the tracker's page.
          </p>
        </div>
      )}
    </Page>
  )
}

/** Which one is resumed first; buttons, so that nothing has to be dragged. */
function Order({
  name,
  place,
  of,
  move,
}: {
  name: string
  place: number
  of: number
  move: (place: number, by: number) => void
}) {
  return (
    <>
      <button
        type="button"
        className="icon-button"
        aria-label={`Move ${name} up`}
        disabled={place === 0}
        onClick={() => move(place, -1)}
      >
        <ArrowUp size={14} aria-hidden />
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label={`Move ${name} down`}
        disabled={place === of - 1}
        onClick={() => move(place, 1)}
      >
        <ArrowDown size={14} aria-hidden />
      </button>
    </>
  )
}
