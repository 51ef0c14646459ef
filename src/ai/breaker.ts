/** Whether a provider that keeps failing is asked at all. Pure: time comes in, a new state goes out. */
export type Breaker = { failures: number; openUntil: number; probing: boolean }

export type BreakerRules = {
  /** Failures in a row before the provider is left alone. */
  failuresMax: number
  /** How long it is left alone; then one request tries again. */
  restMs: number
}

export const closedBreaker: Breaker = { failures: 0, openUntil: 0, probing: false }

/** A request may go out, must stay, or goes out as the one that finds out. */
export function admit(
  breaker: Breaker,
  rules: BreakerRules,
  now: number,
): { allowed: boolean; next: Breaker } {
  if (breaker.failures < rules.failuresMax) return { allowed: true, next: breaker }
  if (now < breaker.openUntil || breaker.probing) return { allowed: false, next: breaker }
  return { allowed: true, next: { ...breaker, probing: true } }
}

export function afterSuccess(): Breaker {
  return closedBreaker
}

export function afterFailure(breaker: Breaker, rules: BreakerRules, now: number): Breaker {
  return { failures: breaker.failures + 1, openUntil: now + rules.restMs, probing: false }
}

/** The caller went away before anything was learned about the provider. */
export function afterNothing(breaker: Breaker): Breaker {
  return { ...breaker, probing: false }
}
