import { sql } from 'kysely'
import type { CompanyNo } from '../../kit/caller.ts'
import { textArray } from '../../platform/arrays.ts'
import type { Tx } from '../../platform/database.ts'
import type { Own } from '../domains.ts'
import { ownOf } from '../domains.ts'
import type { Entity } from '../entities.ts'
import type { Linkable } from '../links.ts'
import type { EntityType } from '../selection.ts'

/** The entity with this id, else the one with this external id. */
export async function readEntity(
  tx: Tx,
  companyNo: CompanyNo,
  type: EntityType,
  id: string | undefined,
  externalId?: string | null,
): Promise<Entity | undefined> {
  const { rows } = await sql<Entity>`
    select ${columns} from entity
    where company_id = ${companyNo} and type = ${type}
      and (id = ${id ?? null} or (${id ?? null}::text is null and external_id = ${externalId ?? null}))`.execute(
    tx,
  )
  return rows[0]
}

export async function readEntities(
  tx: Tx,
  companyNo: CompanyNo,
  type: EntityType,
  filter: {
    accountId?: string | undefined
    externalId?: string | undefined
    email?: string | undefined
    words?: readonly string[] | undefined
  },
  before: { at: Date; id: string } | undefined,
  limit: number,
): Promise<Entity[]> {
  const when = <Value>(
    value: Value | undefined,
    condition: (value: Value) => ReturnType<typeof sql>,
  ) => (value === undefined ? sql`` : sql` and ${condition(value)}`)
  const { rows } = await sql<Entity>`
    select ${columns} from entity where company_id = ${companyNo} and type = ${type}
    ${when(filter.accountId, (id) => sql`account_id = ${id}`)}
    ${when(filter.externalId, (id) => sql`external_id = ${id}`)}
    ${when(filter.email, (email) => sql`email = ${email}`)}
    ${when(
      filter.words,
      (words) => sql`(select bool_and(strpos(
        lower(concat_ws(' ', name, email, external_id, array_to_string(domains, ' '))), word) > 0)
      from unnest(${textArray(words.map((word) => word.toLowerCase()))}::text[]) as word)`,
    )}
    ${when(before, ({ at, id }) => sql`(created_at, id) < (${at}, ${id})`)}
    order by created_at desc, id desc limit ${limit}`.execute(tx)
  return rows
}

/** Writes an entity; false when its external id belongs to another one. */
export async function writeEntity(tx: Tx, companyNo: CompanyNo, entity: Entity): Promise<boolean> {
  const { type, id, externalId, name, email, accountId, status, domains } = entity
  if (externalId !== null) {
    const { rows } = await sql`
      select from entity where company_id = ${companyNo} and type = ${type}
        and external_id = ${externalId} and id <> ${id}`.execute(tx)
    if (rows.length) return false
  }
  await sql`
    insert into entity (company_id, type, id, external_id, name, email, account_id, status, domains, created_at, updated_at)
    values (${companyNo}, ${type}, ${id}, ${externalId}, ${name}, ${email}, ${accountId}, ${status},
      ${textArray(domains)}::text[], ${entity.createdAt}, ${entity.updatedAt})
    on conflict (company_id, type, id) do update set external_id = excluded.external_id, name = excluded.name,
      email = excluded.email, account_id = excluded.account_id, status = excluded.status,
      domains = excluded.domains, updated_at = excluded.updated_at`.execute(tx)
  if (type === 'account') await writeDomains(tx, companyNo, id, domains)
  return true
}

/** Deletes entities, and what points at them by name: deals and contacts stay, without an account. */
export async function deleteEntity(
  tx: Tx,
  companyNo: CompanyNo,
  type: EntityType,
  id: string,
): Promise<void> {
  await sql`delete from entity where company_id = ${companyNo} and type = ${type} and id = ${id}`.execute(
    tx,
  )
  if (type === 'deal') {
    await sql`
      update item set deal_id = null, deal_given = false
      where company_id = ${companyNo} and deal_id = ${id} and deleted_at is null`.execute(tx)
  }
  if (type !== 'account') return
  await writeDomains(tx, companyNo, id, [])
  await sql`update entity set account_id = null where company_id = ${companyNo} and account_id = ${id}`.execute(
    tx,
  )
  await sql`
    update item set account_id = null, account_given = false
    where company_id = ${companyNo} and account_id = ${id} and deleted_at is null`.execute(tx)
}

/** Deletes the contacts and leads with an address; tells how many of each. */
export async function deletePeople(
  tx: Tx,
  companyNo: CompanyNo,
  email: string,
): Promise<{ type: EntityType; id: string }[]> {
  const { rows } = await sql<{ type: EntityType; id: string }>`
    delete from entity where company_id = ${companyNo} and email = ${email} returning type, id`.execute(
    tx,
  )
  return rows
}

/** The members' addresses and the domains that the company calls its own. */
export async function readOwn(tx: Tx, companyNo: CompanyNo): Promise<Own> {
  const { rows } = await sql<{ emails: string[]; domains: unknown }>`
    select array(select email from member where company_id = ${companyNo} and removed_at is null) as emails,
      (select settings -> 'emailDomains' from company where id = ${companyNo}) as domains`.execute(
    tx,
  )
  const { emails, domains } = rows[0]!
  const listed = Array.isArray(domains)
    ? domains.filter((domain) => typeof domain === 'string')
    : []
  return ownOf(emails, listed)
}

/** What items with these domains and named links may be linked to. */
export async function readLinkable(
  tx: Tx,
  companyNo: CompanyNo,
  own: Own,
  asked: { domains: readonly string[]; accountIds: readonly string[]; dealIds: readonly string[] },
): Promise<Linkable> {
  const domains = await readDomains(tx, companyNo, asked.domains)
  const named = await readNamed(tx, companyNo, asked.accountIds, asked.dealIds)
  const accounts = named.filter(({ type }) => type === 'account').map(({ id }) => id)
  const deals = named.filter(({ type }) => type === 'deal')
  const owners = [
    ...domains.map(({ accountId }) => accountId),
    ...deals.flatMap(({ accountId }) => accountId ?? []),
    ...accounts,
  ]
  const open = await readOpenDeals(tx, companyNo, [...new Set(owners)])
  return {
    own,
    accountOfDomain: new Map(domains.map(({ domain, accountId }) => [domain, accountId])),
    openDeals: new Map(open.map(({ accountId, ids }) => [accountId, ids])),
    accounts: new Set(accounts),
    deals: new Map(deals.map(({ id, accountId }) => [id, accountId])),
  }
}

/** Which account lists each of the domains; of several the one made first. */
async function readDomains(tx: Tx, companyNo: CompanyNo, domains: readonly string[]) {
  if (!domains.length) return []
  const { rows } = await sql<{ domain: string; accountId: string }>`
    select distinct on (d.domain) d.domain, d.account_id from account_domain d
    join entity e on e.company_id = d.company_id and e.type = 'account' and e.id = d.account_id
    where d.company_id = ${companyNo} and d.domain = any(${textArray(domains)}::text[])
    order by d.domain, e.created_at, e.id`.execute(tx)
  return rows
}

async function readNamed(
  tx: Tx,
  companyNo: CompanyNo,
  accountIds: readonly string[],
  dealIds: readonly string[],
) {
  if (!accountIds.length && !dealIds.length) return []
  const { rows } = await sql<{ type: EntityType; id: string; accountId: string | null }>`
    select type, id, account_id from entity
    where company_id = ${companyNo} and type = 'account' and id = any(${textArray(accountIds)}::text[])
    union all
    select type, id, account_id from entity
    where company_id = ${companyNo} and type = 'deal' and id = any(${textArray(dealIds)}::text[])`.execute(
    tx,
  )
  return rows
}

/** At most two open deals of each account: one is enough to link, two are enough not to. */
async function readOpenDeals(tx: Tx, companyNo: CompanyNo, accountIds: readonly string[]) {
  if (!accountIds.length) return []
  const { rows } = await sql<{ accountId: string; ids: string[] }>`
    select account_id, (array_agg(id order by id))[1:2] as ids from entity
    where company_id = ${companyNo} and account_id = any(${textArray(accountIds)}::text[])
      and type = 'deal' and status = 'open'
    group by account_id`.execute(tx)
  return rows
}

async function writeDomains(
  tx: Tx,
  companyNo: CompanyNo,
  accountId: string,
  domains: readonly string[],
): Promise<void> {
  await sql`
    delete from account_domain where company_id = ${companyNo} and account_id = ${accountId}
      and domain <> all(${textArray(domains)}::text[])`.execute(tx)
  await sql`
    insert into account_domain (company_id, domain, account_id)
    select ${companyNo}, domain, ${accountId} from unnest(${textArray(domains)}::text[]) as domain
    on conflict do nothing`.execute(tx)
}

const columns = sql.raw(
  'type, id, external_id, name, email, account_id, status, domains, created_at, updated_at',
)
