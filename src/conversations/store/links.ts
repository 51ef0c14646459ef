import { sql } from 'kysely'
import type { CompanyNo } from '../../kit/caller.ts'
import { textArray } from '../../platform/arrays.ts'
import type { Tx } from '../../platform/database.ts'
import { domainOf } from '../domains.ts'
import type { Item } from '../items.ts'
import { columns } from './items.ts'

/** Items with an address, oldest number first, beginning behind `after`. */
export async function readItemsOfAddress(
  tx: Tx,
  companyNo: CompanyNo,
  address: string,
  limit: number,
): Promise<Item[]> {
  const { rows } = await sql<Item>`
    select ${columns} from item where company_id = ${companyNo} and no in (
      select item_no from item_address
      where company_id = ${companyNo} and domain = ${domainOf(address)} and address = ${address})
    order by no limit ${limit}`.execute(tx)
  return rows
}

/** Items with an address at one of these domains, behind a number; those whose account was named are left out. */
export async function readItemsOfDomains(
  tx: Tx,
  companyNo: CompanyNo,
  domains: readonly string[],
  after: bigint,
  limit: number,
): Promise<Item[]> {
  const { rows } = await sql<Item>`
    select ${columns} from item
    where company_id = ${companyNo} and no > ${after} and deleted_at is null and not account_given and no in (
      select item_no from item_address
      where company_id = ${companyNo} and domain = any(${textArray(domains)}::text[]))
    order by no limit ${limit}`.execute(tx)
  return rows
}

export async function updateLinks(
  tx: Tx,
  companyNo: CompanyNo,
  items: readonly Pick<Item, 'no' | 'accountId' | 'dealId'>[],
): Promise<void> {
  await sql`
    update item set account_id = changed.account_id, deal_id = changed.deal_id
    from unnest(${`{${items.map(({ no }) => no).join(',')}}`}::bigint[],
      ${textArray(items.map(({ accountId }) => accountId))}::text[],
      ${textArray(items.map(({ dealId }) => dealId))}::text[]) as changed (no, account_id, deal_id)
    where item.company_id = ${companyNo} and item.no = changed.no`.execute(tx)
}
