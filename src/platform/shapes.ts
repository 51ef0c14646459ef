import { z } from 'zod'
import { type Credits, GRANT_MAX, parseCredits } from '../kit/credits.ts'
import { problems } from '../kit/problem.ts'

// The shapes that all doors share. A schema is validation, type, OpenAPI and MCP at once.

/** A text that a person or program wrote: no NUL and no half of a surrogate pair, which PostgreSQL refuses. */
export function text(max: number, min = 1) {
  return z
    .string()
    .min(min)
    .max(max)
    .refine((value) => !value.includes('\0') && value.isWellFormed(), {
      error: 'must be well-formed Unicode without NUL characters',
    })
}

/** An id: ours, or one the caller chose. */
export const id = text(200).meta({ description: 'An opaque id.' })

/** A moment: ISO 8601 with a zone, between the years 1900 and 2199. Read as a Date. */
export const time = z.iso
  .datetime({ offset: true })
  .transform((value) => new Date(value))
  .refine((at) => at.getUTCFullYear() >= 1900 && at.getUTCFullYear() < 2200, {
    error: 'must lie between the years 1900 and 2199',
  })
  .meta({ description: 'ISO 8601 with a zone, as 2026-06-15T12:00:00Z.' })

/** A calendar day of the company, `2026-01-31`. */
export const day = z.iso.date().refine((value) => value >= '1990-01-01' && value < '2200-01-01', {
  error: 'must lie between 1990-01-01 and 2199-12-31',
})

/** A positive amount of credits with at most six decimals, at most one grant's worth. Read as Credits. */
export const amount = z
  .number()
  .transform((value, context): Credits => {
    const credits = parseCredits(value)
    if (credits === undefined) context.addIssue('must have at most six decimals')
    else if (credits <= 0n) context.addIssue('must be above 0')
    else if (credits > GRANT_MAX) context.addIssue('must be at most 1,000,000,000')
    else return credits
    return z.NEVER
  })
  .meta({ description: 'Credits: an exact number with at most six decimals.' })

/** Credits in an answer, as `toJson` writes them: the largest are raw digits rather than a number. */
export const credits = z
  .custom<number>((value) => typeof value === 'number' || typeof value === 'object')
  .meta({ type: 'number', description: 'Credits, exact to six decimals.' })

/** An answer without a body (204). */
export const nothing = z.undefined().meta({ description: 'Done.' })

/** A time in an answer. */
export const timeOut = z.iso.datetime()

/** `limit` and `cursor` of every list. */
export const page = {
  limit: z.coerce.number().int().min(1).max(1000).default(50),
  cursor: text(500).optional(),
}

/** The answer of a list of `row`s. */
export function listOf<Row extends z.ZodType>(row: Row) {
  return z.object({ data: z.array(row), nextCursor: z.string().nullable() })
}

/** The shape of every refusal (RFC 9457). */
export const problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.enum(Object.keys(problems) as [string, ...string[]]),
    requestId: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'A refusal (RFC 9457).' })

/** The answers of a route: its own, and the refusals it gives beside those every route can give. */
export function answers<Own extends Record<number, z.ZodType>>(own: Own, ...refusals: number[]) {
  const every = [400, 401, 403, 404, 429, 500, 503, ...refusals]
  return { ...Object.fromEntries(every.map((status) => [status, problem])), ...own } as Own
}
