import type { Balance } from '../api/types.ts'
import { creditsText, lengthOf, percentText } from '../credits.ts'

export function toneOf(balance: Balance): 'danger' | 'warn' | undefined {
  if (balance.status === 'exhausted') return 'danger'
  return balance.usedPercent >= 90 ? 'warn' : undefined
}

/** How much of the pool is used, with what is held behind it, and the thresholds under it. */
export function PoolMeter({ balance, thin }: { balance: Balance; thin?: boolean }) {
  const { used, held, total, available, usedPercent, thresholds } = balance
  const whole = lengthOf(total)
  const part = (credits: number) => (whole > 0 ? (lengthOf(credits) / whole) * 100 : 0)
  const value = whole > 0 ? part(used) : usedPercent
  return (
    <div>
      {/* biome-ignore lint/a11y/useSemanticElements: the element meter cannot show what is held */}
      <div
        className={thin ? 'meter thin' : 'meter'}
        data-tone={toneOf(balance)}
        role="meter"
        aria-label="Credits used"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={usedPercent}
        aria-valuetext={`${percentText(usedPercent)} percent used, ${creditsText(available)} left`}
      >
        {held > 0 && <i className="held" style={{ width: `${value + part(held)}%` }} />}
        <i style={{ width: `${value}%` }} />
      </div>
      {!thin && (
        <div className="ticks num" aria-hidden>
          {thresholds
            .filter(({ percent }) => percent < 100)
            .map(({ percent, reachedAt }) => (
              <span
                key={percent}
                style={{ left: `${percent}%` }}
                {...(reachedAt ? { 'data-passed': true } : {})}
              >
                {percent}
                {reachedAt && '✓'}
              </span>
            ))}
        </div>
      )}
    </div>
  )
}
