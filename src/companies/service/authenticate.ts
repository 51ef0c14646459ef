import type { Caller } from '../../kit/caller.ts'
import { Problem } from '../../kit/problem.ts'
import type { Clock } from '../../platform/clock.ts'
import { readKey } from '../keys.ts'
import { mayUseCookie, type Origin, readSessionCookie } from '../session.ts'
import type { KeyRing } from './key-ring.ts'
import { callerOfSession, type SessionDeps } from './sessions.ts'

/** What a request carries to say who it acts for. */
export interface Credentials extends Origin {
  authorization: string | undefined
  cookie: string | undefined
}

export type AuthenticateDeps = SessionDeps & { keys: KeyRing; isHttps: boolean }

/**
 * Tells who a request acts for: a program by its key, else a signed-in person by the cookie. With both the
 * key counts. A cookie may write only from a page of this server.
 */
export async function authenticate(deps: AuthenticateDeps, given: Credentials): Promise<Caller> {
  const id = readSessionCookie(given.cookie, deps.isHttps)
  if (given.authorization !== undefined || id === undefined) {
    return authenticateKey(deps, given.authorization)
  }
  if (!mayUseCookie(given)) {
    throw new Problem('forbidden', 'A session may write only from a page of this server.')
  }
  const caller = await callerOfSession(deps, id)
  if (!caller) throw new Problem('unauthenticated', 'You are not signed in, or no longer.')
  return caller
}

/**
 * Tells who an `Authorization` header speaks for: `Bearer <key>`, or Basic with the integration's id and
 * its key. A malformed key is refused without a query; a revoked or expired one is no key.
 */
export async function authenticateKey(
  { keys, clock }: { keys: KeyRing; clock: Clock },
  authorization: string | undefined,
): Promise<Caller> {
  const given = readAuthorization(authorization)
  if (!given) throw new Problem('unauthenticated', 'Send your key as Authorization: Bearer <key>.')
  const holder = readKey(given.key) && (await keys.find(given.key))
  if (!holder) throw new Problem('unauthenticated', 'The key is not valid.')
  if (given.user !== undefined && given.user !== holder.caller.integrationId) {
    throw new Problem('unauthenticated', 'The key does not belong to this integration.')
  }
  if (holder.expiresAt && holder.expiresAt <= clock.now()) {
    throw new Problem('unauthenticated', 'The key has expired.')
  }
  return holder.caller
}

function readAuthorization(header: string | undefined): { user?: string; key: string } | undefined {
  const [, scheme = '', credential = ''] = /^(\w+) +(\S+)\s*$/.exec(header ?? '') ?? []
  if (scheme.toLowerCase() === 'bearer') return { key: credential }
  if (scheme.toLowerCase() !== 'basic') return undefined
  const text = Buffer.from(credential, 'base64').toString()
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : { user: text.slice(0, colon), key: text.slice(colon + 1) }
}
