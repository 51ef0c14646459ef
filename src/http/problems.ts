import type { FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { gongRefusal, isGongPath } from '../gong/errors.ts'
import { type FieldError, Problem } from '../kit/problem.ts'

/** Turns whatever a route threw into the refusal that the caller reads. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map((fault): FieldError => {
      const path = fault.instancePath.split('/').filter(Boolean).join('.')
      return { path: path || (error.validationContext ?? 'body'), message: fault.message ?? '' }
    })
    const [first] = errors
    return new Problem('invalid-request', `${first?.path}: ${first?.message}`, { errors })
  }
  const { statusCode, code } = error as { statusCode?: number; code?: string }
  if (statusCode === 413) return new Problem('payload-too-large', 'The body is too large.')
  if (statusCode === 415) {
    return new Problem('invalid-request', 'The content type is not one this route reads.', {
      errors: [{ path: 'content-type', message: 'is not one this route reads' }],
    })
  }
  if (statusCode && statusCode >= 400 && statusCode < 500) {
    const message = (error as Error).message
    return new Problem('invalid-request', message, { errors: [{ path: 'body', message }] })
  }
  const isLost = error instanceof Error && LOST_CONNECTION.test(error.message)
  return (
    databaseProblem(isLost ? '08006' : code) ??
    new Problem('internal-error', 'Something went wrong on our side.')
  )
}

/** The driver's own errors when a connection breaks or cannot be had: they carry no code. */
const LOST_CONNECTION =
  /^(Connection terminated|Client (has encountered a connection error|was closed)|timeout exceeded when trying to connect)/

/** What the database's own refusals mean to a caller (SQLSTATE classes; PostgreSQL manual, appendix A). */
function databaseProblem(code: string | undefined): Problem | undefined {
  if (!code) return undefined
  if (
    /^(08|53|57P0|58)/.test(code) ||
    /^(40001|40P01|55P03|57014|25006)$/.test(code) ||
    /^E[A-Z]+$/.test(code)
  ) {
    return new Problem('unavailable', 'The database cannot do this right now. Try again.', {
      retryAfter: 1,
    })
  }
  if (code.startsWith('22')) {
    return new Problem('invalid-request', 'A value cannot be stored.', {
      errors: [{ path: 'body', message: 'holds a value that cannot be stored' }],
    })
  }
  return undefined
}

/** Leaves a line for whoever looks for strangers: who was not let in or not allowed, from where, and to what. */
function noteRefusal(request: FastifyRequest, { status, code }: Problem): void {
  const { authorization, cookie } = request.headers
  // A page that asks whether somebody is signed in is no stranger.
  const wasTried = authorization !== undefined || cookie !== undefined || request.method === 'POST'
  if (status !== 403 && !(status === 401 && wasTried)) return
  const { id: reqId, method, ip: address } = request
  const { url: route } = request.routeOptions
  request.log.info({ reqId, method, route, code, address }, 'Not let in')
}

/**
 * Sends a problem as application/problem+json, on the /v2 doors in their own shape, with its headers; logs it
 * when it is our fault.
 */
export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  error: unknown,
): FastifyReply {
  const problem = problemOf(error)
  if (problem.status >= 500) request.log.error({ reqId: request.id, err: error }, problem.message)
  noteRefusal(request, problem)
  const { retryAfter, ...facts } = problem.facts
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter))
  const isGong = isGongPath(request.url)
  if (problem.status === 401) {
    reply.header('www-authenticate', isGong ? 'Bearer, Basic realm="Sluice"' : 'Bearer')
  }
  if (isGong) {
    const { status, body } = gongRefusal(problem, request.id)
    return reply
      .code(status)
      .type('application/json; charset=utf-8')
      .serializer((refusal: unknown) => JSON.stringify(refusal))
      .send(body)
  }
  return reply
    .code(problem.status)
    .type('application/problem+json; charset=utf-8')
    .serializer((body: unknown) => JSON.stringify(body))
    .send({
      type: `/docs/problems#${problem.code}`,
      title: problem.title,
      status: problem.status,
      detail: problem.message,
      code: problem.code,
      requestId: request.id,
      ...facts,
    })
}
