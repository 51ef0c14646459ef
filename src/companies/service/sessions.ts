import { type Caller, type CompanyNo, scopesOfRole } from '../../kit/caller.ts'
import { notFound, Problem } from '../../kit/problem.ts'
import type { Clock } from '../../platform/clock.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Database, Tx } from '../../platform/database.ts'
import { newId, randomText } from '../../platform/ids.ts'
import { isPassword } from '../../platform/passwords.ts'
import type { Run } from '../../platform/run.ts'
import { hashOf } from '../keys.ts'
import { type SeenFrom, type SessionLimits, TOKEN_BYTES, tryLimits } from '../session.ts'
import { readCompany } from '../store/companies.ts'
import { passwordHashOf, updateMember } from '../store/people.ts'
import * as store from '../store/sessions.ts'
import { recordAudit } from './audit.ts'
import { memberOf } from './members.ts'
import { chosenHash } from './own-password.ts'
import { countTries, forgetTries } from './tries.ts'

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
  userAgent: string | null
}

/**
 * Signs a person in and gives the session's id, which is shown to nobody else and kept nowhere. An unknown
 * address, a wrong password and a member without one get the same answer after the same work.
 */
export async function signIn({ db, clock, sessions }: SessionDeps, asked: SignIn): Promise<string> {
  const { email, password, companyId, address, userAgent } = asked
  const at = clock.now()
  const limits = tryLimits(email, address)
  await countTries(db, limits, at)
  const found = await db.shared((tx) => store.findCandidates(tx, email))
  const candidates = found.filter((one) => companyId === undefined || one.companyId === companyId)
  const matching = await provenBy(password, candidates)
  if (matching.length === 0) {
    throw new Problem('unauthenticated', 'The email address or the password is not right.')
  }
  await forgetTries(db, limits, at)
  if (matching.length > 1) {
    // Told only to somebody who proved to be a member of each.
    const companies = matching.map(({ companyId: id, companyName: name }) => ({ id, name }))
    throw new Problem('conflict', 'Say which company to sign in to.', { companies })
  }
  const { companyNo, memberId } = matching[0]!
  return db.company(companyNo, async (tx) => {
    const session = await begin(tx, companyNo, memberId, { address, userAgent }, at, sessions)
    const object = { type: 'session', id: session.id }
    const self = { kind: 'session' as const, companyNo, companyId: '', scopes: [], memberId }
    await recordAudit(tx, self, 'session.begin', object, null, { memberId })
    return session.secret
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
  const { companyNo, companyId, id: sessionId, memberId, role, lastUsedAt } = session
  if (at.getTime() - lastUsedAt.getTime() > NOTE_EVERY_MS) {
    await db.company(companyNo, (tx) => store.touchSession(tx, companyNo, hash, at))
  }
  const scopes = scopesOfRole[role]
  return { kind: 'session', companyNo, companyId, scopes, memberId, role, sessionId }
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
  asked: { current: string; password: string; address: string; userAgent: string | null },
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
    await updateMember(tx, companyNo, member, await chosenHash(asked.password, member))
    await store.deleteSessionsOf(tx, companyNo, memberId)
    const object = { type: 'member', id: memberId }
    await recordAudit(tx, caller, 'member.change', object, null, { passwordChanged: true })
    const { address, userAgent } = asked
    return (await begin(tx, companyNo, memberId, { address, userAgent }, at, sessions)).secret
  })
}

/** The sessions of the person who is signed in, the one used last first. */
export async function listOwnSessions({ db, clock, sessions }: SessionDeps, caller: Caller) {
  const { memberId } = signedIn(caller)
  const { companyNo } = caller
  const at = clock.now()
  return db.company(companyNo, (tx) =>
    store.listSessions(tx, companyNo, memberId, at, sessions.idleMs),
  )
}

/** Ends one of one's own sessions, as on a machine that was left behind. */
export async function endOwnSession(
  { db, clock, sessions }: SessionDeps,
  caller: Caller,
  id: string,
): Promise<void> {
  const { memberId } = signedIn(caller)
  const { companyNo } = caller
  await db.company(companyNo, async (tx) => {
    const own = await store.listSessions(tx, companyNo, memberId, clock.now(), sessions.idleMs)
    const found = own.find((session) => session.id === id)
    if (!found) throw notFound('session', id)
    await store.deleteSession(tx, companyNo, found.hash)
    await recordAudit(tx, caller, 'session.end', { type: 'session', id }, { memberId }, null)
  })
}

/** Signs the person out everywhere else; says how many sessions that ended. */
export async function endOtherSessions({ db }: { db: Database }, caller: Caller): Promise<number> {
  const { memberId } = signedIn(caller)
  const { companyNo, sessionId = '' } = caller
  return db.company(companyNo, async (tx) => {
    const ended = await store.deleteOtherSessions(tx, companyNo, memberId, sessionId)
    const object = { type: 'member', id: memberId }
    if (ended > 0) await recordAudit(tx, caller, 'session.end-others', object, { ended }, null)
    return ended
  })
}

/** Begins a session. Its secret goes into the browser's cookie, its id into lists. */
async function begin(
  tx: Tx,
  companyNo: CompanyNo,
  memberId: string,
  { address, userAgent }: SeenFrom,
  at: Date,
  { longestMs }: SessionLimits,
) {
  const id = newId('ses')
  const secret = randomText(TOKEN_BYTES)
  await store.insertSession(tx, companyNo, {
    ...{ id, hash: hashOf(secret), memberId, address, userAgent: userAgent?.slice(0, 400) ?? null },
    ...{ createdAt: at, expiresAt: new Date(at.getTime() + longestMs) },
  })
  return { id, secret }
}

const NOTE_EVERY_MS = 30_000

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

/** After a restore: a session that was ended since the backup must not hold again, so people sign in anew. */
export function settleSessions(run: Run): Promise<void> {
  return store.deleteAllSessions(run)
}
