import type { ModelFailure } from './model.ts'

export type RetryRules = {
  attemptsMax: number
  backoffMs: number
  /** A longer wait is the queue's business: the failure goes back with its `retryAfterMs`. */
  waitMaxMs: number
}

/** Five minutes, whatever a provider asks for. */
export const RETRY_AFTER_MAX_MS = 300_000

/** How long to wait before the next attempt, or undefined when there is none. */
export function waitBefore(
  rules: RetryRules,
  attempt: number,
  failure: { kind: ModelFailure; retryAfterMs: number | undefined },
  chance: number,
): number | undefined {
  if (attempt >= rules.attemptsMax) return undefined
  if (failure.kind === 'invalid-answer') return undefined
  const backoff = rules.backoffMs * 2 ** (attempt - 1) * (0.5 + chance)
  const wait = Math.max(backoff, failure.retryAfterMs ?? 0)
  return wait <= rules.waitMaxMs ? Math.round(wait) : undefined
}

/** Reads a Retry-After header: seconds, or a date. */
export function retryAfterOf(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  const text = header.trim()
  const ms = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  if (!Number.isFinite(ms)) return undefined
  return Math.min(RETRY_AFTER_MAX_MS, Math.max(0, Math.round(ms)))
}
