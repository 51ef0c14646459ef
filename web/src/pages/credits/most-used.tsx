import { Link } from '@tanstack/react-router'
import { useApi } from '../../api/queries.ts'
import type { Usage } from '../../api/types.ts'
import { lengthOf, shareText, sumOf } from '../../credits.ts'
import { Card, Credits, Empty, Loaded } from '../../ui/parts.tsx'
import { DataTable } from '../../ui/table.tsx'
import type { Period } from './period.tsx'
import { totalsOf } from './usage.ts'

const SHOWN = 6

/** The trackers, automations and things of outside products that took the most. */
export function MostUsed({ period }: { period: Period }) {
  const { from, to } = period
  const usage = useApi<Usage>('/v1/credits/usage', {
    ...{ from, to, granularity: 'month', groupBy: 'instance' },
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
          const all = totalsOf(data, 'instance')
          const rows = all.slice(0, SHOWN)
          const most = Math.max(1e-6, lengthOf(rows[0]?.credits ?? 0))
          const isTwice = (name: string) => all.filter((one) => one.name === name).length > 1
          if (rows.length === 0) {
            return <Empty title="No use in this time">Choose a longer period.</Empty>
          }
          return (
            <DataTable
              caption="Instances that used the most credits"
              rows={rows}
              id={({ key }) => String(key)}
              to={({ key }) =>
                key === null ? '/credits/use' : `/credits/use?instanceId=${encodeURIComponent(key)}`
              }
              columns={[
                {
                  head: 'Instance',
                  lead: true,
                  cell: ({ key, name, credits }) => (
                    <>
                      {name}
                      {isTwice(name) && <span className="muted mono"> {key}</span>}
                      <span className="share" aria-hidden>
                        <i style={{ width: `${(lengthOf(credits) / most) * 100}%` }} />
                      </span>
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
