import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Ban, Check, Download, Plus } from 'lucide-react'
import { lazy, Suspense } from 'react'
import type {
  Balance,
  Charge,
  Contract,
  Forecast,
  Grant,
  Tracker,
  Usage,
} from '../../api/generated/types.gen.ts'
import { useApi, useBalance, useList } from '../../api/queries.ts'
import {
  creditsText,
  lengthOf,
  microsOf,
  percentText,
  shareText,
  sumOf,
  ZERO,
} from '../../credits.ts'
import { useHere } from '../../session.ts'
import { PoolMeter, toneOf } from '../../ui/meter.tsx'
import {
  Card,
  Credits,
  Empty,
  Failed,
  Gated,
  Loaded,
  Loading,
  Notice,
  onlyTechAdmins,
  Page,
} from '../../ui/parts.tsx'
import { Pill } from '../../ui/status.tsx'
import { DataTable } from '../../ui/table.tsx'
import { counted, featureName, sources } from '../../words.ts'
import { currentYear, PeriodPicker, usePeriod } from './period.tsx'

const UseChart = lazy(() => import('./use-chart.tsx').then((m) => ({ default: m.UseChart })))
const TrendChart = lazy(() => import('./trend-chart.tsx').then((m) => ({ default: m.TrendChart })))

/** Will the credits last, and what is using them. */
export function OverviewPage() {
  const { can, times, now } = useHere()
  const balance = useBalance()
  const contract = useApi<Contract>('/v1/contract')
  const [period, setPeriod] = usePeriod()
  const year = currentYear(contract.data, now())
  return (
    <Page
      title="Credits"
      crumbs={
        year
          ? `Contract year ${year.number} · ${times.day(year.start)} – ${times.lastDay(year.end)}`
          : 'No contract'
      }
      actions={
        <>
          <Button
            component={Link}
            to="/credits/reports"
            variant="default"
            leftSection={<Download size={15} />}
          >
            Download credit reports
          </Button>
          <AddCredits isPrimary={balance.data?.status === 'exhausted'} />
        </>
      }
    >
      <Loaded of={balance} what="the balance">
        {(pool) => (
          <div className="stack-l">
            {pool.status === 'exhausted' && pool.total > 0 && <Exhausted balance={pool} />}
            {pool.total === 0 && pool.grants.length === 0 ? (
              <Card>
                <Empty
                  title="No credits yet"
                  action={
                    can('admin') && (
                      <Button component={Link} to="/admin/contract">
                        Set the contract
                      </Button>
                    )
                  }
                >
                  Default credits come with the seats of a contract. Purchased ones can be added at
                  any time.
                </Empty>
              </Card>
            ) : (
              <>
                <Headline balance={pool} />
                <Grants balance={pool} />
                <Suspense
                  fallback={
                    <Card>
                      <Loading lines={8} height={20} />
                    </Card>
                  }
                >
                  <TrendChart year={year} />
                </Suspense>
                <div className="spread wrap">
                  <h2>Use</h2>
                  <PeriodPicker value={period} onChange={setPeriod} />
                </div>
                <div className="grid-2" style={{ gridTemplateColumns: undefined }}>
                  <Suspense
                    fallback={
                      <Card>
                        <Loading lines={8} height={20} />
                      </Card>
                    }
                  >
                    <UseChart period={period} groupBy="feature" title="By feature" />
                  </Suspense>
                  <TopInstances period={period} />
                </div>
                <Activity />
              </>
            )}
          </div>
        )}
      </Loaded>
    </Page>
  )
}

function AddCredits({ isPrimary }: { isPrimary: boolean }) {
  const { can } = useHere()
  if (!can('admin')) {
    return (
      <Gated reason={onlyTechAdmins} leftSection={<Plus size={15} />}>
        Add credits
      </Gated>
    )
  }
  return (
    <Button
      component={Link}
      to="/credits/grants?add=1"
      leftSection={<Plus size={15} />}
      {...(isPrimary ? {} : { variant: 'filled' })}
    >
      Add credits
    </Button>
  )
}

function Headline({ balance }: { balance: Balance }) {
  const { times } = useHere()
  const forecast = useApi<Forecast>('/v1/credits/forecast', {}, { everyMs: 60_000 })
  const { available, held, total, used, usedPercent, thresholds } = balance
  const next = thresholds.find(({ percent, reachedAt }) => !reachedAt && percent > usedPercent)
  const toGo = next ? (microsOf(total) * BigInt(next.percent)) / 100n - microsOf(used) : ZERO
  const perDay = forecast.data?.perDay ?? 0
  return (
    <Card>
      <div className="headline">
        <div>
          <p className="muted small">Credits left</p>
          <p
            className="figure-l num"
            data-testid="balance-left"
            style={toneOf(balance) === 'danger' ? { color: 'var(--danger)' } : {}}
          >
            {creditsText(available)}
          </p>
          <p className="soft num" style={{ marginBottom: 14 }}>
            of <span data-testid="balance-total">{creditsText(total)}</span> ·{' '}
            <span className="strong" data-testid="used-pct">
              {percentText(usedPercent)} % used
            </span>
            {held > 0 && (
              <>
                {' '}
                · <Link to="/credits/ledger?type=hold">{creditsText(held)} held</Link>
              </>
            )}
          </p>
          <PoolMeter balance={balance} />
        </div>
        <div>
          <p className="muted small">Next threshold</p>
          {next ? (
            <>
              <p className="figure-m num">{next.percent} % used</p>
              <p className="soft num">
                {creditsText(toGo > 0n ? toGo : ZERO)} to go
                {perDay > 0 &&
                  toGo > 0n &&
                  ` · in about ${Math.floor(lengthOf(toGo) / perDay).toLocaleString('en-US')} days`}
              </p>
            </>
          ) : (
            <>
              <p className="figure-m">All passed</p>
              <p className="soft">Adding credits arms them again.</p>
            </>
          )}
        </div>
        <div>
          <p className="muted small">Pace and run-out</p>
          {forecast.data ? (
            <>
              <p className="figure-m num">{creditsText(perDay)} a day</p>
              <p className="soft">
                {balance.status === 'exhausted'
                  ? 'Nothing is left to use.'
                  : forecast.data.runOutAt
                    ? `Runs out about ${times.lastDay(forecast.data.runOutAt)}`
                    : perDay > 0
                      ? 'Does not run out as far as can be seen'
                      : 'No use yet to go by'}
              </p>
              <Link to="/credits/forecast" className="small">
                How this is worked out
              </Link>
            </>
          ) : forecast.error ? (
            <p className="soft">The forecast is not there. {forecast.error.message}</p>
          ) : (
            <Loading lines={2} />
          )}
        </div>
      </div>
    </Card>
  )
}

/** What expires when, in the order in which it is used. */
function Grants({ balance }: { balance: Balance }) {
  const { times } = useHere()
  const forecast = useApi<Forecast>('/v1/credits/forecast')
  const unused = new Map(forecast.data?.expiringUnused.map((one) => [one.grantId, one.credits]))
  const rows = inOrder(balance.grants)
  const usable = rows.filter(({ status }) => status === 'usable')
  return (
    <Card
      title="Grants"
      note="Used in this order: what expires first goes first."
      flush
      actions={
        <Link to="/credits/grants" className="small">
          All grants and purchases
        </Link>
      }
    >
      <DataTable
        caption="Grants in the order of their use"
        rows={rows}
        id={({ id }) => id}
        columns={[
          {
            head: 'Order',
            width: 72,
            cell: (grant) =>
              grant.status === 'usable' ? (
                <span className="num">{ordinal(usable.indexOf(grant) + 1)}</span>
              ) : (
                <span className="muted">later</span>
              ),
          },
          { head: 'Grant', lead: true, cell: (grant) => <GrantName grant={grant} /> },
          {
            head: 'Left',
            right: true,
            amount: true,
            cell: ({ remaining }) => <Credits value={remaining} />,
          },
          { head: 'Of', right: true, cell: ({ credits }) => <Credits value={credits} /> },
          {
            head: 'Usable until',
            cell: ({ expiresAt, status, effectiveAt }) =>
              status === 'scheduled'
                ? `starts ${times.day(effectiveAt)}`
                : expiresAt
                  ? times.lastDay(expiresAt)
                  : 'never',
          },
          {
            head: 'Unused at expiry',
            right: true,
            cell: ({ id }) => {
              const credits = unused.get(id)
              return credits ? (
                <span className="num" style={{ color: 'var(--warn)' }}>
                  about {creditsText(credits)}
                </span>
              ) : null
            },
          },
        ]}
      />
    </Card>
  )
}

export function GrantName({ grant }: { grant: Grant }) {
  return (
    <span className="row wrap" style={{ gap: 6 }}>
      {sources[grant.source]}
      {grant.reference && <span className="muted">{grant.reference}</span>}
    </span>
  )
}

const rank = { default: 0, adjustment: 1, purchased: 2 }

/** The order of use: what expires first, then by source, then the older. */
export function inOrder(grants: Grant[]): Grant[] {
  const late = '9999'
  const key = ({ status, expiresAt, source, effectiveAt }: Grant) =>
    [status === 'usable' ? 0 : 1, expiresAt ?? late, rank[source], effectiveAt].join(' ')
  return grants
    .filter(({ status }) => status !== 'ended')
    .sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

function ordinal(place: number): string {
  return `${place}${['th', 'st', 'nd', 'rd'][place % 10 < 4 && ~~((place % 100) / 10) !== 1 ? place % 10 : 0]}`
}

function TopInstances({ period }: { period: ReturnType<typeof usePeriod>[0] }) {
  const { from, to } = period
  const usage = useApi<Usage>('/v1/credits/usage', {
    from,
    to,
    granularity: 'month',
    groupBy: 'instance',
  })
  return (
    <Card
      title="Most used"
      note={period.name}
      flush
      actions={
        <Link to="/credits/use?by=instance" className="small">
          See all use
        </Link>
      }
    >
      <Loaded of={usage} what="use by instance">
        {({ data }) => {
          const whole = sumOf(data.map(({ credits }) => credits))
          const sums = new Map<string, { name: string; credits: bigint }>()
          for (const { key, name, credits } of data) {
            const id = key ?? ''
            const known = sums.get(id)
            sums.set(id, {
              name: name ?? key ?? 'Requests without an instance',
              credits: (known?.credits ?? ZERO) + microsOf(credits),
            })
          }
          const rows = [...sums]
            .map(([key, value]) => ({ key, ...value }))
            .sort((a, b) => (a.credits < b.credits ? 1 : -1))
            .slice(0, 6)
          if (rows.length === 0) return <Empty title="No use in this time" />
          return (
            <DataTable
              caption="Instances that used the most credits"
              rows={rows}
              id={({ key }) => key}
              columns={[
                {
                  head: 'Instance',
                  lead: true,
                  cell: ({ name, credits }) => (
                    <>
                      <span>{name}</span>
                      <div
                        className="meter thin"
                        style={{ marginTop: 6, boxShadow: 'none' }}
                        aria-hidden
                      >
                        <i
                          style={{
                            width: `${(lengthOf(credits) / Math.max(1e-6, lengthOf(rows[0]!.credits))) * 100}%`,
                            background: 'var(--series-1)',
                          }}
                        />
                      </div>
                    </>
                  ),
                },
                {
                  head: 'Credits',
                  right: true,
                  amount: true,
                  cell: ({ credits }) => <Credits value={credits} />,
                },
                {
                  head: 'Share',
                  right: true,
                  cell: ({ credits }) => (
                    <span className="num muted">{shareText(credits, whole)} %</span>
                  ),
                },
              ]}
            />
          )
        }}
      </Loaded>
    </Card>
  )
}

/** The last charges, each with its cause. */
function Activity() {
  const { times } = useHere()
  const charges = useList<Charge>('/v1/credits/charges', { limit: 8 }, { everyMs: 5_000 })
  return (
    <Card
      title="Activity"
      flush
      actions={
        <Link to="/credits/ledger" className="small">
          Open the ledger
        </Link>
      }
    >
      {charges.rows ? (
        charges.rows.length === 0 ? (
          <Empty title="No use yet">Publish a tracker, or call the API with a key.</Empty>
        ) : (
          <DataTable
            caption="The latest charges"
            rows={charges.rows.slice(0, 8)}
            id={({ id }) => id}
            to={({ id }) => `/credits/charges/${id}`}
            columns={[
              {
                head: 'When',
                width: 190,
                cell: ({ createdAt }) => (
                  <span className="num soft">{times.moment(createdAt)}</span>
                ),
              },
              {
                head: 'What',
                lead: true,
                cell: ({ feature, instance }) => (
                  <>
                    {instance?.name ?? featureName(feature)}
                    {instance && <span className="muted"> · {featureName(feature)}</span>}
                  </>
                ),
              },
              {
                head: 'Credits',
                right: true,
                amount: true,
                cell: ({ credits }) => (
                  <span className="num">{creditsText(-microsOf(credits))}</span>
                ),
              },
              {
                head: 'Left after',
                right: true,
                cell: ({ balance }) => <Credits value={balance.available} />,
              },
            ]}
          />
        )
      ) : charges.error ? (
        <Failed what="the activity" error={charges.error} retry={charges.refetch} />
      ) : (
        <Loading />
      )}
    </Card>
  )
}

/** Since when, what stands still, what still works, and the way on. */
function Exhausted({ balance }: { balance: Balance }) {
  const { times, can } = useHere()
  const trackers = useList<Tracker>(
    '/v1/trackers',
    { limit: 200 },
    { enabled: can('trackers:read') },
  )
  const since = balance.thresholds.find(({ percent }) => percent === 100)?.reachedAt
  const stopped = trackers.rows?.filter(({ status }) => status === 'out_of_credits') ?? []
  return (
    <Notice
      tone="danger"
      role="alert"
      title={`Out of credits${since ? ` since ${times.moment(since)}` : ''}`}
      actions={
        stopped.length > 0 && (
          <Button component={Link} to="/trackers/resume" variant="default" size="xs">
            Review stopped trackers
          </Button>
        )
      }
    >
      <div className="grid-2" style={{ marginTop: 8, gap: '8px 32px' }}>
        <div>
          <h3>Stands still</h3>
          <ul className="plain">
            {[
              stopped.length > 0
                ? `${stopped.length} ${stopped.length === 1 ? 'tracker' : 'trackers'}, until somebody resumes them`
                : 'Question trackers',
              'API and MCP requests that cost credits (402)',
              'Automated briefs',
            ].map((line) => (
              <li key={line} className="row">
                <Ban size={13} aria-hidden /> {line}
              </li>
            ))}
          </ul>
        </div>
        <div>
          <h3>Still works</h3>
          <ul className="plain">
            {[
              'Every result, stream and report',
              'Asking and briefs by hand in the app',
              'Pretrained and keyword trackers',
            ].map((line) => (
              <li key={line} className="row">
                <Check size={13} aria-hidden /> {line}
              </li>
            ))}
          </ul>
        </div>
      </div>
      {stopped.length > 0 && (
        <p style={{ marginTop: 8 }}>
          {stopped.slice(0, 3).map(({ id, name, missed }) => (
            <span key={id}>
              <Link to={`/trackers/${id}`}>{name}</Link> waits with{' '}
              {counted(missed.callsLong + missed.callsShort, 'call')} and{' '}
              {counted(missed.emails, 'email')}.{' '}
            </span>
          ))}
        </p>
      )}
      {balance.held > 0 && <Pill>{creditsText(balance.held)} held by work under way</Pill>}
    </Notice>
  )
}
