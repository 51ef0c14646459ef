import {
  type AuthorizationServer,
  type Document,
  openAuthorizationServer,
} from '../../platform/authorization-server.ts'
import type { Logger } from '../../platform/log.ts'
import { clientScopes } from '../scopes.ts'
import { isAccount } from './access.ts'
import { type RecordDeps, recordsOf } from './records.ts'

export interface ServerDeps extends RecordDeps {
  log: Logger
  /** Reads what a client says of itself at the address that is its id. */
  readDocument: (url: string) => Promise<Document>
}

/** The authorization server for an address of ours. */
export type ServerAt = (base: string) => AuthorizationServer

/** A server without a public address is reached by few names; whoever makes up more makes us forget some. */
const SERVERS_MAX = 16

/**
 * An authorization server speaks for one address. Without a configured one, each address that we are reached
 * by has its own; they keep nothing themselves, so any of them can be opened again.
 */
export function openServers(deps: ServerDeps): ServerAt {
  const open = new Map<string, AuthorizationServer>()
  return (base) => {
    const known = open.get(base)
    if (known) return known
    if (open.size >= SERVERS_MAX) open.clear()
    const server = openAuthorizationServer({
      issuer: base,
      resource: resourceAt(base),
      scopes: clientScopes,
      records: recordsOf(deps),
      isAccount: (accountId) => isAccount(deps, accountId),
      consentPath: (id) => `/oauth/consent/${id}`,
      readDocument: deps.readDocument,
      onError: (error) => deps.log.error({ err: error }, 'The authorization server failed'),
    })
    open.set(base, server)
    return server
  }
}

/** What tokens are for: the MCP server at an address. */
export function resourceAt(base: string): string {
  return `${base}/mcp`
}
