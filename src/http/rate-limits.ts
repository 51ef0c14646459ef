import { actorOf, type Caller } from '../kit/caller.ts'
import { Problem } from '../kit/problem.ts'

/** Counts one request of a caller; throws `rate-limited` when there were too many. */
export type Pace = (caller: Caller) => void

/** Whoever was quiet may send so many seconds' worth at once. */
const BURST_SECONDS = 10
/** So many callers are remembered before those that are long quiet are forgotten. */
const REMEMBERED_MAX = 10_000

/**
 * Lets each key or session send so many requests a second through one process, with bursts; 0 sets no limit.
 * `now` tells milliseconds that never go back.
 */
export function openPace(perSecond: number, now: () => number = () => performance.now()): Pace {
  if (perSecond <= 0) return () => {}
  const gapMs = 1_000 / perSecond
  const burstMs = BURST_SECONDS * 1_000
  /** Up to when each caller's requests are spread, one every gap. */
  const spread = new Map<string, number>()
  return (caller) => {
    const at = now()
    const who = `${caller.companyNo} ${actorOf(caller)}`
    const next = Math.max(spread.get(who) ?? at, at) + gapMs
    if (next > at + burstMs) {
      throw new Problem(
        'rate-limited',
        `This credential may send ${perSecond} requests a second.`,
        {
          retryAfter: Math.ceil((next - at - burstMs) / 1_000),
        },
      )
    }
    if (spread.size >= REMEMBERED_MAX) {
      for (const [name, until] of spread) if (until <= at) spread.delete(name)
    }
    spread.set(who, next)
  }
}
