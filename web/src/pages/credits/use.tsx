import { Button, Select } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Download } from 'lucide-react'
import { search as queryText } from '../../api/client.ts'
import type { Charge } from '../../api/generated/types.gen.ts'
import { useList, useNames } from '../../api/queries.ts'
import { useSearch } from '../../search.ts'
import { useHere } from '../../session.ts'
import { Card, Credits, Empty, Page } from '../../ui/parts.tsx'
import { Pill } from '../../ui/status.tsx'
import { ListTable } from '../../ui/table.tsx'
import { featureName, triggers } from '../../words.ts'
import { PeriodPicker, usePeriod } from './period.tsx'
import { UseChart } from './use-chart.tsx'

const groups = {
  feature: 'Feature',
  instance: 'Instance',
  integration: 'Integration',
  team: 'Team',
  member: 'Member',
  itemType: 'Kind of item',
}

/** Who or what used credits, down to single charges. */
export function UsePage() {
  const { times, can } = useHere()
  const [search, setSearch] = useSearch()
  const [period, setPeriod] = usePeriod()
  const members = useNames('/v1/members')
  const by = search.by && search.by in groups ? search.by : 'feature'
  const { feature, instanceId, integrationId, memberId, teamId } = search
  const filter = { feature, instanceId, integrationId, memberId, teamId }
  const chosen = Object.entries(filter).filter(([, value]) => value)
  const range = { from: `${period.from}T00:00:00Z`, to: `${period.to}T23:59:59Z` }
  const charges = useList<Charge>('/v1/credits/charges', { ...range, ...filter })
  return (
    <Page
      title="Use"
      crumbs={<Link to="/credits">Credits</Link>}
      intro="Every bar and row leads to the charges it is the sum of."
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
        <UseChart
          period={period}
          groupBy={by}
          title={`By ${groups[by as keyof typeof groups].toLowerCase()}`}
          actions={
            <Select
              size="xs"
              w={150}
              aria-label="Split by"
              allowDeselect={false}
              value={by}
              onChange={(value) => setSearch({ by: value })}
              data={Object.entries(groups).map(([value, label]) => ({ value, label }))}
            />
          }
        />
        <Card
          title="Charges"
          flush
          note="Newest first. Open one to see its items, its price and what paid for it."
          actions={
            chosen.length > 0 && (
              <>
                {chosen.map(([name, value]) => (
                  <Pill key={name}>
                    {name === 'feature' ? featureName(value ?? '') : (value ?? '')}
                  </Pill>
                ))}
                <Button
                  size="compact-xs"
                  variant="subtle"
                  onClick={() =>
                    setSearch(Object.fromEntries(chosen.map(([name]) => [name, null])))
                  }
                >
                  Clear filters
                </Button>
              </>
            )
          }
        >
          <ListTable
            what="the charges"
            of={charges}
            caption="Charges"
            id={({ id }) => id}
            to={({ id }) => `/credits/charges/${id}`}
            empty={
              <Empty
                title={chosen.length ? 'No charge fits the filters' : 'No charges in this time'}
              >
                {chosen.length
                  ? 'Clear them to see all charges of the period.'
                  : 'Nothing has used credits.'}
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
                cell: ({ feature: of, instance }) => instance?.name ?? featureName(of),
              },
              {
                head: 'Feature',
                cell: ({ feature: of }) => (
                  <button
                    type="button"
                    className="link"
                    onClick={() => setSearch({ feature: of })}
                    title="Only this feature"
                  >
                    {featureName(of)}
                  </button>
                ),
              },
              { head: 'Cause', cell: ({ trigger }) => triggers[trigger] ?? trigger },
              ...(can('admin')
                ? [
                    {
                      head: 'By',
                      cell: ({ memberId: member, integrationId: integration }: Charge) =>
                        member ? (members.get(member) ?? member) : integration ? 'A key' : 'Sluice',
                    },
                  ]
                : []),
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
