import type { Caller, CompanyNo } from '../../kit/caller.ts'
import { pageOf, readCursor } from '../../kit/cursor.ts'
import { notFound, Problem } from '../../kit/problem.ts'
import type { Clock } from '../../platform/clock.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Database, Tx } from '../../platform/database.ts'
import { newId } from '../../platform/ids.ts'
import type { Team } from '../people.ts'
import * as store from '../store/people.ts'
import { recordAudit } from './audit.ts'

/** The company's teams, newest first. */
export async function listTeams(
  { db }: { db: Database },
  { companyNo }: Caller,
  asked: { limit: number; cursor?: string | undefined },
) {
  const after = readCursor(asked.cursor, 'time', 'text')
  const rows = await db.company(companyNo, (tx) =>
    store.listTeams(tx, companyNo, after, asked.limit + 1),
  )
  return pageOf(rows, asked.limit, ({ createdAt, id }) => [createdAt, id])
}

export async function readTeam({ db }: { db: Database }, { companyNo }: Caller, id: string) {
  return db.company(companyNo, (tx) => teamOf(tx, companyNo, id))
}

/** The team with this id, within a transaction; refuses with `not-found`. */
export async function teamOf(tx: Tx, companyNo: CompanyNo, id: string): Promise<Team> {
  const team = await store.findTeam(tx, companyNo, id)
  if (!team) throw notFound('team', id)
  return team
}

/** What a change of teams needs: whoever decides charges hears of it, in the same transaction. */
export interface TeamDeps {
  db: Database
  raiseEpoch: (tx: Tx, companyNo: CompanyNo) => Promise<void>
}

export async function makeTeam(
  { db, clock, raiseEpoch }: TeamDeps & { clock: Clock },
  caller: Caller,
  asked: { id?: string | undefined; name: string },
): Promise<Team> {
  const no = caller.companyNo
  return db.company(no, async (tx) => {
    const createdAt = await companyTime(tx, no, clock)
    const team = { id: asked.id ?? newId('team'), name: asked.name, features: {}, createdAt }
    await store.insertTeam(tx, no, team).catch((error: { constraint?: string }) => {
      if (error.constraint !== 'team_pkey') throw error
      throw new Problem('conflict', `There is a team ${JSON.stringify(team.id)} already.`)
    })
    await raiseEpoch(tx, no)
    const object = { type: 'team', id: team.id }
    await recordAudit(tx, caller, 'team.create', object, null, { name: team.name })
    return team
  })
}

/** Changes a team's name, or all its feature switches; what is not given stays. */
export async function changeTeam(
  { db, raiseEpoch }: TeamDeps,
  caller: Caller,
  id: string,
  asked: { name?: string | undefined; features?: Record<string, boolean> | undefined },
): Promise<Team> {
  const no = caller.companyNo
  return db.company(no, async (tx) => {
    const before = await store.findTeam(tx, no, id, true)
    if (!before) throw notFound('team', id)
    const { name = before.name, features = before.features } = asked
    const after = { ...before, name, features }
    await store.updateTeam(tx, no, after)
    if (asked.features) await raiseEpoch(tx, no)
    const action = asked.features ? 'team.features' : 'team.change'
    await recordAudit(tx, caller, action, { type: 'team', id }, audited(before), audited(after))
    return after
  })
}

/** Deletes a team. Its members stay; those whose primary team it was get another of theirs. */
export async function removeTeam({ db, raiseEpoch }: TeamDeps, caller: Caller, id: string) {
  const no = caller.companyNo
  await db.company(no, async (tx) => {
    const before = await store.findTeam(tx, no, id, true)
    if (!before) throw notFound('team', id)
    await store.deleteTeam(tx, no, id)
    await raiseEpoch(tx, no)
    await recordAudit(tx, caller, 'team.remove', { type: 'team', id }, audited(before), null)
  })
}

function audited({ name, features }: Team) {
  return { name, features }
}
