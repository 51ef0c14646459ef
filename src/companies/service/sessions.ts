import { type Caller, scopesOfRole } from '../../kit/caller.ts'
import { Problem } from '../../kit/problem.ts'
import type { Clock } from '../../platform/clock.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Database } from '../../platform/database.ts'
import { randomText } from '../../platform/ids.ts'
import { hashPassword, isPassword } from '../../platform/passwords.ts'
import { hashOf } from '../keys.ts'
import { weaknessOf } from '../passwords.ts'
import {
  type SessionLimits,
  TOKEN_BYTES,
  TRY_WINDOW_MS,
  type TryLimit,
  tryLimits,
} from '../session.ts'
import { readCompany } from '../store/companies.ts'
import { passwordHashOf, updateMember } from '../store/people.ts'
import * as store from '../store/sessions.ts'
import { recordAudit } from './audit.ts'
import { memberOf } from './members.ts'

export interface SessionDeps {
  db: Database
  /** Real time: a session lasts as long as a person sits there, whatever a test clock says. */
  clock: Clock
  sessions: SessionLimits
}

export interface SignIn {
  email: string
  password: string
  /** Which company, for an address that several of them know. */
  companyId?: string | undefined
  /** Where the request came from. */
  address: string
}

/**
 * Signs a person in and gives the session's id, which is shown to nobody else and kept nowhere. An unknown
 * address, a wrong password and a member without one get the same answer after the same work.
 */
export async function signIn({ db, clock, sessions }: SessionDeps, asked: SignIn): Promise<string> {
  const { email, password, companyId, address } = asked
  const at = clock.now()
  const limits = tryLimits(email, address)
  await countTries(db, limits, at)
  const found = await db.shared((tx) => store.findCandidates(tx, email))
  const candidates = found.filter((one) => companyId === undefined || one.companyId === companyId)
  const matching = await provenBy(password, candidates)
  if (matching.length === 0) {
    throw new Problem('unauthenticated', 'The email address or the password is not right.')
  }
  await db.shared((tx) => store.forgetTries(tx, limits.map(subjectOf), windowStart(at)))
  if (matching.length > 1) {
    // Told only to somebody who proved to be a member of each.
    const companies = matching.map(({ companyId: id, companyName: name }) => ({ id, name }))
    throw new Problem('conflict', 'Say which company to sign in to.', { companies })
  }
  const { companyNo, memberId } = matching[0]!
  return db.company(companyNo, async (tx) => {
    const id = randomText(TOKEN_BYTES)
    const expiresAt = new Date(at.getTime() + sessions.longestMs)
    await store.insertSession(tx, companyNo, {
      ...{ hash: hashOf(id), memberId, createdAt: at, expiresAt },
    })
    return id
  })
}

/** Who a session's id stands for; undefined when nobody is signed in by it any more. */
export async function callerOfSession(
  { db, clock, sessions }: SessionDeps,
  id: string,
): Promise<Caller | undefined> {
  const at = clock.now()
  const hash = hashOf(id)
  const session = await db.shared((tx) => store.findSession(tx, hash, at, sessions.idleMs))
  if (!session) return undefined
  const { companyNo, companyId, memberId, role, lastUsedAt } = session
  if (at.getTime() - lastUsedAt.getTime() > NOTE_EVERY_MS) {
    await db.company(companyNo, (tx) => store.touchSession(tx, companyNo, hash, at))
  }
  return { kind: 'session', companyNo, companyId, scopes: scopesOfRole[role], memberId, role }
}

/** Ends the session of this id; one that is over already is fine. */
export async function signOut({ db, clock, sessions }: SessionDeps, id: string): Promise<void> {
  const hash = hashOf(id)
  const session = await db.shared((tx) => store.findSession(tx, hash, clock.now(), sessions.idleMs))
  if (!session) return
  await db.company(session.companyNo, (tx) => store.deleteSession(tx, session.companyNo, hash))
}

/** Who is signed in, with the company; refuses a key, which belongs to a program. */
export async function readSession({ db, clock }: { db: Database; clock: Clock }, caller: Caller) {
  const { memberId } = signedIn(caller)
  return db.snapshot(caller.companyNo, async (tx) => {
    const now = await companyTime(tx, caller.companyNo, clock)
    const member = await memberOf(tx, caller.companyNo, memberId)
    const { id, name, timezone, onTestClock } = await readCompany(tx, caller.companyNo)
    return { member, now, company: { id, name, timezone, onTestClock }, scopes: caller.scopes }
  })
}

/** Changes one's own password: every session of the member ends, and a new one begins. */
export async function changeOwnPassword(
  { db, clock, sessions }: SessionDeps,
  caller: Caller,
  asked: { current: string; password: string; address: string },
): Promise<string> {
  const { companyNo } = caller
  const { memberId } = signedIn(caller)
  const at = clock.now()
  await countTries(db, tryLimits(memberId, asked.address), at)
  return db.company(companyNo, async (tx) => {
    const member = await memberOf(tx, companyNo, memberId)
    const stored = await passwordHashOf(tx, companyNo, memberId)
    if (!(await isPassword(asked.current, stored))) {
      throw new Problem('unprocessable', 'The current password is not right.', {
        errors: [{ path: 'current', message: 'is not right' }],
      })
    }
    await updateMember(tx, companyNo, member, await checkedHash(asked.password, member))
    await store.deleteSessionsOf(tx, companyNo, memberId)
    const object = { type: 'member', id: memberId }
    await recordAudit(tx, caller, 'member.change', object, null, { passwordChanged: true })
    const id = randomText(TOKEN_BYTES)
    const expiresAt = new Date(at.getTime() + sessions.longestMs)
    await store.insertSession(tx, companyNo, {
      ...{ hash: hashOf(id), memberId, createdAt: at, expiresAt },
    })
    return id
  })
}

/** Makes a one-time link for a member to choose a password; an earlier one ends. */
export async function invite(
  { db, clock }: { db: Database; clock: Clock },
  caller: Caller,
  memberId: string,
) {
  const { companyNo } = caller
  return db.company(companyNo, async (tx) => {
    await memberOf(tx, companyNo, memberId)
    const token = randomText(TOKEN_BYTES)
    const createdAt = clock.now()
    const expiresAt = new Date(createdAt.getTime() + INVITATION_MS)
    await store.putInvitation(tx, companyNo, {
      ...{ memberId, hash: hashOf(token), createdAt, expiresAt },
    })
    const told = { expiresAt: expiresAt.toISOString() }
    await recordAudit(tx, caller, 'member.invite', { type: 'member', id: memberId }, null, told)
    return { token, expiresAt }
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
    const hash = await checkedHash(asked.password, {
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

const NOTE_EVERY_MS = 30_000
const INVITATION_MS = 7 * 24 * 3_600_000

function signedIn(caller: Caller): { memberId: string } {
  if (caller.kind === 'session' && caller.memberId) return { memberId: caller.memberId }
  throw new Problem('unauthenticated', 'This is for people who signed in; a key is a program.')
}

/** Those whose password it is. Nobody to compare with takes as long as somebody. */
async function provenBy(password: string, candidates: store.Candidate[]) {
  const hashes = candidates.length > 0 ? candidates.map((one) => one.passwordHash) : [null]
  const right = await Promise.all(hashes.map((hash) => isPassword(password, hash)))
  return candidates.filter((_one, index) => right[index])
}

async function countTries(db: Database, limits: readonly TryLimit[], at: Date): Promise<void> {
  const since = windowStart(at)
  for (const limit of limits) {
    const tries = await db.shared((tx) => store.countTry(tx, subjectOf(limit), at, since))
    if (tries > limit.most) {
      throw new Problem('rate-limited', 'Too many tries. Wait a while, then try again.', {
        retryAfter: TRY_WINDOW_MS / 1000,
      })
    }
  }
}

function subjectOf({ subject }: TryLimit): Buffer {
  return hashOf(subject)
}

function windowStart(at: Date): Date {
  return new Date(at.getTime() - TRY_WINDOW_MS)
}

async function invitedBy({ db, clock }: { db: Database; clock: Clock }, token: string) {
  const invited = await db.shared((tx) => store.findInvitation(tx, hashOf(token), clock.now()))
  if (!invited) throw gone()
  return invited
}

function gone(): Problem {
  return new Problem('not-found', 'The invitation was used, replaced, or has run out.')
}

async function checkedHash(password: string, { name, email }: { name: string; email: string }) {
  const weakness = weaknessOf(password, name, email)
  if (weakness) {
    throw new Problem('unprocessable', `The password ${weakness}.`, {
      errors: [{ path: 'password', message: weakness }],
    })
  }
  return hashPassword(password)
}
