import type { Caller, CompanyNo, Scope } from '../../kit/caller.ts'
import { pageOf, readCursor } from '../../kit/cursor.ts'
import { notFound, Problem, unprocessable } from '../../kit/problem.ts'
import type { Clock } from '../../platform/clock.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Database, Tx } from '../../platform/database.ts'
import { newId, randomText } from '../../platform/ids.ts'
import type { Integration } from '../integration.ts'
import { hashOf, hintOf, keyOf, SECRET_BYTES } from '../keys.ts'
import * as store from '../store/integrations.ts'
import { findMember, knownTeams } from '../store/people.ts'
import { type Author, recordAudit } from './audit.ts'
import type { KeyRing } from './key-ring.ts'

export interface NewIntegration {
  name: string
  kind: Integration['kind']
  access: Integration['access']
  memberId?: string | undefined
  teamId?: string | undefined
  scopes: Scope[]
  expiresAt?: Date | undefined
  /** The OAuth client that the member lets in: then there is no key that anybody knows. */
  clientId?: string | undefined
}

interface Deps {
  db: Database
  clock: Clock
}

type ChangeDeps = Deps & { keys: KeyRing }

/** The company's living integrations, newest first. */
export async function listIntegrations(
  { db }: { db: Database },
  { companyNo }: Caller,
  asked: { limit: number; cursor?: string | undefined },
) {
  const after = readCursor(asked.cursor, 'time', 'text')
  const rows = await db.company(companyNo, (tx) =>
    store.listIntegrations(tx, companyNo, after, asked.limit + 1),
  )
  return pageOf(rows, asked.limit, ({ createdAt, id }) => [createdAt, id])
}

export async function readIntegration({ db }: { db: Database }, caller: Caller, id: string) {
  return db.company(caller.companyNo, async (tx) => {
    const integration = await store.findIntegration(tx, caller.companyNo, id)
    if (!integration) throw notFound('integration', id)
    return integration
  })
}

/** Names by id, of ended integrations too: their past use is still shown. */
export async function integrationNames(tx: Tx, companyNo: CompanyNo, ids: readonly string[]) {
  return store.namesOf(tx, companyNo, ids)
}

/** Makes an integration. Its key is told here and never again. */
export async function makeIntegration({ db, clock }: Deps, caller: Caller, asked: NewIntegration) {
  const no = caller.companyNo
  return db.company(no, async (tx) => {
    await checkPeople(tx, no, asked)
    if (asked.access === 'personal' && asked.memberId === undefined) {
      throw unprocessable('memberId', 'is needed for a personal integration')
    }
    if (asked.access === 'shared' && asked.memberId !== undefined) {
      throw unprocessable('memberId', 'belongs to a personal integration only')
    }
    // Keys live in real time, whatever the company's clock says.
    checkExpiry(asked.expiresAt, clock.now())
    return openIntegration(tx, caller, await companyTime(tx, no, clock), asked)
  })
}

/** Makes an integration within a transaction; what is asked has been checked. */
export async function openIntegration(
  tx: Tx,
  by: Caller | Author,
  createdAt: Date,
  asked: NewIntegration,
): Promise<{ integration: Integration; key: string }> {
  const id = newId('int')
  const key = keyOf(id, randomText(SECRET_BYTES))
  const integration: Integration = {
    id,
    name: asked.name,
    kind: asked.kind,
    access: asked.access,
    memberId: asked.memberId ?? null,
    teamId: asked.teamId ?? null,
    scopes: asked.scopes,
    clientId: asked.clientId ?? null,
    keyHint: asked.clientId === undefined ? hintOf(key) : 'OAuth',
    expiresAt: asked.expiresAt ?? null,
    lastUsedAt: null,
    createdAt,
  }
  await store.insertIntegration(tx, by.companyNo, integration, hashOf(key))
  const object = { type: 'integration', id }
  await recordAudit(tx, by, 'integration.create', object, null, audited(integration))
  return { integration, key }
}

export interface IntegrationChange {
  name?: string | undefined
  teamId?: string | null | undefined
  scopes?: Scope[] | undefined
  expiresAt?: Date | null | undefined
}

/** Changes an integration from its next request on; what is not given stays. */
export async function changeIntegration(
  { db, clock, keys }: ChangeDeps,
  caller: Caller,
  id: string,
  asked: IntegrationChange,
): Promise<Integration> {
  const no = caller.companyNo
  return db.company(no, async (tx) => {
    const before = await lockIntegration(tx, no, id)
    await checkPeople(tx, no, { teamId: asked.teamId ?? undefined })
    checkExpiry(asked.expiresAt ?? undefined, clock.now())
    const { name = before.name, scopes = before.scopes } = asked
    const { teamId = before.teamId, expiresAt = before.expiresAt } = asked
    const after = { ...before, name, scopes, teamId, expiresAt }
    await store.updateIntegration(tx, no, after)
    keys.forget(no, id)
    const object = { type: 'integration', id }
    await recordAudit(tx, caller, 'integration.change', object, audited(before), audited(after))
    return after
  })
}

/** Gives an integration a new key; the old one ends at once. */
export async function rotateKey({ db, keys }: ChangeDeps, caller: Caller, id: string) {
  const no = caller.companyNo
  return db.company(no, async (tx) => {
    const { keyHint, clientId } = await lockIntegration(tx, no, id)
    if (clientId !== null) {
      throw new Problem('conflict', 'It has no key: its member let it in, and can do so again.')
    }
    const key = keyOf(id, randomText(SECRET_BYTES))
    await store.replaceKey(tx, no, id, hashOf(key), hintOf(key))
    keys.forget(no, id)
    const object = { type: 'integration', id }
    const after = { keyHint: hintOf(key) }
    await recordAudit(tx, caller, 'integration.rotate', object, { keyHint }, after)
    return { id, key }
  })
}

/**
 * Lets an OAuth client in for a member, within a transaction: by the member's integration for it, which is
 * made when there is none. Scopes are added to what the client has, never taken away.
 */
export async function letClientIn(
  tx: Tx,
  caller: Caller & { memberId: string },
  createdAt: Date,
  { name, clientId, scopes }: { name: string; clientId: string; scopes: Scope[] },
): Promise<Integration> {
  const { companyNo: no, memberId } = caller
  const before = await store.findByClient(tx, no, memberId, clientId)
  if (!before) {
    const kind = { kind: 'mcp' as const, access: 'personal' as const }
    const asked = { name, ...kind, memberId, scopes, clientId }
    return (await openIntegration(tx, caller, createdAt, asked)).integration
  }
  const after = { ...before, name, scopes: [...new Set([...before.scopes, ...scopes])] }
  await store.updateIntegration(tx, no, after)
  const object = { type: 'integration', id: before.id }
  await recordAudit(tx, caller, 'integration.change', object, audited(before), audited(after))
  return after
}

/** Notes that an integration was used just now. */
export async function noteUse(
  { db }: { db: Database },
  companyNo: CompanyNo,
  id: string,
  at: Date,
): Promise<void> {
  await db.shared((tx) => store.touch(tx, [{ companyNo, id }], at))
}

/** The OAuth clients that a member let in, newest first. */
export async function clientsOf({ db }: { db: Database }, { companyNo }: Caller, memberId: string) {
  return db.company(companyNo, (tx) => store.listByMember(tx, companyNo, memberId))
}

/** Ends an integration; its key is refused from the next request on, on every server. */
export async function removeIntegration(
  { db, clock, keys }: ChangeDeps,
  caller: Caller,
  id: string,
) {
  const no = caller.companyNo
  await db.company(no, async (tx) => {
    const before = await lockIntegration(tx, no, id)
    await store.revoke(tx, no, [id], await companyTime(tx, no, clock))
    keys.forget(no, id)
    const object = { type: 'integration', id }
    await recordAudit(tx, caller, 'integration.revoke', object, audited(before), null)
  })
}

async function lockIntegration(tx: Tx, no: CompanyNo, id: string): Promise<Integration> {
  const integration = await store.findIntegration(tx, no, id, true)
  if (!integration) throw notFound('integration', id)
  return integration
}

async function checkPeople(
  tx: Tx,
  no: CompanyNo,
  { memberId, teamId }: { memberId?: string | undefined; teamId?: string | undefined },
): Promise<void> {
  if (memberId !== undefined && !(await findMember(tx, no, memberId))) {
    throw unprocessable('memberId', 'is no member')
  }
  if (teamId !== undefined && (await knownTeams(tx, no, [teamId])).length === 0) {
    throw unprocessable('teamId', 'is no team')
  }
}

function checkExpiry(expiresAt: Date | undefined, now: Date): void {
  if (expiresAt && expiresAt <= now) throw unprocessable('expiresAt', 'must lie in the future')
}

function audited(integration: Integration) {
  const { name, kind, access, memberId, teamId, scopes, expiresAt, clientId } = integration
  const client = clientId === null ? {} : { clientId }
  return { name, kind, access, memberId, teamId, scopes, expiresAt, ...client }
}
