import type { CompanyNo } from '../kit/caller.ts'
import { micros } from '../kit/credits.ts'
import type { Tx } from '../platform/database.ts'
import type { Seat, SeatType, Term } from './contract.ts'

/** All terms of a company, earliest first. */
export async function readTerms(tx: Tx, companyNo: CompanyNo): Promise<Term[]> {
  const [terms, seats] = [
    await tx
      .selectFrom('contractTerm')
      .selectAll()
      .where('companyId', '=', companyNo)
      .orderBy('startDay')
      .execute(),
    await tx
      .selectFrom('contractSeat')
      .selectAll()
      .where('companyId', '=', companyNo)
      .orderBy('type')
      .execute(),
  ]
  return terms.map((term) => ({
    startDay: term.startDay,
    termMonths: term.termMonths,
    endDay: term.endDay,
    proration: term.proration as Term['proration'],
    seats: seats
      .filter((seat) => seat.startDay === term.startDay)
      .map(
        (seat): Seat => ({
          type: seat.type as SeatType,
          count: seat.count,
          core: seat.core,
          creditsPerSeat: micros(seat.creditsPerSeat),
          peak: seat.peak,
          peakYear: seat.peakYear,
        }),
      ),
  }))
}

export async function insertTerm(
  tx: Tx,
  companyNo: CompanyNo,
  term: Term,
  at: Date,
): Promise<void> {
  const { startDay, termMonths, endDay, proration } = term
  await tx
    .insertInto('contractTerm')
    .values({ companyId: companyNo, startDay, termMonths, endDay, proration, createdAt: at })
    .execute()
}

/** Replaces a term's seats. */
export async function writeSeats(tx: Tx, companyNo: CompanyNo, term: Term): Promise<void> {
  await tx
    .updateTable('contractTerm')
    .set({ proration: term.proration })
    .where('companyId', '=', companyNo)
    .where('startDay', '=', term.startDay)
    .execute()
  await tx
    .deleteFrom('contractSeat')
    .where('companyId', '=', companyNo)
    .where('startDay', '=', term.startDay)
    .execute()
  if (term.seats.length === 0) return
  await tx
    .insertInto('contractSeat')
    .values(term.seats.map((seat) => ({ ...seat, companyId: companyNo, startDay: term.startDay })))
    .execute()
}

/** The zone that a company's days are counted in. */
export async function readTimezone(tx: Tx, companyNo: CompanyNo): Promise<string> {
  const { timezone } = await tx
    .selectFrom('company')
    .select('timezone')
    .where('id', '=', companyNo)
    .executeTakeFirstOrThrow()
  return timezone
}
