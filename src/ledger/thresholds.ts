import { type Credits, percentOf, reaches } from '../kit/credits.ts'
import type { Moment, Pool } from './pool.ts'

/** The percentages of usage that are told to the admins. */
export const thresholds: readonly number[] = [60, 80, 90, 95, 100]

/** used + held + available. */
export function totalOf(pool: Pool): Credits {
  return (pool.used + pool.held + pool.available) as Credits
}

/** Usage in percent floored to one decimal; of nothing it is 100 once there was a grant, else 0. */
export function usedPercent(pool: Pool): number {
  const total = totalOf(pool)
  if (total === 0n) return pool.everGranted ? 100 : 0
  return percentOf(pool.used, total)
}

export type PoolStatus = 'ok' | 'low' | 'exhausted'

/** `exhausted` when nothing is unspent, `low` from 80 percent. */
export function statusOf(pool: Pool): PoolStatus {
  if (pool.available + pool.held === 0n) return 'exhausted'
  return reaches(pool.used, totalOf(pool), 80) ? 'low' : 'ok'
}

/** Marks every armed threshold that usage has reached; gives those newly reached, lowest first. */
export function markReached(pool: Pool, at: Moment): number[] {
  if (!pool.everGranted) return []
  const total = totalOf(pool)
  const newly: number[] = []
  for (const [i, percent] of thresholds.entries()) {
    // Usage that has not reached one threshold has not reached the next.
    if (!reaches(pool.used, total, percent)) break
    if (pool.reached[i] !== null) continue
    pool.reached[i] = at
    newly.push(percent)
  }
  return newly
}

/** After a grant: arms again what usage has fallen under; gives those thresholds. */
export function rearm(pool: Pool): number[] {
  const total = totalOf(pool)
  return thresholds.filter((percent, i) => {
    if (pool.reached[i] === null || reaches(pool.used, total, percent)) return false
    pool.reached[i] = null
    return true
  })
}
