import { Button, Select } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Download } from 'lucide-react'
import { search as queryText } from '../../api/client.ts'
import { useList } from '../../api/queries.ts'
import type { Charge } from '../../api/types.ts'
import { useSearch } from '../../search.ts'
import { useHere } from '../../session.ts'
import { Card, Credits, Empty, Page } from '../../ui/parts.tsx'
import { ListTable } from '../../ui/table.tsx'
import { featureName, triggers } from '../../words.ts'
import { Chosen, useActors } from './chosen.tsx'
import { DrillDown } from './drill-down.tsx'
import { PeriodPicker, usePeriod } from './period.tsx'
import { UseChart } from './use-chart.tsx'
import { filterNames, filterOf, type Grouping, groups } from './use-filter.ts'

/** Who or what used credits, down to single charges. */
export function UsePage() {
  const { times } = useHere()
  const [search, setSearch] = useSearch()
  const [period, setPeriod] = usePeriod()
  const actorOf = useActors()
  const by: Grouping = search.by && search.by in groups ? (search.by as Grouping) : 'feature'
  const filter = filterOf(search)
  const { from = period.from, until: to = period.to } = search
  const isNarrowed = Object.keys(filter).length > 0 || search.from !== undefined
  const range = { from: times.begin(from), to: times.begin(to) }
  const charges = useList<Charge>('/v1/credits/charges', { ...range, ...filter })
  const clear = () =>
    setSearch(Object.fromEntries([...filterNames, 'from', 'until'].map((name) => [name, null])))
  const name = charges.rows?.find(({ instance }) => instance?.id === filter.instanceId)?.instance
  return (
    <Page
      title="Use"
      crumbs={<Link to="/credits">Credits</Link>}
      intro="From the whole to a single item: choose a bar or a row to go one step further down."
      actions={
        <>
          <PeriodPicker value={period} onChange={setPeriod} />
          <Button
            component="a"
            variant="default"
            size="xs"
            leftSection={<Download size={14} />}
            href={`/v1/credits/reports/usage${queryText({ from: period.from, to: period.to, format: 'csv' })}`}
          >
            CSV of this period
          </Button>
        </>
      }
    >
      <div className="stack-l">
        {isNarrowed && <Chosen filter={filter} instance={name?.name} clear={clear} />}
        <UseChart
          period={period}
          groupBy={by}
          filter={filter}
          title={`By ${groups[by].label.toLowerCase()}`}
          onPick={(bar) => setSearch({ from: bar.from, until: bar.to })}
          actions={
            <Select
              size="xs"
              w={150}
              aria-label="Split by"
              allowDeselect={false}
              value={by}
              onChange={(value) => setSearch({ by: value })}
              data={Object.entries(groups).map(([value, { label }]) => ({ value, label }))}
            />
          }
        />
        <DrillDown from={from} to={to} by={by} filter={filter} />
        <Card
          title="Charges"
          flush
          note="Newest first. Open one to see its items, its price and what paid for it."
        >
          <ListTable
            what="the charges"
            of={charges}
            caption="Charges"
            id={({ id }) => id}
            to={({ id }) => `/credits/charges/${id}`}
            empty={
              <Empty
                title={isNarrowed ? 'No charge fits what is chosen' : 'No charges in this time'}
                action={
                  isNarrowed && (
                    <Button size="xs" variant="default" onClick={clear}>
                      Clear
                    </Button>
                  )
                }
              >
                {isNarrowed
                  ? 'Clear it to see all charges of the period.'
                  : 'Publish a tracker, or call the API with a key, and its charges are here.'}
              </Empty>
            }
            columns={[
              {
                head: 'When',
                cell: ({ createdAt }) => (
                  <span className="num soft">{times.moment(createdAt)}</span>
                ),
              },
              {
                head: 'What',
                lead: true,
                cell: ({ feature, instance }) => instance?.name ?? featureName(feature),
              },
              { head: 'Feature', cell: ({ feature }) => featureName(feature) },
              { head: 'Cause', cell: ({ trigger }) => triggers[trigger] ?? trigger },
              { head: 'By', cell: actorOf },
              {
                head: 'Credits',
                right: true,
                amount: true,
                cell: ({ credits }) => <Credits value={credits} />,
              },
            ]}
          />
        </Card>
      </div>
    </Page>
  )
}
