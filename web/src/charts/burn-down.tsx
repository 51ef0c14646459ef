import { useElementSize } from '@mantine/hooks'
import { useState } from 'react'
import { creditsText } from '../credits.ts'
import { axisText, Readout, stepsTo } from './frame.tsx'
import {
  type Change,
  DAY_MS,
  type DayBalance,
  leftAt,
  monthsBetween,
  noon,
  wayDown,
} from './outlook.ts'

interface Props {
  days: DayBalance[]
  /** What is expected from now on: how much goes a day, and how far that may be off. */
  perDay: number
  margin: number
  changes: Change[]
  /** Balances at which a threshold is passed, the next ones first. */
  thresholds: { percent: number; left: number }[]
  /** The last day shown. */
  until: string
  dayText: (day: string) => string
}

const HEIGHT = 280
const LEFT = 48
const RIGHT = 8
const BOTTOM = 22
const TOP = 16

/** What was left each day, in steps as credits come and go, and where it leads at the present pace. */
export function BurnDown({ days, perDay, margin, changes, thresholds, until, dayText }: Props) {
  const { ref, width } = useElementSize()
  const [at, setAt] = useState<number>()
  const first = days[0]
  const last = days.at(-1)
  if (!first || !last) return null
  const start = noon(first.day)
  const end = Math.max(noon(until), noon(last.day) + DAY_MS)
  const coming = changes
    .filter(({ day }) => noon(day) > noon(last.day) && noon(day) <= end)
    .toSorted((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : a.credits - b.credits))
  const ahead = wayDown(last, perDay, coming, end)
  const most = Math.max(...days.map(({ closing }) => closing), ...ahead.map(([, left]) => left), 1)
  const steps = stepsTo(most)
  const top = steps.at(-1) ?? 1
  const inner = Math.max(0, width - LEFT - RIGHT)
  const x = (time: number) => LEFT + (inner * (time - start)) / (end - start)
  const y = (value: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top)
  const line = days
    .map(({ day, closing }, place) =>
      place === 0 ? `M${x(noon(day))},${y(closing)}` : `H${x(noon(day))}V${y(closing)}`,
    )
    .join('')
  const area = `${line}V${y(0)}H${x(start)}Z`
  const pathOf = (points: [number, number][], begin = 'M') =>
    points.map(([time, left], place) => `${place ? 'L' : begin}${x(time)},${y(left)}`).join('')
  // Until credits end or begin anew: beyond, two ways down no longer enclose what may happen.
  const sure = coming[0] ? noon(coming[0].day) : end
  const fast = wayDown(last, perDay + margin, [], sure)
  const slow = wayDown(last, Math.max(0, perDay - margin), [], sure)
  const band = `${pathOf(slow)}${pathOf(fast.toReversed(), 'L')}Z`
  const marks = days.filter(({ granted }, place) => granted > 0 && place > 0)
  const months = monthsBetween(start, end)
  const every = Math.max(1, Math.ceil(months.length / Math.max(1, Math.floor(inner / 72))))
  const shown = at === undefined ? undefined : days[at]
  const today = x(noon(last.day))
  return (
    <div ref={ref}>
      <svg
        className="chart"
        width="100%"
        height={HEIGHT}
        role="img"
        aria-label="Credits left by day. Use the arrow keys to read single days."
        // biome-ignore lint/a11y/noNoninteractiveTabindex: its bars are read with the arrow keys
        tabIndex={0}
        onKeyDown={(event) => {
          const most = days.length - 1
          const moves: Record<string, (now: number | undefined) => number | undefined> = {
            ArrowRight: (now) => Math.min(most, (now ?? -1) + 1),
            ArrowLeft: (now) => Math.max(0, (now ?? most + 1) - 1),
            Home: () => 0,
            End: () => most,
            Escape: () => undefined,
          }
          const move = moves[event.key]
          if (!move) return
          event.preventDefault()
          setAt(move)
        }}
        onMouseMove={({ clientX, currentTarget }) => {
          const time =
            start +
            ((clientX - currentTarget.getBoundingClientRect().left - LEFT) / inner) * (end - start)
          const place = Math.round((time - start) / DAY_MS)
          setAt(place >= 0 && place < days.length ? place : undefined)
        }}
        onMouseLeave={() => setAt(undefined)}
      >
        {steps.map((step) => (
          <g key={step}>
            <line className="grid" x1={LEFT} x2={width - RIGHT} y1={y(step)} y2={y(step)} />
            <text x={LEFT - 8} y={y(step) + 4} textAnchor="end">
              {axisText(step)}
            </text>
          </g>
        ))}
        {thresholds.map(({ percent, left }) => (
          <g key={percent}>
            <line className="threshold" x1={LEFT} x2={width - RIGHT} y1={y(left)} y2={y(left)} />
            <text className="threshold" x={LEFT + 6} y={y(left) - 4}>
              {percent} % used
            </text>
          </g>
        ))}
        <path d={area} fill="var(--ink-1)" opacity={0.14} />
        <path d={band} fill="var(--ink-1)" opacity={0.1} />
        <path d={line} fill="none" stroke="var(--ink-1)" strokeWidth={1.75} />
        <path
          d={pathOf(ahead)}
          fill="none"
          stroke="var(--ink-1)"
          strokeWidth={1.5}
          strokeDasharray="4 4"
        />
        {coming.map(({ day, credits, name }) => (
          <text
            key={`${day} ${name}`}
            x={x(noon(day)) - 6}
            y={credits < 0 ? y(Math.max(0, leftAt(ahead, noon(day)))) + 30 : y(top) + 14}
            textAnchor="end"
            style={{ fill: credits < 0 ? 'var(--warn)' : 'var(--text-2)' }}
          >
            {credits > 0 && '+'}
            {creditsText(credits)} {name}
          </text>
        ))}
        {marks.map(({ day, granted, closing }) => {
          const isLate = today - x(noon(day)) < 80
          return (
            <text
              key={day}
              x={x(noon(day)) + (isLate ? -4 : 4)}
              y={y(closing) - 5}
              textAnchor={isLate ? 'end' : 'start'}
              style={{ fill: 'var(--text-2)' }}
            >
              +{creditsText(granted)}
            </text>
          )
        })}
        <line x1={today} x2={today} y1={TOP} y2={y(0)} stroke="var(--border-strong)" />
        <text x={today} y={11} textAnchor="middle" style={{ fill: 'var(--text-2)' }}>
          Today
        </text>
        {months.map(({ time, name }, place) =>
          place % every ? null : (
            <text key={time} x={x(time)} y={HEIGHT - 5} textAnchor={place ? 'middle' : 'start'}>
              {name}
            </text>
          ),
        )}
        {shown && (
          <>
            <line
              className="cursor"
              x1={x(noon(shown.day))}
              x2={x(noon(shown.day))}
              y1={TOP}
              y2={y(0)}
            />
            <circle cx={x(noon(shown.day))} cy={y(shown.closing)} r={4} fill="var(--accent)" />
          </>
        )}
      </svg>
      <Readout
        idle={
          <span className="muted">
            Solid: what was left at the end of each day. Dashed: what follows at this pace, with its
            range.
          </span>
        }
      >
        {shown && (
          <>
            <b>{dayText(shown.day)}</b> {creditsText(shown.closing)} left
            {shown.granted > 0 && ` · ${creditsText(shown.granted)} granted`}
            {shown.expired > 0 && ` · ${creditsText(shown.expired)} expired`}
          </>
        )}
      </Readout>
    </div>
  )
}
