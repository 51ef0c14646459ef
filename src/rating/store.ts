import type { CompanyNo } from '../kit/caller.ts'
import { type Credits, micros } from '../kit/credits.ts'
import type { Tx } from '../platform/database.ts'
import type { RateCard } from './rate-card.ts'

/** All versions of a company's card, oldest first. */
export async function readCards(tx: Tx, companyNo: CompanyNo): Promise<RateCard[]> {
  const rows = await tx
    .selectFrom('rateCard')
    .select(['no', 'effectiveAt', 'prices'])
    .where('companyId', '=', companyNo)
    .orderBy('no')
    .execute()
  return rows.map((row) => ({
    no: row.no,
    effectiveAt: row.effectiveAt,
    prices: Object.fromEntries(
      Object.entries(row.prices as Record<string, string>).map(([type, price]) => [
        type,
        micros(BigInt(price)),
      ]),
    ),
  }))
}

/** Adds a version, numbered after the last; the pool's lock must be held. */
export async function insertCard(
  tx: Tx,
  companyNo: CompanyNo,
  card: { effectiveAt: Date; prices: Record<string, Credits> },
  at: Date,
): Promise<number> {
  const last = await tx
    .selectFrom('rateCard')
    .select((eb) => eb.fn.max('no').as('no'))
    .where('companyId', '=', companyNo)
    .executeTakeFirst()
  const no = (last?.no ?? 0) + 1
  const prices = Object.fromEntries(
    Object.entries(card.prices).map(([type, price]) => [type, String(price)]),
  )
  await tx
    .insertInto('rateCard')
    .values({
      companyId: companyNo,
      no,
      effectiveAt: card.effectiveAt,
      prices: JSON.stringify(prices),
      createdAt: at,
    })
    .execute()
  return no
}
