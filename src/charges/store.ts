import type { CompanyNo } from '../kit/caller.ts'
import type { Tx } from '../platform/database.ts'

/** Facts that decide what a charge is for and how it is priced, and the epoch they were read at. */
export interface RuleFacts {
  epoch: number
  onTestClock: boolean
  /** Features that are switched off, by team. */
  switchedOff: Map<string, Set<string>>
}

export async function readRuleFacts(tx: Tx, companyNo: CompanyNo): Promise<RuleFacts> {
  const pool = await tx
    .selectFrom('pool')
    .select(['configEpoch', 'clock'])
    .where('companyId', '=', companyNo)
    .executeTakeFirstOrThrow()
  const teams = await tx
    .selectFrom('team')
    .select(['id', 'features'])
    .where('companyId', '=', companyNo)
    .execute()
  const switchedOff = new Map(
    teams.map(({ id, features }) => {
      const off = Object.entries(features as Record<string, boolean>).filter(([, on]) => !on)
      return [id, new Set(off.map(([feature]) => feature))]
    }),
  )
  return { epoch: pool.configEpoch, onTestClock: pool.clock !== null, switchedOff }
}

/** A member's primary team; undefined when there is no such member. */
export async function readPrimaryTeam(
  tx: Tx,
  companyNo: CompanyNo,
  memberId: string,
): Promise<{ teamId: string | null } | undefined> {
  return tx
    .selectFrom('member')
    .select('primaryTeamId as teamId')
    .where('companyId', '=', companyNo)
    .where('id', '=', memberId)
    .executeTakeFirst()
}

/** How often what charges go by has changed. */
export async function readEpoch(tx: Tx, companyNo: CompanyNo): Promise<number> {
  const { configEpoch } = await tx
    .selectFrom('pool')
    .select('configEpoch')
    .where('companyId', '=', companyNo)
    .executeTakeFirstOrThrow()
  return configEpoch
}
