import { useElementSize } from '@mantine/hooks'
import { useState } from 'react'
import { creditsText } from '../credits.ts'
import { axisText, stepsTo } from './frame.tsx'

export interface DayBalance {
  /** The local day, `2026-11-12`. */
  day: string
  closing: number
  granted: number
  expired: number
}

interface Props {
  days: DayBalance[]
  /** What is expected from now on: how much goes a day, and what falls away when. */
  perDay: number
  /** What falls away (negative) or comes anew (positive) at the start of a day. */
  changes: { day: string; credits: number; name: string }[]
  /** The last day shown. */
  until: string
  dayText: (day: string) => string
}

const HEIGHT = 260
const LEFT = 48
const RIGHT = 8
const BOTTOM = 22
const TOP = 16
const DAY_MS = 86_400_000

/** What was left each day, in steps as credits come and go, and where it leads at the present pace. */
export function BurnDown({ days, perDay, changes, until, dayText }: Props) {
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
  const ahead = forecastOf(last, perDay, coming, end)
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
  const dashed = ahead.map(([time, value], place) => `${place ? 'L' : 'M'}${x(time)},${y(value)}`)
  const marks = days.filter(({ granted }, place) => granted > 0 && place > 0)
  const months = monthsBetween(start, end)
  const every = Math.max(1, Math.ceil(months.length / Math.max(1, Math.floor(inner / 72))))
  const shown = at === undefined ? undefined : days[at]
  return (
    <div ref={ref}>
      <svg
        className="chart"
        width="100%"
        height={HEIGHT}
        role="img"
        aria-label="Credits left by day. Use the arrow keys to read single days."
        tabIndex={0}
        onKeyDown={({ key }) => {
          const end = days.length - 1
          if (key === 'ArrowRight') setAt((now) => Math.min(end, (now ?? -1) + 1))
          if (key === 'ArrowLeft') setAt((now) => Math.max(0, (now ?? end + 1) - 1))
          if (key === 'Escape') setAt(undefined)
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
        <path d={area} fill="var(--ink-1)" opacity={0.14} />
        <path d={line} fill="none" stroke="var(--ink-1)" strokeWidth={1.75} />
        <path
          d={dashed.join('')}
          fill="none"
          stroke="var(--ink-1)"
          strokeWidth={1.5}
          strokeDasharray="4 4"
        />
        {coming.map(({ day, credits, name }) => (
          <text
            key={`${day} ${name}`}
            x={x(noon(day)) - 6}
            y={credits < 0 ? y(Math.max(0, valueAt(ahead, noon(day)))) + 30 : y(top) + 14}
            textAnchor="end"
            style={{ fill: credits < 0 ? 'var(--warn)' : 'var(--text-2)' }}
          >
            {credits > 0 && '+'}
            {creditsText(credits)} {name}
          </text>
        ))}
        {marks.map(({ day, granted, closing }) => (
          <text key={day} x={x(noon(day)) + 4} y={y(closing) - 5} style={{ fill: 'var(--text-2)' }}>
            +{creditsText(granted)}
          </text>
        ))}
        <line
          x1={x(noon(last.day))}
          x2={x(noon(last.day))}
          y1={TOP}
          y2={y(0)}
          stroke="var(--border-strong)"
        />
        <text x={x(noon(last.day))} y={11} textAnchor="middle" style={{ fill: 'var(--text-2)' }}>
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
          <circle cx={x(noon(shown.day))} cy={y(shown.closing)} r={4} fill="var(--accent)" />
        )}
      </svg>
      <p className="small soft num" aria-live="polite" style={{ minHeight: 18, marginTop: 4 }}>
        {shown
          ? `${dayText(shown.day)}: ${creditsText(shown.closing)} left${
              shown.granted ? `, ${creditsText(shown.granted)} granted` : ''
            }${shown.expired ? `, ${creditsText(shown.expired)} expired` : ''}`
          : ' '}
      </p>
    </div>
  )
}

/** A straight way down at the present pace, with a step where credits expire. */
function forecastOf(
  last: DayBalance,
  perDay: number,
  changes: Props['changes'],
  end: number,
): [number, number][] {
  const points: [number, number][] = [[noon(last.day), last.closing]]
  let [time, value] = points[0]!
  for (const { day, credits } of [...changes, { day: '', credits: 0 }]) {
    const next = day ? noon(day) : end
    const left = value - (perDay * (next - time)) / DAY_MS
    if (left <= 0 && time < next) {
      points.push([time + (value / Math.max(perDay, 1e-9)) * DAY_MS, 0], [next, 0])
    } else points.push([next, left])
    value = Math.max(0, Math.max(0, left) + credits)
    if (credits) points.push([next, value])
    time = next
  }
  return points
}

/** What is left at a moment of the forecast, before what happens then. */
function valueAt(points: [number, number][], time: number): number {
  return points.find(([at]) => at >= time)?.[1] ?? 0
}

function monthsBetween(start: number, end: number) {
  const months: { time: number; name: string }[] = []
  const at = new Date(start)
  at.setUTCDate(1)
  for (; at.getTime() <= end; at.setUTCMonth(at.getUTCMonth() + 1)) {
    if (at.getTime() < start) continue
    const name = at.toLocaleDateString('en-GB', { month: 'short', timeZone: 'UTC' })
    months.push({ time: at.getTime(), name })
  }
  return months
}

function noon(day: string): number {
  return Date.parse(`${day}T12:00:00Z`)
}
