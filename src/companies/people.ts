import type { Role } from '../kit/caller.ts'

/** What of the company's calls and emails a member sees. */
export const visibilities = ['all', 'team', 'own'] as const
export type Visibility = (typeof visibilities)[number]

/** A person of the company. */
export interface Member {
  id: string
  name: string
  email: string
  role: Role
  visibility: Visibility
  /** In the order of their ids. */
  teamIds: string[]
  /** One of the teams; null only without any. */
  primaryTeamId: string | null
  /** Whether a password was chosen, so that the member can sign in. */
  canSignIn: boolean
  createdAt: Date
}

export interface Team {
  id: string
  name: string
  /** Features switched on or off; one that is not named is on. */
  features: Record<string, boolean>
  createdAt: Date
}

/** The teams of a member, and the one whose use theirs is. */
export interface Membership {
  teamIds: readonly string[]
  primaryTeamId: string | null
}

/**
 * Where a member belongs after a change. In teams, one is primary: the one asked for, else the one that
 * was, else the first named. Gives a fault's text when the primary team asked for is none of the teams.
 */
export function membershipAfter(
  now: Membership,
  asked: { teamIds?: readonly string[] | undefined; primaryTeamId?: string | null | undefined },
): Membership | string {
  const { primaryTeamId: primary } = asked
  const teamIds = [...new Set(asked.teamIds ?? implied(now, primary))]
  if (primary && !teamIds.includes(primary)) return 'must be one of the teams of the member'
  if (primary) return { teamIds, primaryTeamId: primary }
  const kept = teamIds.find((id) => id === now.primaryTeamId)
  return { teamIds, primaryTeamId: kept ?? teamIds[0] ?? null }
}

/** A member of no team who is given a primary one joins it. */
function implied(now: Membership, primary: string | null | undefined): readonly string[] {
  return now.teamIds.length === 0 && primary ? [primary] : now.teamIds
}
