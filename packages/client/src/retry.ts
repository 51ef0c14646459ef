/** How long a request is tried. */
export interface Patience {
  /** For one request with all its repetitions, in milliseconds. */
  timeoutMs: number
  /** For a single attempt, in milliseconds. */
  attemptMs: number
  /** The most attempts of one request. */
  attempts: number
}

/** Unless the caller says otherwise. */
export const PATIENCE: Patience = { timeoutMs: 60_000, attemptMs: 20_000, attempts: 10 }

const FIRST_PAUSE_MS = 100
const PAUSE_MAX_MS = 10_000

/**
 * How long to wait after so many attempts: a random time below a bound that doubles, so that many clients
 * do not come back together; never less than the server asked for.
 */
export function pauseAfter(
  attempts: number,
  retryAfterMs: number | undefined,
  random: number,
): number {
  const bound = Math.min(PAUSE_MAX_MS, FIRST_PAUSE_MS * 2 ** (attempts - 1))
  return (retryAfterMs ?? 0) + Math.ceil(random * bound)
}

/** `Retry-After` in milliseconds: seconds, or a date. */
export function readRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null || header.trim() === '') return undefined
  const seconds = Number(header)
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000)
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}

/** Refusals that say "not now". */
export function isNotNow(code: string): boolean {
  return code === 'unavailable' || code === 'rate-limited' || code === 'idempotency-in-progress'
}

/** Statuses of whatever stands before the server, when it cannot be reached. */
export function isGatewayFault(status: number): boolean {
  return [408, 429, 502, 503, 504].includes(status)
}
