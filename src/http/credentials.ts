import type { FastifyRequest } from 'fastify'
import type { Credentials } from '../companies/service/authenticate.ts'
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

/** What a request carries to say who it acts for. */
export function credentialsOf({ headers, method }: FastifyRequest): Credentials {
  const site = headers['sec-fetch-site']
  return {
    authorization: headers.authorization,
    cookie: headers.cookie,
    method,
    host: headers.host,
    origin: headers.origin,
    fetchSite: Array.isArray(site) ? site[0] : site,
  }
}
