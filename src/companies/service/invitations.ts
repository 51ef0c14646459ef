import type { Caller, CompanyNo } from '../../kit/caller.ts'
import { Problem } from '../../kit/problem.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Tx } from '../../platform/database.ts'
import { randomText } from '../../platform/ids.ts'
import { hashOf } from '../keys.ts'
import type { Member } from '../people.ts'
import { TOKEN_BYTES } from '../session.ts'
import { updateMember } from '../store/people.ts'
import * as store from '../store/sessions.ts'
import { recordAudit } from './audit.ts'
import { memberOf } from './members.ts'
import { chosenHash } from './own-password.ts'

/** An invitation as it goes to its member; the token is kept nowhere else. */
export interface InvitationLetter {
  member: Member
  token: string
  expiresAt: Date
}

/** Writes the mail of an invitation, in its transaction; false where nothing can be mailed. */
export type MailInvitation = (
  tx: Tx,
  companyNo: CompanyNo,
  letter: InvitationLetter,
) => Promise<boolean>

export interface InviteDeps {
  db: Database
  clock: Clock
  mailInvitation: MailInvitation
}

/**
 * Makes a one-time link for a member to choose a password; an earlier one ends. The link is mailed to the
 * member where there is a way to, in the same transaction.
 */
export async function invite(
  { db, clock, mailInvitation }: InviteDeps,
  caller: Caller,
  memberId: string,
) {
  const { companyNo } = caller
  return db.company(companyNo, async (tx) => {
    const member = await memberOf(tx, companyNo, memberId)
    const token = randomText(TOKEN_BYTES)
    const createdAt = clock.now()
    const expiresAt = new Date(createdAt.getTime() + INVITATION_MS)
    await store.putInvitation(tx, companyNo, {
      ...{ memberId, hash: hashOf(token), createdAt, expiresAt },
    })
    const mailed = await mailInvitation(tx, companyNo, { member, token, expiresAt })
    const told = { expiresAt: expiresAt.toISOString(), mailed }
    await recordAudit(tx, caller, 'member.invite', { type: 'member', id: memberId }, null, told)
    return { token, expiresAt, mailed }
  })
}

/** Whom an invitation is for, as the page asks before a password is chosen. */
export async function readInvitation(deps: { db: Database; clock: Clock }, token: string) {
  const { companyName, memberName, email } = await invitedBy(deps, token)
  return { company: companyName, name: memberName, email }
}

/** Chooses the password of the invited member, once; then they sign in with it. */
export async function acceptInvitation(
  deps: { db: Database; clock: Clock },
  asked: { token: string; password: string },
): Promise<void> {
  const invited = await invitedBy(deps, asked.token)
  const { companyNo, memberId } = invited
  await deps.db.company(companyNo, async (tx) => {
    const hash = await chosenHash(asked.password, {
      name: invited.memberName,
      email: invited.email,
    })
    if (!(await store.deleteInvitation(tx, companyNo, memberId))) throw gone()
    const member = await memberOf(tx, companyNo, memberId)
    await updateMember(tx, companyNo, member, hash)
    await store.deleteSessionsOf(tx, companyNo, memberId)
    const self = { kind: 'session' as const, companyNo, companyId: '', scopes: [], memberId }
    const object = { type: 'member', id: memberId }
    await recordAudit(tx, self, 'member.change', object, null, { passwordChanged: true })
  })
}

/** Whether the installation still waits for its first company. */
export async function isUnused({ db }: { db: Database }): Promise<boolean> {
  return !(await db.shared((tx) => store.hasCompanies(tx)))
}

const INVITATION_MS = 7 * 24 * 3_600_000

async function invitedBy({ db, clock }: { db: Database; clock: Clock }, token: string) {
  const invited = await db.shared((tx) => store.findInvitation(tx, hashOf(token), clock.now()))
  if (!invited) throw gone()
  return invited
}

function gone(): Problem {
  return new Problem('not-found', 'The invitation was used, replaced, or has run out.')
}
