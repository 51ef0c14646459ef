import { useApi } from '../api/queries.ts'
import type { Usage } from '../api/types.ts'
import { ZERO } from '../credits.ts'
import { useHere } from '../session.ts'
import { daysFrom } from '../times.ts'
import { Card, Credits, Empty, Loaded } from '../ui/parts.tsx'
import { DataTable } from '../ui/table.tsx'
import { totalsOf } from './credits/usage.ts'

/** What the person who looks has used lately; of the pool it tells nothing. */
export function OwnUse() {
  const { times, now } = useHere()
  const [from, to] = [times.iso(daysFrom(now(), -27)), times.iso(daysFrom(now(), 1))]
  const usage = useApi<Usage>('/v1/credits/usage/mine', {
    ...{ from, to, granularity: 'month', groupBy: 'feature' },
  })
  return (
    <Card title="Your own use" note="Last 28 days" flush>
      <Loaded of={usage} what="your use" lines={3}>
        {({ data }) => {
          const totals = totalsOf(data, 'feature')
          if (totals.length === 0) {
            return (
              <Empty title="No credits used">
                Asking and briefs by hand are free. Requests of your own keys are counted here.
              </Empty>
            )
          }
          return (
            <DataTable
              caption="Your own use by feature"
              rows={totals}
              id={({ key }) => String(key)}
              columns={[
                { head: 'Feature', lead: true, cell: ({ name }) => name, foot: 'Sum' },
                {
                  head: 'Requests',
                  right: true,
                  cell: ({ requests }) => (
                    <span className="num">{requests.toLocaleString('en-US')}</span>
                  ),
                },
                {
                  head: 'Credits',
                  right: true,
                  amount: true,
                  cell: ({ credits }) => <Credits value={credits} />,
                  foot: (
                    <Credits value={totals.reduce((sum, { credits }) => sum + credits, ZERO)} />
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
