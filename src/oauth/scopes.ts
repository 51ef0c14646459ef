import { type Role, type Scope, scopesOfRole } from '../kit/caller.ts'

/**
 * What an OAuth client can be let in for: what the tools of the MCP server need, and nothing that changes
 * anything. The order is the one in which people read it.
 */
export const clientScopes = [
  'ai:ask',
  'ai:brief',
  'trackers:read',
  'credits:read',
] as const satisfies readonly Scope[]

export type ClientScope = (typeof clientScopes)[number]

/** Of some scopes those that a person of a role has; nobody can give what they do not have. */
export function within<S extends Scope>(role: Role, asked: readonly S[]): S[] {
  const own = scopesOfRole[role]
  return asked.filter((scope) => own.includes('admin') || own.includes(scope))
}
