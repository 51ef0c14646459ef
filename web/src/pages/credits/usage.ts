import type { Usage } from '../../api/types.ts'
import type { Bar } from '../../charts/bars.tsx'
import { type Micros, microsOf, ZERO } from '../../credits.ts'
import type { Times } from '../../times.ts'
import { daysFrom } from '../../times.ts'
import { featureName, itemNames, seriesColour } from '../../words.ts'
import type { Period } from './period.tsx'

type Line = Usage['data'][number]

export interface Total {
  key: string | null
  name: string
  colour: string
  credits: Micros
  calls: number
  emails: number
  requests: number
}

/** Sums over a period by what it was grouped by, the most first. */
export function totalsOf(lines: Line[], groupBy: string): Total[] {
  const found = new Map<string | null, Total>()
  for (const line of lines) {
    const now = found.get(line.key)
    found.set(line.key, {
      key: line.key,
      name: nameOf(line, groupBy),
      colour: '',
      credits: (now?.credits ?? ZERO) + microsOf(line.credits),
      calls: (now?.calls ?? 0) + line.calls,
      emails: (now?.emails ?? 0) + line.emails,
      requests: (now?.requests ?? 0) + line.requests,
    })
  }
  return [...found.values()]
    .sort((a, b) => (a.credits < b.credits ? 1 : a.credits > b.credits ? -1 : 0))
    .map((total, place) => ({ ...total, colour: seriesColour(total.key, place) }))
}

function nameOf({ key, name }: Line, groupBy: string): string {
  if (groupBy === 'feature') return featureName(key)
  if (groupBy === 'itemType' && key) return itemNames[key]?.[1] ?? key
  const nobody: Record<string, string> = {
    ...{ instance: 'No single instance', integration: 'In the house', member: 'No member' },
    team: 'No team',
  }
  return name ?? key ?? nobody[groupBy] ?? 'None'
}

const SHOWN = 4

/** What the colours of the bars stand for: those shown by name, and all others together. */
export function legendOf(totals: Total[]): Pick<Total, 'name' | 'colour' | 'credits'>[] {
  const rest = totals.slice(SHOWN).reduce((sum, { credits }) => sum + credits, ZERO)
  const other = { name: 'Other', colour: OTHER, credits: rest }
  return rest === ZERO ? totals.slice(0, SHOWN) : [...totals.slice(0, SHOWN), other]
}

const OTHER = 'var(--text-3)'

/** A bar that knows its time: the first local day and the day after the last. */
export interface DatedBar extends Bar {
  from: string
  to: string
}

/** A bar for each day, week or month, empty ones too; beyond four, the rest is one part. */
export function barsOf(lines: Line[], totals: Total[], period: Period, times: Times): DatedBar[] {
  const shown = totals.slice(0, SHOWN)
  const starts = startsOf(period, lines, times)
  return starts.map((start, place) => {
    const next = new Date(`${start}T12:00:00Z`)
    const isDay = period.granularity === 'day'
    const to = isDay
      ? daysFrom(next, 1).toISOString().slice(0, 10)
      : (starts[place + 1] ?? period.to)
    const here = lines.filter((line) => times.iso(line.start) === start)
    const parts = shown.map(({ key, name, colour }) => ({
      ...{ key: String(key), name, colour },
      credits: here
        .filter((line) => line.key === key)
        .reduce((sum, line) => sum + microsOf(line.credits), ZERO),
    }))
    const all = here.reduce((sum, line) => sum + microsOf(line.credits), ZERO)
    const rest = all - parts.reduce((sum, part) => sum + part.credits, ZERO)
    const other = { key: 'other', name: 'Other', colour: OTHER, credits: rest }
    const at = `${start}T12:00:00Z`
    const label = period.granularity === 'month' ? times.month(at) : times.dayMonth(at)
    return { from: start, to, label, parts: rest === ZERO ? parts : [...parts, other] }
  })
}

function startsOf({ from, to, granularity }: Period, lines: Line[], times: Times): string[] {
  if (granularity !== 'day') {
    return [...new Set(lines.map(({ start }) => times.iso(start)))].sort()
  }
  const days: string[] = []
  for (let at = new Date(`${from}T12:00:00Z`); ; at = daysFrom(at, 1)) {
    const day = at.toISOString().slice(0, 10)
    if (day >= to) return days
    days.push(day)
  }
}
