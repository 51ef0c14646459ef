import { type Problem, unprocessable } from '../kit/problem.ts'
import { domainOf, isPublicDomain, type Own } from './domains.ts'
import type { Item, Party } from './items.ts'

/** The accounts and deals that the items of one write may be linked to. */
export interface Linkable {
  own: Own
  /** The account that lists a domain; of several the one made first. */
  accountOfDomain: ReadonlyMap<string, string>
  /** The ids of an account's open deals; more than two are not told apart from two. */
  openDeals: ReadonlyMap<string, readonly string[]>
  /** Accounts that exist, of those named. */
  accounts: ReadonlySet<string>
  /** Deals that exist, of those named, with their account. */
  deals: ReadonlyMap<string, string | null>
}

export type Links = Pick<Item, 'accountId' | 'accountGiven' | 'dealId' | 'dealGiven'>

/** Links as somebody names them: null takes a name back, undefined leaves what was named before. */
export interface NamedLinks {
  accountId?: string | null | undefined
  dealId?: string | null | undefined
}

/** Which account and deal an item belongs to: as named, else as its addresses tell. */
export function linksOf(
  named: NamedLinks,
  before: Links | undefined,
  parties: readonly Party[],
  to: Linkable,
): Links | Problem {
  const given = {
    accountId: keep(named.accountId, before?.accountGiven ? before.accountId : null),
    dealId: keep(named.dealId, before?.dealGiven ? before.dealId : null),
  }
  if (named.accountId && !to.accounts.has(named.accountId)) {
    return unprocessable('accountId', 'There is no such account.')
  }
  if (named.dealId && !to.deals.has(named.dealId)) {
    return unprocessable('dealId', 'There is no such deal.')
  }
  const ofDeal = given.dealId ? (to.deals.get(given.dealId) ?? null) : null
  const accountId = given.accountId ?? ofDeal ?? accountOf(parties, to)
  const accountGiven = (given.accountId ?? ofDeal) !== null
  if (given.dealId) return { accountId, accountGiven, dealId: given.dealId, dealGiven: true }
  return { accountId, accountGiven, dealId: dealOf(accountId, before, to), dealGiven: false }
}

/** The account that lists the domain of somebody in the item; the first of the parties that has one. */
export function accountOf(parties: readonly Party[], to: Linkable): string | null {
  for (const { email } of parties) {
    if (!email) continue
    const domain = domainOf(email)
    if (to.own.domains.has(domain) || to.own.addresses.has(email) || isPublicDomain(domain))
      continue
    const account = to.accountOfDomain.get(domain)
    if (account !== undefined) return account
  }
  return null
}

/** An account's only open deal. A deal once found stays while the account does, whatever becomes of it. */
function dealOf(accountId: string | null, before: Links | undefined, to: Linkable): string | null {
  if (accountId === null) return null
  if (before?.dealId && !before.dealGiven && before.accountId === accountId) return before.dealId
  const [only, second] = to.openDeals.get(accountId) ?? []
  return only !== undefined && second === undefined ? only : null
}

function keep(named: string | null | undefined, before: string | null): string | null {
  return named === undefined ? before : named
}
