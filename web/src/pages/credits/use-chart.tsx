import type { ReactNode } from 'react'
import { useApi } from '../../api/queries.ts'
import type { Usage } from '../../api/types.ts'
import { Bars, Legend } from '../../charts/bars.tsx'
import { ChartFrame } from '../../charts/frame.tsx'
import { creditsText, ZERO } from '../../credits.ts'
import { useHere } from '../../session.ts'
import { Card, Credits, Empty, Loaded } from '../../ui/parts.tsx'
import { DataTable } from '../../ui/table.tsx'
import type { Period } from './period.tsx'
import { barsOf, type DatedBar, legendOf, totalsOf } from './usage.ts'
import type { UseFilter } from './use-filter.ts'

/** Use over time, split by one thing; the same rows as a table. */
export function UseChart({
  period,
  groupBy,
  title,
  filter = {},
  actions,
  onPick,
}: {
  period: Period
  groupBy: string
  title: string
  filter?: UseFilter
  actions?: ReactNode
  /** What a bar leads to: the charges of its time. */
  onPick?: (bar: DatedBar) => void
}) {
  const { times } = useHere()
  const { from, to, granularity } = period
  const usage = useApi<Usage>('/v1/credits/usage', { from, to, granularity, groupBy, ...filter })
  if (!usage.data) {
    return (
      <Card title={title}>
        <Loaded of={usage} what="use" lines={8}>
          {() => null}
        </Loaded>
      </Card>
    )
  }
  const totals = totalsOf(usage.data.data, groupBy)
  const bars = barsOf(usage.data.data, totals, period, times)
  const whole = totals.reduce((sum, { credits }) => sum + credits, ZERO)
  if (totals.length === 0) {
    return (
      <Card title={title} note={period.name}>
        <Empty title="No use in this time">
          Choose a longer period, or look at what is published.
        </Empty>
      </Card>
    )
  }
  return (
    <ChartFrame
      title={title}
      note={`${period.name} · ${creditsText(whole)} credits`}
      summary={`${creditsText(whole)} credits in ${period.name.toLowerCase()}; the most went to ${totals[0]?.name}, ${creditsText(totals[0]?.credits ?? ZERO)}.`}
      {...(actions ? { actions } : {})}
      graph={
        <Bars
          bars={bars}
          label={title}
          legend={<Legend of={legendOf(totals)} />}
          {...(onPick ? { onPick: (place) => onPick(bars[place]!) } : {})}
        />
      }
      table={
        <DataTable
          caption={title}
          rows={totals}
          id={({ key }) => String(key)}
          columns={[
            { head: 'Name', lead: true, cell: ({ name }) => name, foot: 'Sum' },
            {
              head: 'Requests',
              right: true,
              cell: ({ requests }) => requests.toLocaleString('en-US'),
            },
            {
              head: 'Credits',
              right: true,
              amount: true,
              cell: ({ credits }) => <Credits value={credits} />,
              foot: <Credits value={whole} />,
            },
          ]}
        />
      }
    />
  )
}
