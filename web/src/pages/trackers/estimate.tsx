import { useQueries } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { api } from '../../api/client.ts'
import { useApi, useList } from '../../api/queries.ts'
import type { Contract, RateCard, TrackerEstimate } from '../../api/types.ts'
import { creditsText, microsOf, shareText, ZERO } from '../../credits.ts'
import { useHere } from '../../session.ts'
import { daysFrom } from '../../times.ts'
import { Card, Failed, Loading } from '../../ui/parts.tsx'
import { FreePill } from '../../ui/status.tsx'
import { counted } from '../../words.ts'
import { currentYear } from '../credits/period.tsx'

/** How far back to read; the range is cut to whole minutes, so that asking again is the same question. */
export interface History {
  key: string
  label: string
  range?: { from: string; to: string }
}

export function useHistories(custom: { from: string; to: string }): History[] {
  const { times, can, now } = useHere()
  const contract = useApi<Contract>('/v1/contract', {}, { enabled: can('credits:read') })
  const year = currentYear(contract.data, now())
  const hour = new Date(Math.ceil(now().getTime() / 3_600_000) * 3_600_000)
  const back = (days: number) => ({
    from: daysFrom(hour, -days).toISOString(),
    to: hour.toISOString(),
  })
  const isWhole = custom.from && custom.to && custom.from < custom.to
  return [
    { key: 'none', label: 'From now on' },
    { key: '30', label: 'Last 30 days', range: back(30) },
    { key: '90', label: 'Last 90 days', range: back(90) },
    ...(year
      ? [
          {
            key: 'year',
            label: `Contract year, since ${times.dayMonth(year.start)}`,
            range: { from: year.start, to: hour.toISOString() },
          },
        ]
      : []),
    {
      key: 'custom',
      label: 'Another range',
      ...(isWhole ? { range: { from: times.begin(custom.from), to: times.begin(custom.to) } } : {}),
    },
  ]
}

/** The estimate of each choice of history for a saved tracker; `stamp` changes with its definition. */
export function useEstimates(trackerId: string | undefined, stamp: string, histories: History[]) {
  return useQueries({
    queries: histories.map(({ key, range }) => ({
      queryKey: ['estimate', trackerId, stamp, key, range],
      queryFn: () =>
        api.post<TrackerEstimate>(
          `/v1/trackers/${trackerId}/estimate`,
          range ? { history: range } : {},
        ),
      enabled: trackerId !== undefined && (key !== 'custom' || range !== undefined),
      staleTime: 30_000,
      placeholderData: (before: TrackerEstimate | undefined) => before,
    })),
  })
}

type Estimated = ReturnType<typeof useEstimates>[number]

export function HistoryChoice({
  histories,
  estimates,
  value,
  onChange,
  custom,
}: {
  histories: History[]
  estimates: Estimated[]
  value: string
  onChange: (key: string) => void
  custom: ReactNode
}) {
  return (
    <fieldset className="stack-s" style={{ border: 0, padding: 0, margin: 0 }}>
      <legend className="sr-only">How far back</legend>
      {histories.map(({ key, label }, place) => (
        <label key={key} className="choice" {...(value === key ? { 'data-on': true } : {})}>
          <input
            type="radio"
            name="history"
            checked={value === key}
            onChange={() => onChange(key)}
          />
          <span>{label}</span>
          <span className={`price num ${estimates[place]?.isFetching ? 'dim' : ''}`}>
            {estimates[place]?.data
              ? creditsText(key === 'none' ? 0 : estimates[place].data.credits)
              : key === 'custom'
                ? ''
                : '–'}
          </span>
        </label>
      ))}
      {value === 'custom' && custom}
    </fieldset>
  )
}

/** The prices in force. */
export function usePrices(): Record<string, number> {
  const { now } = useHere()
  const cards = useList<RateCard>('/v1/rate-cards', { limit: 200 })
  const moment = now().toISOString()
  return cards.rows?.filter(({ effectiveAt }) => effectiveAt <= moment).at(0)?.prices ?? {}
}

/** What it will cost: history exactly, the months to come about, and what that does to the pool. */
export function EstimatePanel({
  of,
  isHistory,
  isFree,
  waitsFor,
  cheaper,
}: {
  of: Estimated | undefined
  isHistory: boolean
  isFree: boolean
  waitsFor?: string | undefined
  cheaper?: ReactNode
}) {
  const { times } = useHere()
  const prices = usePrices()
  if (isFree) {
    return (
      <Card title="Estimate">
        <FreePill why="this kind of tracker never uses credits" />
      </Card>
    )
  }
  if (waitsFor) {
    return (
      <Card title="Estimate">
        <p className="soft">
          {waitsFor} The price stands here as soon as there is something to count.
        </p>
      </Card>
    )
  }
  if (!of?.data) {
    return (
      <Card title="Estimate">
        {of?.error ? (
          <Failed what="the estimate: cost unknown" error={of.error} retry={of.refetch} />
        ) : (
          <Loading lines={6} />
        )}
      </Card>
    )
  }
  const {
    items,
    alreadyProcessed,
    credits,
    perMonth,
    monthlyBasisDays,
    available,
    sufficient,
    runOutAt,
    duplicates,
  } = of.data
  const lines: [string, number][] = [
    ['call_long', items.callsLong],
    ['call_short', items.callsShort],
    ['email', items.emails],
  ]
  const after = microsOf(available) - microsOf(credits)
  return (
    <Card
      title="Estimate"
      note={of.isFetching ? 'Updating' : 'Counted just now'}
      aria-live="polite"
    >
      <div className={of.isFetching ? 'stack dim' : 'stack'}>
        {isHistory ? (
          <div>
            <h3>History, exact</h3>
            <table className="sum">
              <tbody>
                {lines
                  .filter(([, count]) => count > 0)
                  .map(([type, count]) => (
                    <tr key={type}>
                      <td>{counted(count, type)}</td>
                      <td className="times num">
                        {prices[type] !== undefined && `× ${creditsText(prices[type])}`}
                      </td>
                      <td className="num">
                        {prices[type] !== undefined &&
                          creditsText(microsOf(prices[type]) * BigInt(count))}
                      </td>
                    </tr>
                  ))}
                {alreadyProcessed > 0 && (
                  <tr className="muted">
                    <td>{alreadyProcessed.toLocaleString('en-US')} already processed</td>
                    <td className="times">free</td>
                    <td className="num">0.0</td>
                  </tr>
                )}
                <tr className="total">
                  <th scope="row">Charged on publication</th>
                  <td />
                  <td className="num" data-testid="estimate-backfill">
                    {creditsText(credits)}
                  </td>
                </tr>
              </tbody>
            </table>
          </div>
        ) : (
          <div className="spread">
            <h3>History</h3>
            <span className="num" data-testid="estimate-backfill">
              0.0
            </span>
          </div>
        )}
        <div>
          <div className="spread">
            <h3>New calls and emails</h3>
            <span className="num strong" data-testid="estimate-month">
              ≈ {whole(perMonth)} a month
            </span>
          </div>
          <p className="muted small">
            {monthlyBasisDays > 0
              ? `From what matched in the last ${monthlyBasisDays} days.`
              : 'No recent data to go by; it may be anything.'}
          </p>
        </div>
        <div>
          <h3>Pool</h3>
          <p className="num">
            {creditsText(available)} left
            {isHistory && (
              <>
                {' → '}
                <span className="strong" style={after < 0n ? { color: 'var(--danger)' } : {}}>
                  {after < ZERO ? `short by ${creditsText(-after)}` : creditsText(after)}
                </span>
                {microsOf(available) > 0n && (
                  <span className="muted">
                    {' '}
                    · takes {shareText(microsOf(credits), microsOf(available))} %
                  </span>
                )}
              </>
            )}
          </p>
          <p className="soft small">
            {runOutAt.after ? (
              <>
                Runs out about {times.day(runOutAt.after)}
                {runOutAt.now && runOutAt.now !== runOutAt.after
                  ? `, was ${times.day(runOutAt.now)}.`
                  : runOutAt.now
                    ? '.'
                    : ', was not in sight.'}
              </>
            ) : (
              'Does not run out as far as can be seen.'
            )}
          </p>
        </div>
        {isHistory && !sufficient && (
          <p className="row" style={{ alignItems: 'flex-start', color: 'var(--warn)' }}>
            <TriangleAlert size={15} aria-hidden style={{ marginTop: 3, flex: 'none' }} />
            <span>
              History costs more than is left. It runs as far as the credits go, then stops and
              keeps its place.
            </span>
          </p>
        )}
        {duplicates.map(({ id, name }) => (
          <p key={id} className="row" style={{ alignItems: 'flex-start', color: 'var(--warn)' }}>
            <TriangleAlert size={15} aria-hidden style={{ marginTop: 3, flex: 'none' }} />
            <span>
              <Link to={`/trackers/${id}`}>{name}</Link> asks the same question of the same data;
              its results are free to use.
            </span>
          </p>
        ))}
        {cheaper}
      </div>
    </Card>
  )
}

/** About so much: a forecast is told in whole credits. */
export function whole(credits: number): string {
  const micros = microsOf(credits)
  if (micros > 0n && micros < 1_000_000n) return '< 1'
  return ((micros + 500_000n) / 1_000_000n).toLocaleString('en-US')
}

/** `1 credit a month`, `620 credits a month`. */
export function perMonthText({ perMonth }: Pick<TrackerEstimate, 'perMonth'>): string {
  const count = whole(perMonth)
  return `${count} ${count === '1' ? 'credit' : 'credits'} a month`
}
