import { sql } from 'kysely'
import type { CompanyNo, Role, Scope } from '../kit/caller.ts'
import type { Tx } from '../platform/database.ts'

type Payload = Record<string, unknown>

export async function findClient(tx: Tx, id: string): Promise<Payload | undefined> {
  const row = await tx
    .selectFrom('oauthClient')
    .select('metadata')
    .where('id', '=', id)
    .executeTakeFirst()
  return row?.metadata as Payload | undefined
}

export async function insertClient(tx: Tx, id: string, metadata: Payload, at: Date): Promise<void> {
  await sql`insert into oauth_client (id, metadata, created_at)
    values (${id}, ${JSON.stringify(metadata)}, ${at})`.execute(tx)
}

export async function findRequest(tx: Tx, hash: Buffer): Promise<Payload | undefined> {
  const row = await tx
    .selectFrom('oauthRequest')
    .select('payload')
    .where('idHash', '=', hash)
    .executeTakeFirst()
  return row?.payload as Payload | undefined
}

export async function putRequest(tx: Tx, hash: Buffer, payload: Payload, until: Date) {
  await sql`insert into oauth_request (id_hash, payload, expires_at)
    values (${hash}, ${JSON.stringify(payload)}, ${until})
    on conflict (id_hash) do update
      set payload = excluded.payload, expires_at = excluded.expires_at`.execute(tx)
}

export async function deleteRequest(tx: Tx, hash: Buffer): Promise<void> {
  await sql`delete from oauth_request where id_hash = ${hash}`.execute(tx)
}

export type TokenKind = 'Grant' | 'AuthorizationCode' | 'AccessToken' | 'RefreshToken'

/** What a token stands for, with the people behind it as they are now. */
export interface Found {
  companyId: number
  publicId: string
  kind: TokenKind
  grantId: string
  payload: Payload
  consumedAt: Date | null
  expiresAt: Date
  integrationId: string
  clientId: string
  integrationScopes: Scope[]
  teamId: string | null
  integrationExpiresAt: Date | null
  lastUsedAt: Date | null
  memberId: string
  role: Role
}

export async function findToken(tx: Tx, hash: Buffer): Promise<Found | undefined> {
  const { rows } = await sql<Found>`select * from find_oauth_token(${hash})`.execute(tx)
  return rows[0]
}

export interface NewToken {
  hash: Buffer
  kind: TokenKind
  grantId: string
  integrationId: string
  payload: Payload
  expiresAt: Date
}

export async function putToken(tx: Tx, no: CompanyNo, token: NewToken): Promise<void> {
  const { hash, kind, grantId, integrationId, payload, expiresAt } = token
  await sql`insert into oauth_token
      (company_id, id_hash, kind, grant_id, integration_id, payload, expires_at)
    values (${no}, ${hash}, ${kind}, ${grantId}, ${integrationId}, ${JSON.stringify(payload)}, ${expiresAt})
    on conflict (id_hash) do update
      set payload = excluded.payload, expires_at = excluded.expires_at`.execute(tx)
}

/** Which integration a grant is of, as long as it lasts. */
export async function integrationOfGrant(tx: Tx, no: CompanyNo, grantId: string) {
  const row = await tx
    .selectFrom('oauthToken')
    .select('integrationId')
    .where('companyId', '=', no)
    .where('grantId', '=', grantId)
    .where('kind', '=', 'Grant')
    .executeTakeFirst()
  return row?.integrationId
}

/** Marks a token as used; false when somebody was faster. */
export async function consume(tx: Tx, no: CompanyNo, hash: Buffer, at: Date): Promise<boolean> {
  const { numAffectedRows } = await sql`update oauth_token set consumed_at = ${at}
    where company_id = ${no} and id_hash = ${hash} and consumed_at is null`.execute(tx)
  return (numAffectedRows ?? 0n) > 0n
}

export async function deleteToken(tx: Tx, no: CompanyNo, hash: Buffer): Promise<void> {
  await sql`delete from oauth_token where company_id = ${no} and id_hash = ${hash}`.execute(tx)
}

/** Ends a grant with all that came of it; gives its integration when no other grant is left to that. */
export async function deleteGrant(
  tx: Tx,
  no: CompanyNo,
  grantId: string,
): Promise<string | undefined> {
  const { rows } = await sql<{ integrationId: string }>`
    delete from oauth_token where company_id = ${no} and grant_id = ${grantId}
    returning integration_id`.execute(tx)
  const [first] = rows
  if (!first) return undefined
  const { rows: others } = await sql`select from oauth_token
    where company_id = ${no} and integration_id = ${first.integrationId} and kind = 'Grant'
    limit 1`.execute(tx)
  return others.length === 0 ? first.integrationId : undefined
}

export async function companyOfGrant(tx: Tx, grantId: string): Promise<CompanyNo | undefined> {
  const { rows } = await sql<{ no: number | null }>`
    select company_of_oauth_grant(${grantId}) as no`.execute(tx)
  return rows[0]?.no ?? undefined
}

export async function forgetEnded(tx: Tx, at: Date): Promise<void> {
  await sql`select forget_ended_oauth(${at})`.execute(tx)
}
