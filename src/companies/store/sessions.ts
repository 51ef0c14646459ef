import { sql } from 'kysely'
import type { CompanyNo, Role } from '../../kit/caller.ts'
import type { Tx } from '../../platform/database.ts'
import type { Run } from '../../platform/run.ts'
import type { OwnSession, SeenFrom, Session } from '../session.ts'

export async function findSession(tx: Tx, hash: Buffer, at: Date, idleMs: number) {
  const { rows } = await sql<
    Omit<Session, 'companyNo' | 'companyId'> & { companyId: number; publicId: string }
  >`
    select * from find_session(${hash}, ${at}, ${idleMs} * interval '1 millisecond')`.execute(tx)
  const [row] = rows
  if (!row) return undefined
  const { companyId, publicId, role, ...rest } = row
  return { ...rest, companyNo: companyId, companyId: publicId, role: role as Role }
}

export interface NewSession extends SeenFrom {
  id: string
  hash: Buffer
  memberId: string
  createdAt: Date
  expiresAt: Date
}

export async function insertSession(tx: Tx, no: CompanyNo, session: NewSession): Promise<void> {
  const { id, hash, memberId, address, userAgent, createdAt, expiresAt } = session
  await sql`
    insert into session
      (company_id, id, id_hash, member_id, address, user_agent, created_at, last_used_at, expires_at)
    values (${no}, ${id}, ${hash}, ${memberId}, ${address}, ${userAgent}, ${createdAt}, ${createdAt},
      ${expiresAt})`.execute(tx)
}

/** The sessions of a member that still hold, the one used last first. */
export async function listSessions(
  tx: Tx,
  no: CompanyNo,
  memberId: string,
  at: Date,
  idleMs: number,
): Promise<(OwnSession & { hash: Buffer })[]> {
  const rows = await tx
    .selectFrom('session')
    .select([
      'id',
      'idHash as hash',
      'address',
      'userAgent',
      'createdAt',
      'lastUsedAt',
      'expiresAt',
    ])
    .where('companyId', '=', no)
    .where('memberId', '=', memberId)
    .where('expiresAt', '>', at)
    .where('lastUsedAt', '>', new Date(at.getTime() - idleMs))
    .orderBy('lastUsedAt', 'desc')
    .orderBy('id')
    .execute()
  return rows as unknown as (OwnSession & { hash: Buffer })[]
}

export async function touchSession(tx: Tx, no: CompanyNo, hash: Buffer, at: Date): Promise<void> {
  await sql`update session set last_used_at = ${at}
    where company_id = ${no} and id_hash = ${hash} and last_used_at < ${at}`.execute(tx)
}

export async function deleteSession(tx: Tx, no: CompanyNo, hash: Buffer): Promise<void> {
  await sql`delete from session where company_id = ${no} and id_hash = ${hash}`.execute(tx)
}

/** Ends the sessions of a member but one; says how many. */
export async function deleteOtherSessions(
  tx: Tx,
  no: CompanyNo,
  memberId: string,
  keptId: string,
): Promise<number> {
  const { numAffectedRows } = await sql`delete from session
    where company_id = ${no} and member_id = ${memberId} and id <> ${keptId}`.execute(tx)
  return Number(numAffectedRows ?? 0n)
}

/** Ends the sessions of everybody in every company, as the owner. */
export async function deleteAllSessions(run: Run): Promise<void> {
  await run('end-sessions', 'delete from session')
}

/** Ends all sessions of a member, and those of the company that are over anyway. */
export async function deleteSessionsOf(tx: Tx, no: CompanyNo, memberId: string): Promise<void> {
  await sql`delete from session
    where company_id = ${no} and (member_id = ${memberId} or expires_at < now())`.execute(tx)
}

/** A member who may be the one signing in. */
export interface Candidate {
  companyNo: CompanyNo
  companyId: string
  companyName: string
  memberId: string
  passwordHash: string
}

export async function findCandidates(tx: Tx, email: string): Promise<Candidate[]> {
  const { rows } = await sql<
    Omit<Candidate, 'companyNo' | 'companyId'> & { companyId: number; publicId: string }
  >`select * from find_sign_ins(${email})`.execute(tx)
  return rows.map(({ companyId, publicId, ...rest }) => {
    return { ...rest, companyNo: companyId, companyId: publicId }
  })
}

/** Counts a try in its window, and gives how many there were, this one included. */
export async function countTry(tx: Tx, subject: Buffer, at: Date, since: Date): Promise<number> {
  const { rows } = await sql<{ tries: number }>`
    insert into sign_in_try as t (subject_hash, tries, since) values (${subject}, 1, ${at})
    on conflict (subject_hash) do update set
      tries = case when t.since < ${since} then 1 else t.tries + 1 end,
      since = case when t.since < ${since} then ${at} else t.since end
    returning tries`.execute(tx)
  return rows[0]!.tries
}

/** Forgets the tries for some subjects, and all that are older than the window. */
export async function forgetTries(tx: Tx, subjects: Buffer[], since: Date): Promise<void> {
  await sql`delete from sign_in_try
    where subject_hash = any(${subjects}) or since < ${since}`.execute(tx)
}

export async function putInvitation(
  tx: Tx,
  no: CompanyNo,
  invitation: { memberId: string; hash: Buffer; createdAt: Date; expiresAt: Date },
): Promise<void> {
  const { memberId, hash, createdAt, expiresAt } = invitation
  await sql`
    insert into invitation (company_id, member_id, token_hash, created_at, expires_at)
    values (${no}, ${memberId}, ${hash}, ${createdAt}, ${expiresAt})
    on conflict (company_id, member_id) do update
      set token_hash = excluded.token_hash, created_at = excluded.created_at, expires_at = excluded.expires_at`.execute(
    tx,
  )
}

/** Takes an invitation back; false when it was gone already. */
export async function deleteInvitation(tx: Tx, no: CompanyNo, memberId: string): Promise<boolean> {
  const { numAffectedRows } = await sql`
    delete from invitation where company_id = ${no} and member_id = ${memberId}`.execute(tx)
  return (numAffectedRows ?? 0n) > 0n
}

export interface Invited {
  companyNo: CompanyNo
  companyId: string
  companyName: string
  memberId: string
  memberName: string
  email: string
}

export async function findInvitation(tx: Tx, hash: Buffer, at: Date): Promise<Invited | undefined> {
  const { rows } = await sql<
    Omit<Invited, 'companyNo' | 'companyId'> & { companyId: number; publicId: string }
  >`select * from find_invitation(${hash}, ${at})`.execute(tx)
  const [row] = rows
  if (!row) return undefined
  const { companyId, publicId, ...rest } = row
  return { ...rest, companyNo: companyId, companyId: publicId }
}

export async function hasCompanies(tx: Tx): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`select has_companies() as found`.execute(tx)
  return rows[0]!.found
}
