import { sql } from 'kysely'
import type { CompanyNo, Scope } from '../../kit/caller.ts'
import { textArray } from '../../platform/arrays.ts'
import type { Tx } from '../../platform/database.ts'
import { type After, newestFirst } from '../../platform/newest-first.ts'
import type { Integration } from '../integration.ts'

const columns = [
  'id',
  'name',
  'kind',
  'access',
  'memberId',
  'teamId',
  'scopes',
  'clientId',
  'keyHint',
  'expiresAt',
  'lastUsedAt',
  'createdAt',
] as const

export async function listIntegrations(tx: Tx, no: CompanyNo, after: After, most: number) {
  const rows = await newestFirst(live(tx, no), 'createdAt', after, most).execute()
  return rows as Integration[]
}

export async function findIntegration(tx: Tx, no: CompanyNo, id: string, lock = false) {
  const query = live(tx, no).where('id', '=', id)
  const row = await (lock ? query.forUpdate() : query).executeTakeFirst()
  return row as Integration | undefined
}

export async function insertIntegration(
  tx: Tx,
  no: CompanyNo,
  integration: Integration,
  keyHash: Buffer,
): Promise<void> {
  const { scopes, ...rest } = integration
  await tx
    .insertInto('integration')
    .values({ ...rest, scopes: textArray(scopes) as never, companyId: no, keyHash })
    .execute()
}

export async function updateIntegration(tx: Tx, no: CompanyNo, integration: Integration) {
  const { id, name, teamId, scopes, expiresAt } = integration
  await tx
    .updateTable('integration')
    .set({ name, teamId, scopes: textArray(scopes) as never, expiresAt })
    .where('companyId', '=', no)
    .where('id', '=', id)
    .execute()
}

export async function replaceKey(tx: Tx, no: CompanyNo, id: string, keyHash: Buffer, hint: string) {
  await tx
    .updateTable('integration')
    .set({ keyHash, keyHint: hint })
    .where('companyId', '=', no)
    .where('id', '=', id)
    .execute()
}

export async function revoke(tx: Tx, no: CompanyNo, ids: readonly string[], at: Date) {
  await tx
    .updateTable('integration')
    .set({ revokedAt: at })
    .where('companyId', '=', no)
    .where('id', 'in', ['', ...ids])
    .where('revokedAt', 'is', null)
    .execute()
}

/** The living integration by which a member let an OAuth client in. */
export async function findByClient(tx: Tx, no: CompanyNo, memberId: string, clientId: string) {
  const query = live(tx, no).where('memberId', '=', memberId).where('clientId', '=', clientId)
  const row = await query.forUpdate().executeTakeFirst()
  return row as Integration | undefined
}

/** The living integrations by which a member let OAuth clients in, newest first. */
export async function listByMember(tx: Tx, no: CompanyNo, memberId: string) {
  const rows = await live(tx, no)
    .where('memberId', '=', memberId)
    .where('clientId', 'is not', null)
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .execute()
  return rows as Integration[]
}

/** The living integrations that act for a member. */
export async function integrationsOf(tx: Tx, no: CompanyNo, memberId: string): Promise<string[]> {
  const rows = await live(tx, no).where('memberId', '=', memberId).execute()
  return rows.map(({ id }) => id)
}

/** Names of integrations, ended ones included, for those who show past use. */
export async function namesOf(tx: Tx, no: CompanyNo, ids: readonly string[]) {
  const rows = await tx
    .selectFrom('integration')
    .select(['id', 'name'])
    .where('companyId', '=', no)
    .where('id', 'in', ['', ...ids])
    .execute()
  return new Map(rows.map(({ id, name }) => [id, name]))
}

/** Who holds a key, whichever company's it is. */
export async function findByHash(tx: Tx, keyHash: Buffer) {
  const { rows } = await sql<{
    companyId: number
    publicId: string
    id: string
    access: 'shared' | 'personal'
    memberId: string | null
    teamId: string | null
    scopes: Scope[]
    expiresAt: Date | null
  }>`select * from find_integration(${keyHash})`.execute(tx)
  return rows[0]
}

/** Notes when keys were last used. */
export async function touch(
  tx: Tx,
  used: readonly { companyNo: CompanyNo; id: string }[],
  at: Date,
): Promise<void> {
  const companies = `{${used.map(({ companyNo }) => companyNo).join(',')}}`
  const ids = textArray(used.map(({ id }) => id))
  await sql`select touch_integrations(${companies}, ${ids}, ${at})`.execute(tx)
}

function live(tx: Tx, no: CompanyNo) {
  return tx
    .selectFrom('integration')
    .select(columns)
    .where('companyId', '=', no)
    .where('revokedAt', 'is', null)
}
