/** What a company has used of its requests. */
export interface Use {
  /** Milliseconds since 1970: up to here the second's requests are given out. */
  spacedTo: number
  /** The day in UTC. */
  day: string
  requests: number
}

/** A moment, as milliseconds since 1970 and as its day in UTC. */
export interface Now {
  ms: number
  day: string
}

const DAY_MS = 86_400_000
/** Milliseconds since 1970 carry that much rounding. */
const ROUNDING_MS = 0.01

/**
 * Takes one request, or tells in how many seconds there may be another. So many a second may come at once;
 * after that one falls due each fraction of a second, and what was refused counts for nothing.
 */
export function takeOne(
  use: Use,
  limits: { perSecond: number; perDay: number },
  now: Now,
): { use: Use } | { retryAfter: number } {
  const requests = use.day === now.day ? use.requests : 0
  if (requests >= limits.perDay) {
    const midnight = Date.parse(`${now.day}T00:00:00Z`) + DAY_MS
    return { retryAfter: secondsUp(midnight - now.ms) }
  }
  if (limits.perSecond <= 0) return { retryAfter: 1 }
  const spacing = 1_000 / limits.perSecond
  const spacedTo = Math.max(use.spacedTo, now.ms)
  const tooEarly = spacedTo + spacing - (now.ms + 1_000)
  if (tooEarly > ROUNDING_MS) return { retryAfter: secondsUp(tooEarly) }
  return { use: { spacedTo: spacedTo + spacing, day: now.day, requests: requests + 1 } }
}

function secondsUp(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1_000))
}
