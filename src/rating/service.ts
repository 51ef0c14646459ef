import { recordAudit } from '../companies/service/audit.ts'
import { type Caller, type CompanyNo, requireScope } from '../kit/caller.ts'
import type { Credits } from '../kit/credits.ts'
import { type Ledger, raiseEpoch } from '../ledger/service/ledger.ts'
import type { Database, Tx } from '../platform/database.ts'
import { BUILT_IN, completed, type RateCard } from './rate-card.ts'
import * as store from './store.ts'

/** All versions of a company's prices, the built-in one first. */
export async function readRateCards(tx: Tx, companyNo: CompanyNo): Promise<RateCard[]> {
  return [BUILT_IN, ...(await store.readCards(tx, companyNo))]
}

/** The versions of the caller's company, newest first. */
export async function listRateCards({ db }: { db: Database }, caller: Caller): Promise<RateCard[]> {
  requireScope(caller, 'credits:read')
  const cards = await db.snapshot(caller.companyNo, (tx) => readRateCards(tx, caller.companyNo))
  return cards.reverse()
}

/** Adds a version of the prices. Charges made so far keep theirs; so do holds that are open. */
export async function addRateCard(
  { db, ledger }: { db: Database; ledger: Ledger },
  caller: Caller,
  asked: { effectiveAt?: Date | undefined; prices: Record<string, Credits> },
): Promise<RateCard> {
  requireScope(caller, 'admin')
  return ledger.transact(db, caller.companyNo, async (tx, books) => {
    const now = new Date(books.now)
    const card = { effectiveAt: asked.effectiveAt ?? now, prices: completed(asked.prices) }
    const no = await store.insertCard(tx, caller.companyNo, card, now)
    await raiseEpoch(tx, caller.companyNo)
    const said = Object.fromEntries(
      Object.entries(card.prices).map(([type, price]) => [type, String(price)]),
    )
    await recordAudit(tx, caller, 'rate_card.add', { type: 'rate_card', id: String(no) }, null, {
      effectiveAt: card.effectiveAt,
      microCredits: said,
    })
    return { no, ...card }
  })
}
