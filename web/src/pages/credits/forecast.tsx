import { NumberInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { api } from '../../api/client.ts'
import { useApi, useList } from '../../api/queries.ts'
import type { Contract, Forecast, Grant, RateCard, WhatIf } from '../../api/types.ts'
import { creditsText, sumOf } from '../../credits.ts'
import { useSearch } from '../../search.ts'
import { useHere } from '../../session.ts'
import { Card, Credits, Empty, Failed, Loaded, Loading, Page } from '../../ui/parts.tsx'
import { DataTable } from '../../ui/table.tsx'
import { itemNames, sources } from '../../words.ts'
import { BackTest } from './new-prices.tsx'
import { currentYear } from './period.tsx'
import { TrendChart } from './trend-chart.tsx'

/** When the credits run out, what expires unused, and what other choices would change. */
export function ForecastPage() {
  const { times, now } = useHere()
  const forecast = useApi<Forecast>('/v1/credits/forecast')
  const contract = useApi<Contract>('/v1/contract')
  const grants = useList<Grant>('/v1/credits/grants', { limit: 500 })
  const names = new Map(
    grants.rows?.map((grant) => [
      grant.id,
      `${sources[grant.source]}${grant.reference ? ` ${grant.reference}` : ''}`,
    ]),
  )
  return (
    <Page
      title="Forecast"
      crumbs={<Link to="/credits">Credits</Link>}
      intro="From what was used lately; forecasts are never mixed with exact figures."
    >
      <div className="stack-l">
        <Loaded of={forecast} what="the forecast">
          {({ runOutAt, range, perDay, margin, days, basis, expiringUnused }) => (
            <>
              <Card>
                <div className="headline">
                  <div>
                    <p className="muted small">Run-out</p>
                    <p className="figure-m">
                      {runOutAt ? `About ${times.lastDay(runOutAt)}` : 'Not in sight'}
                    </p>
                    {range && (
                      <p className="soft num">
                        between{' '}
                        {range.early ? times.lastDay(range.early) : 'later than can be seen'} and{' '}
                        {range.late ? times.lastDay(range.late) : 'later than can be seen'}
                      </p>
                    )}
                  </div>
                  <div>
                    <p className="muted small">Pace</p>
                    <p className="figure-m num">{creditsText(perDay)} a day</p>
                    <p className="soft num">
                      {days < 14
                        ? 'An early estimate: less than two weeks of use'
                        : `give or take ${creditsText(margin)}`}
                    </p>
                  </div>
                  <div>
                    <p className="muted small">Would expire unused</p>
                    <p className="figure-m num">
                      {creditsText(sumOf(expiringUnused.map(({ credits }) => credits)))}
                    </p>
                  </div>
                </div>
              </Card>
              <p className="muted small">{basis}</p>
              <TrendChart year={currentYear(contract.data, now())} />
              <div className="grid-2" style={{ alignItems: 'start' }}>
                <Card title="Expiring unused at this pace" flush>
                  {expiringUnused.length === 0 ? (
                    <Empty title="Nothing">Everything granted is used before it expires.</Empty>
                  ) : (
                    <DataTable
                      caption="Credits that expire unused"
                      rows={expiringUnused}
                      id={({ grantId }) => grantId}
                      columns={[
                        {
                          head: 'Grant',
                          lead: true,
                          cell: ({ grantId }) => names.get(grantId) ?? grantId,
                        },
                        { head: 'Usable until', cell: ({ expiresAt }) => times.lastDay(expiresAt) },
                        {
                          head: 'Credits',
                          right: true,
                          amount: true,
                          cell: ({ credits }) => <Credits value={credits} />,
                        },
                      ]}
                    />
                  )}
                </Card>
                <WhatIfPrices />
              </div>
            </>
          )}
        </Loaded>
      </div>
    </Page>
  )
}

const priced = ['call_long', 'call_short', 'email'] as const

/** Past use under other prices, and where that would have led. */
function WhatIfPrices() {
  const { now } = useHere()
  const cards = useList<RateCard>('/v1/rate-cards', { limit: 200 })
  const moment = now().toISOString()
  const current = cards.rows?.find(({ effectiveAt }) => effectiveAt <= moment)?.prices ?? {}
  // What is tried stands in the address, so that it can be passed on.
  const [search, setSearch] = useSearch()
  const tried = priced.filter((type) => search[type] !== undefined)
  const prices = Object.fromEntries(tried.map((type) => [type, Number(search[type])]))
  const [settled] = useDebouncedValue(JSON.stringify(prices), 400)
  const whatIf = useQuery({
    queryKey: ['what if', settled],
    queryFn: () =>
      api.post<WhatIf>('/v1/credits/what-if', { rateCard: { prices: JSON.parse(settled) } }),
  })
  return (
    <Card
      title="What if prices were different?"
      note="The use of the last year under another rate card."
    >
      <div className="stack">
        <div className="row wrap" style={{ alignItems: 'flex-end' }}>
          {priced.map((type) => (
            <NumberInput
              key={type}
              label={itemNames[type]?.[0]}
              w={124}
              min={0}
              step={0.1}
              decimalScale={6}
              value={prices[type] ?? current[type] ?? ''}
              onChange={(value) => setSearch({ [type]: value === '' ? null : String(value) })}
            />
          ))}
        </div>
        {whatIf.data ? (
          <BackTest of={whatIf.data} />
        ) : whatIf.error ? (
          <Failed what="the comparison" error={whatIf.error} retry={whatIf.refetch} />
        ) : (
          <Loading lines={2} />
        )}
      </div>
    </Card>
  )
}
