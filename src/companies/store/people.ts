import { sql } from 'kysely'
import type { CompanyNo, Role } from '../../kit/caller.ts'
import type { Tx } from '../../platform/database.ts'
import { type After, newestFirst } from '../../platform/newest-first.ts'
import type { Member, Membership, Team, Visibility } from '../people.ts'

export async function listMembers(tx: Tx, no: CompanyNo, after: After, most: number) {
  const rows = await newestFirst(
    members(tx, no).where('removedAt', 'is', null),
    'createdAt',
    after,
    most,
  ).execute()
  return rows.map(toMember)
}

/** A member, unless there is none or it was removed; locked until the end where it is to be changed. */
export async function findMember(tx: Tx, no: CompanyNo, id: string, lock = false) {
  const query = members(tx, no).where('id', '=', id).where('removedAt', 'is', null)
  const row = await (lock ? query.forUpdate() : query).executeTakeFirst()
  return row && toMember(row)
}

/** The member with this address, whatever its case. */
export async function findMemberByEmail(tx: Tx, no: CompanyNo, email: string) {
  const row = await members(tx, no)
    .where(sql`lower(email)`, '=', email.toLowerCase())
    .where('removedAt', 'is', null)
    .executeTakeFirst()
  return row && toMember(row)
}

/** Which of the ids are members of the company. */
export async function knownMembers(tx: Tx, no: CompanyNo, ids: readonly string[]) {
  const rows = await members(tx, no)
    .where('id', 'in', ['', ...ids])
    .where('removedAt', 'is', null)
    .execute()
  return rows.map(toMember)
}

export async function listAdmins(tx: Tx, no: CompanyNo) {
  const rows = await members(tx, no)
    .where('role', '!=', 'member')
    .where('removedAt', 'is', null)
    .orderBy('createdAt')
    .orderBy('id')
    .execute()
  return rows.map(toMember)
}

/** Whether an id was ever a member's; a removed member's id is not given again. */
export async function isMemberId(tx: Tx, no: CompanyNo, id: string): Promise<boolean> {
  const row = await members(tx, no).where('id', '=', id).executeTakeFirst()
  return row !== undefined
}

export async function insertMember(tx: Tx, no: CompanyNo, member: Member, hash: string | null) {
  const { id, name, email, role, visibility, createdAt } = member
  await tx
    .insertInto('member')
    .values({ companyId: no, id, name, email, role, visibility, passwordHash: hash, createdAt })
    .execute()
  await writeMembership(tx, no, id, member)
}

/** Changes a member; a hash that is undefined stays. */
export async function updateMember(tx: Tx, no: CompanyNo, member: Member, hash?: string | null) {
  const { id, name, email, role, visibility } = member
  await tx
    .updateTable('member')
    .set({ name, email, role, visibility, ...(hash === undefined ? {} : { passwordHash: hash }) })
    .where('companyId', '=', no)
    .where('id', '=', id)
    .execute()
  await writeMembership(tx, no, id, member)
}

export async function passwordHashOf(tx: Tx, no: CompanyNo, id: string): Promise<string | null> {
  const row = await tx
    .selectFrom('member')
    .select('passwordHash')
    .where('companyId', '=', no)
    .where('id', '=', id)
    .executeTakeFirst()
  return row?.passwordHash ?? null
}

export async function removeMember(tx: Tx, no: CompanyNo, id: string, at: Date): Promise<void> {
  await writeMembership(tx, no, id, { teamIds: [], primaryTeamId: null })
  await tx
    .updateTable('member')
    .set({ removedAt: at, passwordHash: null })
    .where('companyId', '=', no)
    .where('id', '=', id)
    .execute()
}

async function writeMembership(tx: Tx, no: CompanyNo, id: string, teams: Membership) {
  await tx
    .deleteFrom('teamMember')
    .where('companyId', '=', no)
    .where('memberId', '=', id)
    .where('teamId', 'not in', ['', ...teams.teamIds])
    .execute()
  if (teams.teamIds.length > 0) {
    await tx
      .insertInto('teamMember')
      .values(teams.teamIds.map((teamId) => ({ companyId: no, teamId, memberId: id })))
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
  await tx
    .updateTable('member')
    .set({ primaryTeamId: teams.primaryTeamId })
    .where('companyId', '=', no)
    .where('id', '=', id)
    .execute()
}

export async function listTeams(tx: Tx, no: CompanyNo, after: After, most: number) {
  const rows = await newestFirst(teams(tx, no), 'createdAt', after, most).execute()
  return rows.map(toTeam)
}

export async function findTeam(tx: Tx, no: CompanyNo, id: string, lock = false) {
  const query = teams(tx, no).where('id', '=', id)
  const row = await (lock ? query.forUpdate() : query).executeTakeFirst()
  return row && toTeam(row)
}

/** Which of the ids are teams, in the order of their ids; kept from going away until the end. */
export async function knownTeams(tx: Tx, no: CompanyNo, ids: readonly string[]): Promise<string[]> {
  const rows = await tx
    .selectFrom('team')
    .select('id')
    .where('companyId', '=', no)
    .where('id', 'in', ['', ...ids])
    .orderBy('id')
    .forKeyShare()
    .execute()
  return rows.map(({ id }) => id)
}

export async function insertTeam(tx: Tx, no: CompanyNo, team: Team): Promise<void> {
  const { id, name, createdAt } = team
  await tx.insertInto('team').values({ companyId: no, id, name, createdAt }).execute()
}

export async function updateTeam(tx: Tx, no: CompanyNo, team: Team): Promise<void> {
  await tx
    .updateTable('team')
    .set({ name: team.name, features: JSON.stringify(team.features) })
    .where('companyId', '=', no)
    .where('id', '=', team.id)
    .execute()
}

/** Deletes a team; those whose primary one it was get the first of their other teams. */
export async function deleteTeam(tx: Tx, no: CompanyNo, id: string): Promise<void> {
  await sql`
    update member m set primary_team_id = (
      select min(t.team_id) from team_member t
      where t.company_id = m.company_id and t.member_id = m.id and t.team_id <> ${id})
    where m.company_id = ${no} and m.primary_team_id = ${id}`.execute(tx)
  await tx.deleteFrom('team').where('companyId', '=', no).where('id', '=', id).execute()
}

function members(tx: Tx, no: CompanyNo) {
  return tx
    .selectFrom('member')
    .select(['id', 'name', 'email', 'role', 'visibility', 'primaryTeamId', 'createdAt'])
    .select(sql<boolean>`password_hash is not null`.as('canSignIn'))
    .select(
      sql<string[]>`array(select t.team_id from team_member t
        where t.company_id = member.company_id and t.member_id = member.id order by 1)`.as(
        'teamIds',
      ),
    )
    .where('companyId', '=', no)
}

function toMember(row: Omit<Member, 'role' | 'visibility'> & { role: string; visibility: string }) {
  return { ...row, role: row.role as Role, visibility: row.visibility as Visibility }
}

function teams(tx: Tx, no: CompanyNo) {
  return tx
    .selectFrom('team')
    .select(['id', 'name', 'features', 'createdAt'])
    .where('companyId', '=', no)
}

function toTeam(row: { id: string; name: string; features: unknown; createdAt: Date }): Team {
  return { ...row, features: row.features as Record<string, boolean> }
}
