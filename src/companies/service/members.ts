import type { Caller, CompanyNo, Role } from '../../kit/caller.ts'
import { pageOf, readCursor } from '../../kit/cursor.ts'
import { notFound, Problem, unprocessable } from '../../kit/problem.ts'
import type { Clock } from '../../platform/clock.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Database, Tx } from '../../platform/database.ts'
import { newId } from '../../platform/ids.ts'
import { hashPassword } from '../../platform/passwords.ts'
import { weaknessOf } from '../passwords.ts'
import { type Member, membershipAfter, type Visibility } from '../people.ts'
import { readCompany, updateCompany } from '../store/companies.ts'
import { integrationsOf, revoke } from '../store/integrations.ts'
import * as store from '../store/people.ts'
import { deleteInvitation, deleteSessionsOf } from '../store/sessions.ts'
import { type Author, recordAudit } from './audit.ts'
import type { KeyRing } from './key-ring.ts'

export interface NewMember {
  id?: string | undefined
  name: string
  email: string
  password?: string | undefined
  role?: Role | undefined
  teamIds?: string[] | undefined
  primaryTeamId?: string | null | undefined
  visibility?: Visibility | undefined
}

export interface MemberChange extends Omit<NewMember, 'id' | 'name' | 'email' | 'password'> {
  name?: string | undefined
  email?: string | undefined
  /** Null takes the password away: the member can sign in no more. */
  password?: string | null | undefined
}

interface Deps {
  db: Database
  clock: Clock
}

/** The company's members, newest first. */
export async function listMembers(
  { db }: { db: Database },
  { companyNo }: Caller,
  asked: { limit: number; cursor?: string | undefined },
) {
  const after = readCursor(asked.cursor, 'time', 'text')
  const rows = await db.company(companyNo, (tx) =>
    store.listMembers(tx, companyNo, after, asked.limit + 1),
  )
  return pageOf(rows, asked.limit, ({ createdAt, id }) => [createdAt, id])
}

export async function readMember({ db }: { db: Database }, { companyNo }: Caller, id: string) {
  return db.company(companyNo, (tx) => memberOf(tx, companyNo, id))
}

/** The member with this id, within a transaction; refuses with `not-found`. */
export async function memberOf(tx: Tx, companyNo: CompanyNo, id: string): Promise<Member> {
  const member = await store.findMember(tx, companyNo, id)
  if (!member) throw notFound('member', id)
  return member
}

/** Those of the ids that are members now, within a transaction. */
export async function livingMembers(tx: Tx, companyNo: CompanyNo, ids: readonly string[]) {
  return store.knownMembers(tx, companyNo, ids)
}

export async function makeMember({ db, clock }: Deps, caller: Caller, asked: NewMember) {
  return db.company(caller.companyNo, async (tx) =>
    addMember(tx, caller, await companyTime(tx, caller.companyNo, clock), asked),
  )
}

/** Adds a member within a transaction. The id may be chosen; one that was ever used is refused. */
export async function addMember(
  tx: Tx,
  by: Caller | Author,
  createdAt: Date,
  asked: NewMember,
): Promise<Member> {
  const no = by.companyNo
  const { name, email, password, role = 'member', visibility = 'all' } = asked
  const id = asked.id ?? newId('mem')
  if (asked.id !== undefined && (await store.isMemberId(tx, no, id))) throw takenId(id)
  const hash = password === undefined ? null : await checkedHash(password, name, email)
  const membership = await checkedMembership(tx, no, { teamIds: [], primaryTeamId: null }, asked)
  const member: Member = {
    ...{ id, name, email, role, visibility, createdAt },
    ...membership,
    canSignIn: hash !== null,
  }
  await refusingTaken(member, store.insertMember(tx, no, member, hash))
  await recordAudit(tx, by, 'member.create', { type: 'member', id }, null, audited(member))
  return member
}

/** The same for a line of an import: somebody who is there already, just as it says, stays as they are. */
export async function addMemberOnce(
  tx: Tx,
  by: Caller,
  createdAt: Date,
  asked: NewMember,
): Promise<void> {
  const found = await store.findMemberByEmail(tx, by.companyNo, asked.email)
  if (!found || !isJust(found, asked)) await addMember(tx, by, createdAt, asked)
}

/** Whether a member is what is asked for; a password cannot be compared and is not. */
function isJust(found: Member, { id = found.id, name, ...asked }: NewMember): boolean {
  const { role = 'member', visibility = 'all' } = asked
  const membership = membershipAfter({ teamIds: [], primaryTeamId: null }, asked)
  if (typeof membership === 'string') return false
  const { teamIds, primaryTeamId } = membership
  return (
    found.id === id &&
    found.name === name &&
    found.role === role &&
    found.visibility === visibility &&
    found.primaryTeamId === primaryTeamId &&
    found.teamIds.length === teamIds.length &&
    teamIds.every((team) => found.teamIds.includes(team))
  )
}

/** Changes a member; what is not given stays. */
export async function changeMember(
  { db }: { db: Database },
  caller: Caller,
  id: string,
  asked: MemberChange,
): Promise<Member> {
  const no = caller.companyNo
  return db.company(no, async (tx) => {
    const before = await store.findMember(tx, no, id, true)
    if (!before) throw notFound('member', id)
    const { name = before.name, email = before.email, password } = asked
    const { role = before.role, visibility = before.visibility } = asked
    const hash = password ? await checkedHash(password, name, email) : password
    const canSignIn = hash === undefined ? before.canSignIn : hash !== null
    const membership = await checkedMembership(tx, no, before, asked)
    const after: Member = {
      ...before,
      ...{ name, email, role, visibility, canSignIn },
      ...membership,
    }
    await refusingTaken(after, store.updateMember(tx, no, after, hash))
    if (password !== undefined) await deleteSessionsOf(tx, no, id)
    const object = { type: 'member', id }
    const told = { ...audited(after), ...(password === undefined ? {} : { passwordChanged: true }) }
    await recordAudit(tx, caller, 'member.change', object, audited(before), told)
    return after
  })
}

/**
 * Takes a member out of the company: no sign-in, no personal integration, no notices. What the member
 * did stays, and the id is not given again.
 */
export async function removeMember(
  { db, clock, keys }: Deps & { keys: KeyRing },
  caller: Caller,
  id: string,
): Promise<void> {
  const no = caller.companyNo
  await db.company(no, async (tx) => {
    const company = await readCompany(tx, no, true)
    const before = await store.findMember(tx, no, id, true)
    if (!before) throw notFound('member', id)
    const at = await companyTime(tx, no, clock)
    const integrations = await integrationsOf(tx, no, id)
    await revoke(tx, no, integrations, at)
    for (const integration of integrations) keys.forget(no, integration)
    await store.removeMember(tx, no, id, at)
    await deleteSessionsOf(tx, no, id)
    await deleteInvitation(tx, no, id)
    const recipients = company.settings.alertRecipients
    if (recipients?.includes(id)) {
      const alertRecipients = recipients.filter((recipient) => recipient !== id)
      await updateCompany(tx, { ...company, settings: { ...company.settings, alertRecipients } })
    }
    await recordAudit(tx, caller, 'member.remove', { type: 'member', id }, audited(before), null)
  })
}

async function checkedMembership(
  tx: Tx,
  no: CompanyNo,
  now: Parameters<typeof membershipAfter>[0],
  asked: Parameters<typeof membershipAfter>[1],
) {
  const after = membershipAfter(now, asked)
  if (typeof after === 'string') throw unprocessable('primaryTeamId', after)
  const known = await store.knownTeams(tx, no, after.teamIds)
  const missing = (asked.teamIds ?? []).findIndex((team) => !known.includes(team))
  if (missing >= 0) throw unprocessable(`teamIds.${missing}`, 'is no team')
  if (known.length < after.teamIds.length) throw unprocessable('primaryTeamId', 'is no team')
  return { teamIds: known, primaryTeamId: after.primaryTeamId }
}

async function checkedHash(password: string, name: string, email: string): Promise<string> {
  const weakness = weaknessOf(password, name, email)
  if (weakness) throw unprocessable('password', weakness)
  return hashPassword(password)
}

function takenId(id: string): Problem {
  return new Problem('conflict', `There is or was a member ${JSON.stringify(id)}.`)
}

/** Refuses what somebody else has taken, be it since it was looked for. */
async function refusingTaken({ id }: Member, change: Promise<void>): Promise<void> {
  await change.catch((error: { constraint?: string }) => {
    if (error.constraint === 'member_pkey') throw takenId(id)
    if (error.constraint !== 'member_email') throw error
    throw new Problem('conflict', 'Another member has this email address.')
  })
}

function audited({ name, email, role, visibility, teamIds, primaryTeamId }: Member) {
  return { name, email, role, visibility, teamIds, primaryTeamId }
}
