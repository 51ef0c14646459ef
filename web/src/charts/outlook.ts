/** One day of a balance. */
export interface DayBalance {
  /** The local day, `2026-11-12`. */
  day: string
  closing: number
  granted: number
  expired: number
}

/** What falls away (negative) or comes anew (positive) at the start of a day. */
export interface Change {
  day: string
  credits: number
  name: string
}

export const DAY_MS = 86_400_000

/** Where a day stands in time: its noon, so that no time zone moves it to another day. */
export function noon(day: string): number {
  return Date.parse(`${day}T12:00:00Z`)
}

/** A way down at a pace, with a step where credits end or begin; never below nothing. */
export function wayDown(
  last: DayBalance,
  perDay: number,
  changes: Change[],
  end: number,
): [time: number, left: number][] {
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

/** What is left at a moment of a way down, before what happens then. */
export function leftAt(points: [number, number][], time: number): number {
  return points.find(([at]) => at >= time)?.[1] ?? 0
}

export function monthsBetween(start: number, end: number): { time: number; name: string }[] {
  const months: { time: number; name: string }[] = []
  const at = new Date(start)
  at.setUTCDate(1)
  for (; at.getTime() <= end; at.setUTCMonth(at.getUTCMonth() + 1)) {
    if (at.getTime() < start) continue
    const name = at.toLocaleDateString('en-GB', { month: 'short', timeZone: 'UTC' })
    months.push({ time: at.getTime(), name: name.slice(0, 3) })
  }
  return months
}
