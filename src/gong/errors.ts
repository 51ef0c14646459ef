import { z } from 'zod'
import type { Problem } from '../kit/problem.ts'

/** The shape of every refusal on the /v2 doors. */
const GongError = z
  .object({ requestId: z.string(), errors: z.array(z.string()).min(1) })
  .meta({ id: 'GongError', description: 'A refusal on the /v2 doors.' })

/** The answers of a /v2 route: its own, and the refusals it gives beside those that every route can give. */
export function gongAnswers<Own extends Record<number, z.ZodType>>(
  own: Own,
  ...refusals: number[]
): Own {
  const every = [400, 401, 403, 404, 429, 500, 503, ...refusals]
  return { ...Object.fromEntries(every.map((status) => [status, GongError])), ...own } as Own
}

/** Whether a path belongs to the /v2 doors, whose refusals have a shape of their own. */
export function isGongPath(url: string): boolean {
  return /^\/v2(?:[/?]|$)/.test(url)
}

/** A refusal as clients of the /v2 doors read it. What cannot be done is to them a bad request. */
export function gongRefusal(problem: Problem, requestId: string) {
  const { errors = [] } = problem.facts
  const texts = errors.map(({ path, message }) => `${path}: ${message}`)
  return {
    status: problem.status === 422 ? 400 : problem.status,
    body: { requestId, errors: texts.length > 0 ? texts : [problem.message] },
  }
}
