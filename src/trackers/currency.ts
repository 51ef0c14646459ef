import type { Status } from './tracker.ts'

/** How current a tracker is: what stands on its results says so in its name. */
export interface Currency {
  trackerId: string
  name: string
  status: Status
  since: Date
  /** Everything that arrived before this moment has been dealt with. */
  upToDateUntil: Date
}

/** Since when, and why, something that stands on trackers shows old data. */
export interface Stale {
  since: Date
  /** The status of the tracker that has stood still the longest. */
  reason: Exclude<Status, 'published'>
  trackerIds: string[]
}

/** What stands on several trackers is as old as the oldest; on none, it is as of now. */
export function dataAsOf(currencies: readonly Currency[], now: Date): Date {
  return currencies.reduce(
    (oldest, { upToDateUntil }) => (upToDateUntil < oldest ? upToDateUntil : oldest),
    now,
  )
}

/** Null while all of the trackers go on. */
export function staleOf(currencies: readonly Currency[]): Stale | null {
  const standing = currencies.filter(({ status }) => status !== 'published')
  const [first] = standing.toSorted((a, b) => a.since.getTime() - b.since.getTime())
  if (!first || first.status === 'published') return null
  const trackerIds = standing.map(({ trackerId }) => trackerId)
  return { since: first.since, reason: first.status, trackerIds }
}
