import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
  RouteOptions,
} from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Caller, Scope } from '../kit/caller.ts'
import type { Database } from './database.ts'

/** The server that routes are added to; its schemas are zod's. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>

/** Who may call a route: everybody, the operator of the installation, or a caller with a scope. */
export type Access = 'public' | 'operator' | Scope

/**
 * What the server does with Idempotency-Key on a POST:
 * `optional` (unless said otherwise): with a key, all that the route writes through `request.db` and its
 * answer commit together, and a replay gets that answer. `required`: the key must be there and the route's
 * own service gives it its meaning. `own`: as required, but may be missing. `none`: the header means nothing.
 */
export type KeyUse = 'optional' | 'required' | 'own' | 'none'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Every route says who may call it; a route that does not stops the start. */
    access?: Access
    key?: KeyUse
    /** Whether the answer shows a secret: what is remembered of it for replays is sealed. */
    secretAnswer?: boolean
    /** Whether the body may take long: it is cut off when it stalls, not when it is slow. */
    upload?: boolean
  }
  interface FastifyInstance {
    /** Every route of the server, those of plugins and those left out of the document too. */
    routeTable: readonly RouteOptions[]
  }
  interface FastifyRequest {
    /** Set on every route whose access is a scope. */
    caller: Caller
    /** The database of this request; its company transactions join the request's own when it has one. */
    db: Database
    /** The Idempotency-Key header; never empty where the route requires it. */
    idempotencyKey: string
    /** What was asked under that key: method, path and body, canonical. Empty without a key. */
    asked: string
  }
}
