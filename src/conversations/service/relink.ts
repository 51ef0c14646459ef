import type { CompanyNo } from '../../kit/caller.ts'
import type { Tx } from '../../platform/database.ts'
import { domainOf, type Own } from '../domains.ts'
import { addressesOf, type Item } from '../items.ts'
import { linksOf } from '../links.ts'
import { readLinkable, readOwn } from '../store/entities.ts'
import { readItemsOfDomains, updateLinks } from '../store/links.ts'

const ITEMS_AT_ONCE = 2_000

/** Finds anew the account of every item with an address at these domains, unless it was named. */
export async function relink(
  tx: Tx,
  companyNo: CompanyNo,
  domains: readonly string[],
): Promise<void> {
  if (!domains.length) return
  const own = await readOwn(tx, companyNo)
  for (let after = 0n; ; ) {
    const items = await readItemsOfDomains(tx, companyNo, domains, after, ITEMS_AT_ONCE)
    const changed = await relinked(tx, companyNo, own, items)
    if (changed.length) await updateLinks(tx, companyNo, changed)
    if (items.length < ITEMS_AT_ONCE) return
    after = items.at(-1)!.no
  }
}

async function relinked(
  tx: Tx,
  companyNo: CompanyNo,
  own: Own,
  items: readonly Item[],
): Promise<Item[]> {
  const linkable = await readLinkable(tx, companyNo, own, {
    domains: [...new Set(items.flatMap(({ parties }) => addressesOf(parties).map(domainOf)))],
    accountIds: [],
    dealIds: items.flatMap(({ dealId, dealGiven }) => (dealGiven && dealId ? dealId : [])),
  })
  return items.flatMap((item) => {
    const links = linksOf({}, item, item.parties, linkable)
    if (!('accountId' in links)) return []
    const same = links.accountId === item.accountId && links.dealId === item.dealId
    return same ? [] : { ...item, ...links }
  })
}
