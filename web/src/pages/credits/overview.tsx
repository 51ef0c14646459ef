import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Download, Plus } from 'lucide-react'
import { useApi, useBalance } from '../../api/queries.ts'
import type { Contract } from '../../api/types.ts'
import { useHere } from '../../session.ts'
import { Card, Empty, Gated, Loaded, onlyTechAdmins, Page } from '../../ui/parts.tsx'
import { Activity } from './activity.tsx'
import { Exhausted } from './exhausted.tsx'
import { GrantsInOrder } from './grants-in-order.tsx'
import { Headline } from './headline.tsx'
import { MostUsed } from './most-used.tsx'
import { currentYear, PeriodPicker, usePeriod } from './period.tsx'
import { TrendChart } from './trend-chart.tsx'
import { UseChart } from './use-chart.tsx'

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
                <GrantsInOrder balance={pool} />
                <TrendChart year={year} />
                <div className="spread wrap">
                  <h2>Use</h2>
                  <PeriodPicker value={period} onChange={setPeriod} />
                </div>
                <div className="grid-2" style={{ gridTemplateColumns: undefined }}>
                  <UseChart period={period} groupBy="feature" title="By feature" />
                  <MostUsed period={period} />
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
