import { Problem } from './problem.ts'

/** The number a company has inside the database; never shown outside. */
export type CompanyNo = number

/** What a credential may do. `admin` includes all the others. */
export const scopes = [
  'credits:read',
  'credits:write',
  'data:read',
  'data:write',
  'trackers:read',
  'trackers:write',
  'ai:ask',
  'ai:brief',
  'admin',
] as const
export type Scope = (typeof scopes)[number]

export const roles = ['tech_admin', 'business_admin', 'member'] as const
export type Role = (typeof roles)[number]

/** What each role may do when its holder is signed in; the role decides, never the request. */
export const scopesOfRole: Record<Role, readonly Scope[]> = {
  tech_admin: ['admin'],
  business_admin: [
    'credits:read',
    'data:read',
    'data:write',
    'trackers:read',
    'trackers:write',
    'ai:ask',
    'ai:brief',
  ],
  member: ['data:read', 'trackers:read', 'ai:ask', 'ai:brief'],
}

/** Who a request acts for, as its credential says. */
export interface Caller {
  /**
   * A key or token belongs to a program and pays; a session belongs to a person in the web app; the house
   * itself does what was set up before: trackers, automations.
   */
  kind: 'key' | 'session' | 'house'
  companyNo: CompanyNo
  companyId: string
  scopes: readonly Scope[]
  /** The integration of a key or token. */
  integrationId?: string
  /** A personal integration acts for one member and sees what that member sees. */
  access?: 'shared' | 'personal'
  /** The signed-in member, or the one a personal integration belongs to. */
  memberId?: string
  /** The team whose use an integration's charges are, when it has one. */
  teamId?: string
  /** A signed-in member's role. */
  role?: Role
  /** Stands for the session of a signed-in member; it opens nothing. */
  sessionId?: string
}

export function may(caller: Caller, scope: Scope): boolean {
  return caller.scopes.includes(scope) || caller.scopes.includes('admin')
}

/** Throws `forbidden`, naming the scope that is missing. */
export function requireScope(caller: Caller, scope: Scope): void {
  if (!may(caller, scope)) {
    throw new Problem('forbidden', `This needs the scope ${scope}.`, { scope })
  }
}

/** The text that stands for a caller in the audit trail and on ledger entries. */
export function actorOf(caller: Caller): string {
  if (caller.kind === 'house') return 'system'
  return caller.kind === 'key' ? `integration:${caller.integrationId}` : `member:${caller.memberId}`
}

/** The house itself, acting for a company: what was set up before and now runs by itself. */
export function theHouse(companyNo: CompanyNo, companyId: string): Caller {
  return { kind: 'house', companyNo, companyId, scopes: ['admin'] }
}
