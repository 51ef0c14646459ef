import { Link } from '@tanstack/react-router'
import { useApi } from '../../api/queries.ts'
import type { Balance, Forecast } from '../../api/types.ts'
import { creditsText, lengthOf, microsOf, percentText, ZERO } from '../../credits.ts'
import { useHere } from '../../session.ts'
import { PoolMeter, toneOf } from '../../ui/meter.tsx'
import { Card, Loading } from '../../ui/parts.tsx'

/** The figures of the pool, and where they lead. */
export function Headline({ balance }: { balance: Balance }) {
  const { times } = useHere()
  const forecast = useApi<Forecast>('/v1/credits/forecast', {}, { everyMs: 60_000 })
  const { available, held, total, used, usedPercent, thresholds } = balance
  const next = thresholds.find(({ percent, reachedAt }) => !reachedAt && percent > usedPercent)
  const toGo = next ? (microsOf(total) * BigInt(next.percent)) / 100n - microsOf(used) : ZERO
  const perDay = forecast.data?.perDay ?? 0
  return (
    <Card>
      <div className="headline">
        <div>
          <p className="muted small">Credits left</p>
          <p
            className="figure-l num"
            data-testid="balance-left"
            style={toneOf(balance) === 'danger' ? { color: 'var(--danger)' } : {}}
          >
            {creditsText(available)}
          </p>
          <p className="soft num" style={{ marginBottom: 14 }}>
            of <span data-testid="balance-total">{creditsText(total)}</span> ·{' '}
            <span className="strong" data-testid="used-pct">
              {percentText(usedPercent)} % used
            </span>
            {held > 0 && (
              <>
                {' '}
                · <Link to="/credits/ledger?type=hold">{creditsText(held)} held</Link>
              </>
            )}
          </p>
          <PoolMeter balance={balance} />
        </div>
        <div>
          <p className="muted small">Next threshold</p>
          {next ? (
            <>
              <p className="figure-m num">{next.percent} % used</p>
              <p className="soft num">
                {creditsText(toGo > 0n ? toGo : ZERO)} to go
                {perDay > 0 &&
                  toGo > 0n &&
                  ` · in about ${Math.floor(lengthOf(toGo) / perDay).toLocaleString('en-US')} days`}
              </p>
            </>
          ) : (
            <>
              <p className="figure-m">All passed</p>
              <p className="soft">Adding credits arms them again.</p>
            </>
          )}
        </div>
        <div>
          <p className="muted small">Pace and run-out</p>
          {forecast.data ? (
            <>
              <p className="figure-m num">{creditsText(perDay)} a day</p>
              <p className="soft">
                {balance.status === 'exhausted'
                  ? 'Nothing is left to use.'
                  : forecast.data.runOutAt
                    ? `Runs out about ${times.lastDay(forecast.data.runOutAt)}`
                    : perDay > 0
                      ? 'Does not run out as far as can be seen'
                      : 'No use yet to go by'}
              </p>
              <Link to="/credits/forecast" className="small">
                How this is worked out
              </Link>
            </>
          ) : forecast.error ? (
            <p className="soft">The forecast is not there. {forecast.error.message}</p>
          ) : (
            <Loading lines={2} />
          )}
        </div>
      </div>
    </Card>
  )
}
