import { Button, SegmentedControl, TextInput } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Download } from 'lucide-react'
import { search as queryText } from '../../api/client.ts'
import { useApi } from '../../api/queries.ts'
import type { Report } from '../../api/types.ts'
import { creditsText } from '../../credits.ts'
import { useSearch } from '../../search.ts'
import { useHere } from '../../session.ts'
import { daysFrom } from '../../times.ts'
import { Card, Empty, Loaded, Page } from '../../ui/parts.tsx'
import { DataTable } from '../../ui/table.tsx'

const reports = {
  usage: {
    label: 'Credit usage',
    says: 'What used credits, by day, feature, action, key and person.',
  },
  balance: { label: 'Credit balance', says: 'Day by day: opening, what came and went, closing.' },
  purchases: { label: 'Purchase history', says: 'Every grant and purchase.' },
  ledger: { label: 'Ledger', says: 'Every entry.' },
}

const titles: Record<string, string> = {
  ...{
    usageDate: 'Usage date',
    featureType: 'Feature type',
    featureName: 'Feature name',
    usageAction: 'Usage action',
  },
  ...{
    integration: 'Integration',
    userId: 'User ID',
    creditsUsed: 'Credits used',
    usageBreakdown: 'Usage breakdown',
    requests: '# of requests',
  },
  ...{ usedPercent: 'Used %', id: 'Entry ID', at: 'Time', actor: 'Recorded by' },
}

/** Files for finance: the columns of each, its first rows, and the whole as CSV or JSON. */
export function ReportsPage() {
  const { times, now } = useHere()
  const [search, setSearch] = useSearch()
  const name =
    search.report && search.report in reports ? (search.report as keyof typeof reports) : 'usage'
  const from = search.from ?? times.iso(daysFrom(now(), -27))
  const last = search.to ?? times.iso(now())
  const to = daysFrom(new Date(`${last}T12:00:00Z`), 1)
    .toISOString()
    .slice(0, 10)
  const report = useApi<Report>(`/v1/credits/reports/${name}`, { from, to, format: 'json' })
  const file = (format: string) => `/v1/credits/reports/${name}${queryText({ from, to, format })}`
  return (
    <Page
      title="Reports"
      crumbs={<Link to="/credits">Credits</Link>}
      actions={
        <>
          <Button
            component="a"
            href={file('json')}
            download={`sluice-${name}.json`}
            variant="default"
          >
            JSON
          </Button>
          <Button component="a" href={file('csv')} leftSection={<Download size={15} />}>
            Download CSV
          </Button>
        </>
      }
    >
      <div className="stack">
        <div className="row wrap" style={{ alignItems: 'flex-end', gap: 16 }}>
          <SegmentedControl
            aria-label="Report"
            className="scroll-x"
            value={name}
            onChange={(value) => setSearch({ report: value === 'usage' ? null : value })}
            data={Object.entries(reports).map(([value, { label }]) => ({ value, label }))}
          />
          <TextInput
            type="date"
            label="From"
            value={from}
            onChange={(event) => setSearch({ from: event.currentTarget.value })}
          />
          <TextInput
            type="date"
            label="Last day"
            value={last}
            onChange={(event) => setSearch({ to: event.currentTarget.value })}
          />
        </div>
        <Loaded of={report} what="the report" lines={8}>
          {({ data }) => (
            <Card
              title={reports[name].label}
              note={`${reports[name].says} ${data.length.toLocaleString('en-US')} rows in this range${data.length > 50 ? '; the first 50 here' : ''}.`}
              flush
            >
              {data.length === 0 ? (
                <Empty title="No rows in this range" />
              ) : (
                <Rows rows={data.slice(0, 50)} />
              )}
            </Card>
          )}
        </Loaded>
      </div>
    </Page>
  )
}

type Row = Report['data'][number]

function Rows({ rows }: { rows: Row[] }) {
  const columns = Object.keys(rows[0] ?? {})
  const isFigure = (name: string) => rows.some((row) => typeof row[name] === 'number')
  const plain = new Set(['requests', 'seq'])
  return (
    <DataTable
      caption="The first rows"
      rows={rows.map((row, place) => ({ row, place }))}
      id={({ place }) => String(place)}
      columns={columns.map((name) => ({
        head:
          titles[name] ??
          name
            .replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
            .replace(/^./, (letter) => letter.toUpperCase()),
        right: isFigure(name),
        cell: ({ row }: { row: Row }) => {
          const value = row[name]
          if (typeof value !== 'number')
            return <span className={/date|^at$/i.test(name) ? 'num' : 'soft'}>{value ?? ''}</span>
          return <span className="num">{plain.has(name) ? value : creditsText(value)}</span>
        },
      }))}
    />
  )
}
