// What the users of the service are told. They know nothing of keys, scopes or rate cards.
import { isRefusal, NoAnswer, WorkTooLong } from '@sluice/client'
import { Unreadable } from './summarise.ts'

export interface Said {
  status: number
  body: Record<string, unknown> | null
  headers?: Record<string, string>
}

export function sayWhy(error: unknown): Said {
  if (isRefusal(error, 'insufficient-credits')) {
    const { needed, available, held } = error.problem
    const message = 'Your company has no AI credits left for this. An admin can add some.'
    return { status: 402, body: { code: 'out-of-credits', message, needed, available, held } }
  }
  if (isRefusal(error, 'budget-exceeded')) {
    const { needed, remaining, periodEnd } = error.problem
    const message = `This would be over a budget until ${periodEnd.slice(0, 10)}.`
    return { status: 402, body: { code: 'over-budget', message, needed, remaining, periodEnd } }
  }
  if (isRefusal(error, 'feature-disabled')) {
    return {
      status: 403,
      body: { code: 'switched-off', message: 'Your team has this switched off.' },
    }
  }
  if (error instanceof Unreadable) return { status: 422, body: { message: error.message } }
  if (error instanceof RangeError || error instanceof SyntaxError) {
    return { status: 400, body: { message: error.message } }
  }
  if (isLater(error)) {
    const retryMs = isRefusal(error) ? (error.retryAfterMs ?? 1_000) : 1_000
    const headers = { 'retry-after': String(Math.ceil(retryMs / 1_000)) }
    return { status: 503, body: { message: 'This cannot be done right now.' }, headers }
  }
  // A wrong key, a missing scope, a type that is not on the rate card: ours to mend, and no user's business.
  console.error(error)
  return { status: 500, body: { message: 'Something is wrong on our side. Nothing was charged.' } }
}

/** Nothing is wrong with what was asked, only with the moment. The same key makes asking again safe. */
function isLater(error: unknown): boolean {
  return (
    isRefusal(error, 'unavailable', 'rate-limited', 'idempotency-in-progress') ||
    error instanceof NoAnswer ||
    error instanceof WorkTooLong ||
    (error instanceof Error && error.name === 'Stopping')
  )
}
