/**
 * Every refusal the product can give, in one table. A problem is expected and somebody can act on it;
 * anything else that goes wrong is a bug and becomes `internal-error`. docs/problems.md has a section
 * for each code, and a test keeps the two in step.
 */
export const problems = {
  'invalid-request': { status: 400, title: 'The request does not fit its schema.' },
  unauthenticated: { status: 401, title: 'No valid credential was given.' },
  'insufficient-credits': { status: 402, title: 'The pool does not have enough credits.' },
  'budget-exceeded': { status: 402, title: 'A budget does not allow this.' },
  forbidden: { status: 403, title: 'The credential may not do this.' },
  'feature-disabled': { status: 403, title: 'The feature is switched off for this team.' },
  'not-found': { status: 404, title: 'There is no such thing.' },
  'method-not-allowed': { status: 405, title: 'This address does not know the method.' },
  conflict: { status: 409, title: 'The request conflicts with what is there.' },
  'idempotency-conflict': { status: 409, title: 'The key was used for another request.' },
  'idempotency-in-progress': { status: 409, title: 'The first request with this key is not done.' },
  'invalid-state': { status: 409, title: 'The state of the thing does not allow this.' },
  'payload-too-large': { status: 413, title: 'The request is too large.' },
  unprocessable: { status: 422, title: 'The request is well formed but cannot be done.' },
  'rate-limited': { status: 429, title: 'Too many requests.' },
  'internal-error': { status: 500, title: 'Something is wrong on our side.' },
  'ai-provider-failed': { status: 502, title: 'The AI provider did not answer usefully.' },
  unavailable: { status: 503, title: 'The service cannot do this right now.' },
} as const

export type ProblemCode = keyof typeof problems

/** A fault in one field: `path` is where in the request, as `items.0.quantity`. */
export type FieldError = { path: string; message: string }

/** What a problem carries beside its text; every member ends up in the answer. */
export type ProblemFacts = {
  errors?: FieldError[]
  /** Seconds until a retry makes sense; becomes `Retry-After`. */
  retryAfter?: number
  [member: string]: unknown
}

/**
 * An expected refusal. Services throw it, because throwing is what rolls a transaction back; the doors
 * turn it into an answer; nobody in between catches it.
 */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly facts: ProblemFacts

  constructor(code: ProblemCode, detail: string, facts: ProblemFacts = {}) {
    super(detail)
    this.code = code
    this.facts = facts
  }

  get status(): number {
    return problems[this.code].status
  }

  get title(): string {
    return problems[this.code].title
  }
}

/** A request that fits its schema but cannot be done, because of one field. */
export function unprocessable(path: string, message: string): Problem {
  return new Problem('unprocessable', message, { errors: [{ path, message }] })
}

/** A request whose field does not fit its schema. */
export function invalid(path: string, message: string): Problem {
  return new Problem('invalid-request', `${path}: ${message}`, { errors: [{ path, message }] })
}

/** `what` is a noun: `notFound('charge', id)`. Another company's id gets the very same answer. */
export function notFound(what: string, id: string): Problem {
  return new Problem('not-found', `There is no ${what} ${JSON.stringify(id.slice(0, 80))}.`)
}
