import { useApi, useBalance } from '../../api/queries.ts'
import type { Balance, Contract, Forecast, Report } from '../../api/types.ts'
import { BurnDown } from '../../charts/burn-down.tsx'
import { ChartFrame } from '../../charts/frame.tsx'
import type { DayBalance } from '../../charts/outlook.ts'
import { creditsText, lengthOf, microsOf } from '../../credits.ts'
import { useHere } from '../../session.ts'
import { daysFrom } from '../../times.ts'
import { Card, Credits, Empty, Loaded } from '../../ui/parts.tsx'
import { DataTable } from '../../ui/table.tsx'

/** What was left day by day in the contract year, and where it goes. */
export function TrendChart({ year }: { year: { start: string; end: string } | undefined }) {
  const { times, now } = useHere()
  const today = times.iso(now())
  const from = year ? times.iso(year.start) : times.iso(daysFrom(now(), -89))
  const to = times.iso(daysFrom(now(), 1))
  const report = useApi<Report>('/v1/credits/reports/balance', { from, to, format: 'json' })
  const forecast = useApi<Forecast>('/v1/credits/forecast')
  const contract = useApi<Contract>('/v1/contract')
  const { data: balance } = useBalance()
  if (!report.data) {
    return (
      <Card title="Credits left">
        <Loaded of={report} what="the daily balances" lines={8}>
          {() => null}
        </Loaded>
      </Card>
    )
  }
  const rows = report.data.data.map(dayOf)
  const begun = rows.findIndex(({ closing, granted }) => closing > 0 || granted > 0)
  const days = rows
    .filter(({ day }) => day <= today)
    .slice(begun > 0 ? Math.min(begun - 1, Math.max(0, rows.length - 15)) : 0)
  if (days.length < 2) {
    return (
      <Card title="Credits left">
        <Empty title="Only one day so far">
          From tomorrow on this shows what was left each day.
        </Empty>
      </Card>
    )
  }
  const anew = year && contract.data ? nextYear(contract.data, year.end) : undefined
  const changes = [
    ...(forecast.data?.expiringUnused ?? []).map(({ credits, expiresAt }) => ({
      ...{ day: times.iso(expiresAt), credits: -credits, name: 'expires' },
    })),
    ...(anew ? [{ day: times.iso(year!.end), credits: anew, name: 'next year' }] : []),
  ]
  const until = year ? times.iso(daysFrom(new Date(year.end), 12)) : times.iso(daysFrom(now(), 60))
  const runOut = forecast.data?.runOutAt
  const first = forecast.data?.expiringUnused.toSorted((a, b) =>
    a.expiresAt < b.expiresAt ? -1 : 1,
  )[0]
  const title =
    first && (!runOut || first.expiresAt < runOut)
      ? `At this pace about ${creditsText(first.credits)} credits expire unused after ${times.lastDay(first.expiresAt)}`
      : runOut && balance?.status !== 'exhausted'
        ? `At this pace the credits run out about ${times.day(runOut)}`
        : 'Credits left'
  return (
    <ChartFrame
      title={title}
      summary={`${title}. ${creditsText(days.at(-1)?.closing ?? 0)} are left today.`}
      graph={
        <BurnDown
          days={days}
          perDay={forecast.data?.perDay ?? 0}
          margin={forecast.data?.margin ?? 0}
          thresholds={balance ? nextThresholds(balance) : []}
          changes={changes}
          until={until}
          dayText={(day) => times.day(`${day}T12:00:00Z`)}
        />
      }
      table={
        <div style={{ maxHeight: 360, overflowY: 'auto' }}>
          <DataTable
            caption="Balance by day, newest first"
            rows={days.toReversed()}
            id={({ day }) => day}
            columns={[
              { head: 'Day', lead: true, cell: ({ day }) => times.day(`${day}T12:00:00Z`) },
              { head: 'Granted', right: true, cell: ({ granted }) => <Credits value={granted} /> },
              { head: 'Expired', right: true, cell: ({ expired }) => <Credits value={expired} /> },
              {
                head: 'Left',
                right: true,
                amount: true,
                cell: ({ closing }) => <Credits value={closing} />,
              },
            ]}
          />
        </div>
      }
    />
  )
}

/** What will be left when the next two thresholds are reached, as long as nothing is added. */
function nextThresholds({ thresholds, total, usedPercent }: Balance) {
  return thresholds
    .filter(({ percent, reachedAt }) => !reachedAt && percent > usedPercent && percent < 100)
    .slice(0, 2)
    .map(({ percent }) => ({ percent, left: (lengthOf(total) * (100 - percent)) / 100 }))
}

/** The default credits of the contract year that begins then; none after the last. */
function nextYear(contract: Contract, start: string): number | undefined {
  const isThere = contract.terms.some((term) =>
    term.contractYears.some((one) => one.start === start),
  )
  if (!isThere) return undefined
  const core = contract.seats.filter((seat) => seat.core)
  const credits = core.reduce(
    (sum, { count, creditsPerSeat }) => sum + microsOf(creditsPerSeat) * BigInt(count),
    0n,
  )
  return lengthOf(credits)
}

function dayOf(row: Report['data'][number]): DayBalance {
  const { date, closingBalance, granted, expired } = row
  const number = (value: unknown) => Number(value ?? 0)
  return {
    day: String(date),
    closing: number(closingBalance),
    granted: number(granted),
    expired: number(expired),
  }
}
