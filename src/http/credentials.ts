import type { FastifyRequest } from 'fastify'
import { Problem } from '../kit/problem.ts'
import { sameSecret } from '../platform/same-secret.ts'

/** Makes the check that a request carries the operator's key. */
export function operatorCheck(operatorKey: string): (request: FastifyRequest) => void {
  return ({ headers }) => {
    const [, given] = /^bearer +(\S+)\s*$/i.exec(headers.authorization ?? '') ?? []
    if (given === undefined || !sameSecret(given, operatorKey)) {
      throw new Problem('unauthenticated', "This needs the operator's key.")
    }
  }
}
