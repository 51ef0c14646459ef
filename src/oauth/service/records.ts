import { createHash } from 'node:crypto'
import { removeIntegration } from '../../companies/service/integrations.ts'
import type { KeyRing } from '../../companies/service/key-ring.ts'
import { AlreadyUsed } from '../../platform/authorization-server.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database.ts'
import { readAccount } from '../client.ts'
import * as store from '../store.ts'

export interface RecordDeps {
  db: Database
  clock: Clock
  keys: KeyRing
}

type Payload = Record<string, unknown>

/** Where the protocol keeps things of one kind; what this module has no use for is not kept. */
interface Record_ {
  find(id: string): Promise<Payload | undefined>
  upsert(id: string, payload: Payload, seconds?: number): Promise<void>
  consume(id: string): Promise<void>
  destroy(id: string): Promise<void>
  revokeByGrantId(grantId: string): Promise<void>
  findByUid(): Promise<undefined>
  findByUserCode(): Promise<undefined>
}

const tokenKinds: readonly string[] = [
  'Grant',
  'AuthorizationCode',
  'AccessToken',
  'RefreshToken',
] satisfies store.TokenKind[]

/** Keeps what the protocol keeps: hashed, behind the wall of its company, and no longer than it lasts. */
export function recordsOf(deps: RecordDeps): (kind: string) => Record_ {
  return (kind) => {
    if (kind === 'Client') return clients(deps)
    if (kind === 'Interaction') return requests(deps)
    if (tokenKinds.includes(kind)) return tokens(deps, kind as store.TokenKind)
    return nothing
  }
}

/** Who is signed in is told by our own cookie, so sessions of the protocol end with their request. */
const nothing: Record_ = {
  find: async () => undefined,
  upsert: async () => {},
  consume: async () => {},
  destroy: async () => {},
  revokeByGrantId: async () => {},
  findByUid: async () => undefined,
  findByUserCode: async () => undefined,
}

function clients({ db, clock }: RecordDeps): Record_ {
  return {
    ...nothing,
    find: (id) => db.shared((tx) => store.findClient(tx, id)),
    async upsert(id, metadata) {
      const at = clock.now()
      await db.shared(async (tx) => {
        await store.insertClient(tx, id, metadata, at)
        await store.forgetEnded(tx, at)
      })
    },
  }
}

function requests({ db, clock }: RecordDeps): Record_ {
  const hash = (id: string) => hashOf('Interaction', id)
  return {
    ...nothing,
    async find(id) {
      const payload = await db.shared((tx) => store.findRequest(tx, hash(id)))
      return payload && { ...payload, jti: id }
    },
    async upsert(id, { jti: _, ...payload }, seconds = 0) {
      const until = new Date(clock.now().getTime() + seconds * 1000)
      await db.shared((tx) => store.putRequest(tx, hash(id), payload, until))
    },
    destroy: (id) => db.shared((tx) => store.deleteRequest(tx, hash(id))),
  }
}

function tokens(deps: RecordDeps, kind: store.TokenKind): Record_ {
  const { db, clock } = deps
  const find = (id: string) => db.shared((tx) => store.findToken(tx, hashOf(kind, id)))
  return {
    ...nothing,
    async find(id) {
      const found = await find(id)
      if (!found) return undefined
      const consumed = found.consumedAt
        ? { consumed: Math.floor(found.consumedAt.getTime() / 1000) }
        : {}
      return { ...found.payload, ...consumed, jti: id }
    },
    async upsert(id, { jti: _, ...payload }, seconds = 0) {
      const { companyNo } = readAccount(String(payload.accountId))
      const grantId = kind === 'Grant' ? id : String(payload.grantId)
      const expiresAt = new Date(clock.now().getTime() + seconds * 1000)
      await db.company(companyNo, async (tx) => {
        const integrationId = await store.integrationOfGrant(tx, companyNo, grantId)
        if (integrationId === undefined) throw new AlreadyUsed('the grant has ended')
        const hash = hashOf(kind, id)
        await store.putToken(tx, companyNo, {
          ...{ hash, kind, grantId, integrationId, payload, expiresAt },
        })
      })
    },
    async consume(id) {
      const found = await find(id)
      const hash = hashOf(kind, id)
      const isFirst =
        found &&
        (await db.company(found.companyId, (tx) =>
          store.consume(tx, found.companyId, hash, clock.now()),
        ))
      if (!isFirst) throw new AlreadyUsed(`${kind} was used already`)
    },
    async destroy(id) {
      const found = await find(id)
      if (!found) return
      if (kind === 'Grant') return endGrant(deps, id)
      await db.company(found.companyId, (tx) =>
        store.deleteToken(tx, found.companyId, hashOf(kind, id)),
      )
    },
    revokeByGrantId: (grantId) => endGrant(deps, grantId),
  }
}

/**
 * Ends a grant with its codes and tokens, at once. The integration whose last grant it was ends with it,
 * and the audit trail says that its own program did that: it gave its token back, or one was used twice.
 */
async function endGrant(deps: RecordDeps, grantId: string): Promise<void> {
  const { db } = deps
  const companyNo = await db.shared((tx) => store.companyOfGrant(tx, grantId))
  if (companyNo === undefined) return
  const integrationId = await db.company(companyNo, (tx) =>
    store.deleteGrant(tx, companyNo, grantId),
  )
  if (integrationId === undefined) return
  const itself = { kind: 'key' as const, companyNo, companyId: '', scopes: [], integrationId }
  await removeIntegration(deps, itself, integrationId)
}

/** What is kept of a token. A fast hash is enough for so much randomness. */
export function hashOf(kind: string, id: string): Buffer {
  return createHash('sha256').update(`${kind}:${id}`).digest()
}
