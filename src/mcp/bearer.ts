import type { FastifyReply, FastifyRequest } from 'fastify'
import { readKey } from '../companies/keys.ts'
import { authenticateKey } from '../companies/service/authenticate.ts'
import type { KeyRing } from '../companies/service/key-ring.ts'
import type { Caller, Scope } from '../kit/caller.ts'
import { baseOf } from '../kit/origin.ts'
import { Problem } from '../kit/problem.ts'
import { clientScopes } from '../oauth/scopes.ts'
import { callerOfToken } from '../oauth/service/access.ts'
import { resourceAt } from '../oauth/service/servers.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'

export interface BearerDeps {
  db: Database
  clock: Clock
  keys: KeyRing
  publicUrl: string | undefined
}

/** Who sends a request, and which scopes its person could still give it; none for a key. */
export interface Bearer {
  caller: Caller
  mayHave: readonly Scope[]
}

/** Where a client finds out who issues tokens for this server (RFC 9728). */
export const METADATA = '/.well-known/oauth-protected-resource'

/** Tells who a request acts for: a program by its key, or one that a member let in by its token. */
export async function bearerOf(deps: BearerDeps, request: FastifyRequest): Promise<Bearer> {
  const [, given] = /^bearer +(\S+)\s*$/i.exec(request.headers.authorization ?? '') ?? []
  // A key says by its form that it is one; anything else can only be a token.
  if (given !== undefined && !given.startsWith('slc_')) {
    return callerOfToken(deps, given, resourceAt(addressOf(deps, request)))
  }
  const valid = given !== undefined && readKey(given) !== undefined
  const caller = await authenticateKey(deps, valid ? `Bearer ${given}` : undefined)
  return { caller, mayHave: [] }
}

/** Answers 401, and says where to learn how to get a token. */
export function askForToken(
  deps: BearerDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  problem: Problem,
): FastifyReply {
  const said = request.headers.authorization === undefined ? [] : ['error="invalid_token"']
  const scopes = `scope="${clientScopes.join(' ')}"`
  return reply
    .code(401)
    .header('www-authenticate', challenge(deps, request, [...said, scopes]))
    .send(rpcError(-32_001, problem))
}

/** Answers 403, and says for which scopes the client is to ask its person: those it has and one more. */
export function askForScope(
  deps: BearerDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  caller: Caller,
  missing: Scope,
): FastifyReply {
  const wanted = clientScopes.filter((one) => one === missing || caller.scopes.includes(one))
  const said = ['error="insufficient_scope"', `scope="${wanted.join(' ')}"`]
  const problem = new Problem('forbidden', `This needs the scope ${missing}.`)
  return reply
    .code(403)
    .header('www-authenticate', challenge(deps, request, said))
    .send(rpcError(-32_003, problem))
}

/** What this server is, and who issues tokens for it. */
export function metadataOf(deps: BearerDeps, request: FastifyRequest) {
  const base = addressOf(deps, request)
  return {
    resource: resourceAt(base),
    resource_name: 'Sluice',
    authorization_servers: [base],
    bearer_methods_supported: ['header'],
    scopes_supported: clientScopes,
  }
}

function challenge(deps: BearerDeps, request: FastifyRequest, said: string[]): string {
  const metadata = `resource_metadata="${addressOf(deps, request)}${METADATA}/mcp"`
  return `Bearer ${[...said, metadata].join(', ')}`
}

function rpcError(code: number, { message, code: name }: Problem) {
  return { jsonrpc: '2.0', id: null, error: { code, message, data: { code: name } } }
}

function addressOf({ publicUrl }: BearerDeps, { protocol, headers }: FastifyRequest): string {
  return baseOf(publicUrl, protocol, headers.host)
}
