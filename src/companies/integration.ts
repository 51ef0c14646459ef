import type { Scope } from '../kit/caller.ts'

export const integrationKinds = ['api', 'mcp'] as const
export const accessKinds = ['shared', 'personal'] as const

/** A program that may act for the company, by its key or as an MCP connection. */
export interface Integration {
  id: string
  name: string
  kind: (typeof integrationKinds)[number]
  /** A personal one acts for its member and sees what that member sees. */
  access: (typeof accessKinds)[number]
  memberId: string | null
  /** The team whose use its charges are. */
  teamId: string | null
  scopes: Scope[]
  /** The OAuth client that its member let in; it has tokens instead of a key. Null: it has a key. */
  clientId: string | null
  /** The start of its key, to tell keys apart; `OAuth` without one. */
  keyHint: string
  expiresAt: Date | null
  lastUsedAt: Date | null
  createdAt: Date
}
