import { Link } from '@tanstack/react-router'
import { useApi } from '../../api/queries.ts'
import type { Usage } from '../../api/types.ts'
import { creditsText, shareText, ZERO } from '../../credits.ts'
import { useSearch } from '../../search.ts'
import { Card, Credits, Empty, Loaded } from '../../ui/parts.tsx'
import { DataTable } from '../../ui/table.tsx'
import { totalsOf } from './usage.ts'
import { groups, type UseFilter } from './use-filter.ts'

const SHOWN = 20

/** The parts of what is shown above, each a step further down; together they are all of it. */
export function DrillDown({
  from,
  to,
  by,
  filter,
}: {
  from: string
  to: string
  by: keyof typeof groups
  filter: UseFilter
}) {
  const [search] = useSearch()
  const usage = useApi<Usage>('/v1/credits/usage', {
    ...{ from, to, granularity: 'month', groupBy: by, ...filter },
  })
  const { filters, next } = groups[by]
  return (
    <Card
      title={`By ${groups[by].label.toLowerCase()}`}
      note={next ? `Each leads to its ${groups[next].plural}.` : undefined}
      flush
    >
      <Loaded of={usage} what="the parts">
        {({ data }) => {
          const totals = totalsOf(data, by)
          const whole = totals.reduce((sum, { credits }) => sum + credits, ZERO)
          if (totals.length === 0) {
            return <Empty title="No use in this time">Choose a longer period.</Empty>
          }
          const rest = totals.slice(SHOWN).reduce((sum, { credits }) => sum + credits, ZERO)
          const isTwice = (name: string) => totals.filter((one) => one.name === name).length > 1
          return (
            <DataTable
              caption={`Use by ${groups[by].label.toLowerCase()}`}
              rows={totals.slice(0, SHOWN)}
              id={({ key }) => String(key)}
              columns={[
                {
                  head: groups[by].label,
                  lead: true,
                  cell: ({ key, name }) =>
                    filters && key !== null ? (
                      <Link
                        to="/credits/use"
                        search={
                          { ...search, [filters]: key, ...(next ? { by: next } : {}) } as never
                        }
                      >
                        {name}
                        {isTwice(name) && <span className="muted mono"> {key}</span>}
                      </Link>
                    ) : (
                      name
                    ),
                  foot:
                    rest > ZERO
                      ? `Sum, with ${totals.length - SHOWN} more of ${creditsText(rest)}`
                      : 'Sum',
                },
                {
                  head: 'Requests',
                  right: true,
                  cell: ({ requests }) => (
                    <span className="num">{requests.toLocaleString('en-US')}</span>
                  ),
                },
                {
                  head: 'Share',
                  right: true,
                  cell: ({ credits }) => (
                    <span className="num muted">{shareText(credits, whole)} %</span>
                  ),
                },
                {
                  head: 'Credits',
                  right: true,
                  amount: true,
                  cell: ({ credits }) => <Credits value={credits} />,
                  foot: (
                    <span data-testid="use-sum">
                      <Credits value={whole} />
                    </span>
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
