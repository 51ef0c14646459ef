import type { Problem as AnyProblem } from './generated/types.gen.ts'

export type ProblemCode = AnyProblem['code']

/** What single problems say beside what all of them say. */
interface Facts {
  'invalid-request': { errors?: FieldFault[] }
  unprocessable: { errors?: FieldFault[] }
  'insufficient-credits': { needed: number; available: number; held: number }
  'budget-exceeded': {
    budgetId: string
    scope: { type: 'team' | 'member' | 'integration' | 'feature' | 'instance'; id: string }
    needed: number
    remaining: number
    /** When the budget begins anew. */
    periodEnd: string
  }
  forbidden: { scope?: string }
  'feature-disabled': { feature: string; teamId: string }
}

/** What is wrong with one field: `path` is where in the request, as `items.0.quantity`. */
export interface FieldFault {
  path: string
  message: string
}

type Told<Code extends ProblemCode> = {
  type: string
  title: string
  status: number
  detail: string
  code: Code
  requestId: string
} & (Code extends keyof Facts ? Facts[Code] : unknown)

/** Why the server refused: one of a closed list, told apart by `code`. */
export type Problem = { [Code in ProblemCode]: Told<Code> }[ProblemCode]

/** The problem with one of these codes. */
export type ProblemOf<Code extends ProblemCode> = Extract<Problem, { code: Code }>

/** The server refused, and nothing of the request happened. Go by `problem.code`. */
export class Refusal<Code extends ProblemCode = ProblemCode> extends Error {
  override readonly name = 'Refusal'
  readonly problem: ProblemOf<Code>
  /** When asking again makes sense; undefined where the server did not say. */
  readonly retryAfterMs: number | undefined

  constructor(problem: ProblemOf<Code>, retryAfterMs?: number) {
    super(`${problem.detail} (${problem.code}, ${problem.requestId})`)
    this.problem = problem
    this.retryAfterMs = retryAfterMs
  }
}

/**
 * No usable answer came, within the time and the tries there were. The request may have taken place: ask
 * again under the same `key`, and it has one effect.
 */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
  /** The Idempotency-Key of the request; undefined for one that changes nothing. */
  readonly key: string | undefined

  constructor(message: string, key: string | undefined, cause?: unknown) {
    super(message, { cause })
    this.key = key
  }
}

/** Whether an error is a refusal, with one of these codes if any are given. */
export function isRefusal<Code extends ProblemCode = ProblemCode>(
  error: unknown,
  ...codes: Code[]
): error is Refusal<Code> {
  if (!(error instanceof Refusal)) return false
  return codes.length === 0 || (codes as string[]).includes(error.problem.code)
}

/** Reads the body of a refusal; undefined when it is no problem of this server's. */
export function readProblem(body: unknown): Problem | undefined {
  const { code, status, detail } = (body ?? {}) as Record<string, unknown>
  const isOne = typeof code === 'string' && typeof status === 'number' && typeof detail === 'string'
  return isOne ? (body as Problem) : undefined
}
