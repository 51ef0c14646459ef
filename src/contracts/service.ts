import { recordAudit } from '../companies/service/audit.ts'
import { addDays, dayOf, startOfDay } from '../kit/calendar.ts'
import { type Caller, requireScope } from '../kit/caller.ts'
import { type Credits, GRANT_MAX } from '../kit/credits.ts'
import { Problem, unprocessable } from '../kit/problem.ts'
import { type Books, type Ledger, usedSince, writePeriods } from '../ledger/service/ledger.ts'
import type { Clock } from '../platform/clock.ts'
import { companyTime } from '../platform/company-time.ts'
import type { Database, Tx } from '../platform/database.ts'
import {
  allotment,
  type ContractYear,
  CREDITS_PER_SEAT,
  contractYears,
  creditsForAddedSeats,
  type Seat,
  type SeatType,
  type Term,
  termAt,
  withPeaks,
} from './contract.ts'
import * as store from './store.ts'

type Deps = { db: Database; ledger: Ledger; clock: Clock }

/** What a company asks its contract to be. */
export interface AskedContract {
  startDate: string
  termMonths: number
  seats: { type: SeatType; count: number; core: boolean; creditsPerSeat: Credits }[]
  proration?: 'daily' | 'full' | undefined
}

/** A company's contract, as it is read back. */
export interface Contract {
  terms: Term[]
  /** The term of today, else the next to come, else the last; undefined while there is none. */
  current: Term | undefined
  timezone: string
}

/**
 * Makes a company's contract, changes its seats (the same dates again), or adds its next term (a start at
 * or after the end). The grants of the current contract year exist when this answers.
 */
export async function putContract(
  { db, ledger }: Deps,
  caller: Caller,
  asked: AskedContract,
): Promise<Contract> {
  requireScope(caller, 'admin')
  return ledger.transact(db, caller.companyNo, async (tx, books) => {
    const before = await readContract(tx, caller, new Date(books.now))
    const { terms, timezone } = before
    const [firstYear, ...rest] = contractYears(asked.startDate, asked.termMonths)
    const lastYear = rest.at(-1) ?? firstYear!
    const same = terms.find((term) => term.startDay === asked.startDate)
    if (same && same.termMonths === asked.termMonths) {
      return changeSeats(
        tx,
        caller,
        books,
        before,
        same,
        asked.seats,
        asked.proration ?? same.proration,
      )
    }
    const last = terms.at(-1)
    if (last && asked.startDate < last.endDay) {
      throw new Problem(
        'conflict',
        'Terms cannot be changed or overlap; a next term starts at or after the end.',
        {
          endDate: last.endDay,
        },
      )
    }
    if (startOfDay(lastYear.end, timezone).getTime() <= books.now) {
      throw unprocessable('startDate', 'the term would be over already')
    }
    const term: Term = {
      startDay: asked.startDate,
      termMonths: asked.termMonths,
      endDay: lastYear.end,
      proration: asked.proration ?? 'daily',
      seats: withPeaks(
        [],
        asked.seats.map(fresh(asked.startDate)),
        currentOr(firstYear!, asked, timezone, books),
      ),
    }
    await store.insertTerm(tx, caller.companyNo, term, new Date(books.now))
    await store.writeSeats(tx, caller.companyNo, term)
    await begin(tx, caller, books, term, timezone)
    await recordAudit(
      tx,
      caller,
      'contract.put',
      { type: 'contract', id: term.startDay },
      null,
      said(term),
    )
    return contractOf([...terms, term], timezone, new Date(books.now))
  })
}

/** What a change of seats came to. */
export interface SeatChange {
  contract: Contract
  /** The number of the grant that the added seats brought. */
  grantNo?: number | undefined
}

/** Adds seats of one type to the current term, or takes some away. */
export async function addSeats(
  { db, ledger }: Deps,
  caller: Caller,
  asked: { type: SeatType; count: number },
): Promise<SeatChange> {
  requireScope(caller, 'admin')
  return ledger.transact(db, caller.companyNo, async (tx, books) => {
    const before = await readContract(tx, caller, new Date(books.now))
    const term = before.current
    if (!term) throw new Problem('not-found', 'There is no contract yet.')
    const old = term.seats.find((seat) => seat.type === asked.type)
    const count = (old?.count ?? 0) + asked.count
    if (count < 0) throw unprocessable('count', `would leave ${count} seats of ${asked.type}`)
    const others = term.seats.filter((seat) => seat !== old)
    const changed = { ...(old ?? fresh(term.startDay)({ type: asked.type, count })), count }
    const grantsBefore = books.pool.grants
    const contract = await changeSeats(
      tx,
      caller,
      books,
      before,
      term,
      [...others, changed],
      term.proration,
    )
    return { contract, grantNo: books.pool.grants > grantsBefore ? books.pool.grants : undefined }
  })
}

/** The contract of a company; throws not-found while there is none. */
export async function getContract({ db, clock }: Deps, caller: Caller): Promise<Contract> {
  requireScope(caller, 'credits:read')
  const contract = await db.snapshot(caller.companyNo, async (tx) =>
    readContract(tx, caller, await companyTime(tx, caller.companyNo, clock)),
  )
  if (contract.terms.length === 0) throw new Problem('not-found', 'There is no contract yet.')
  return contract
}

/** Whether a company has a contract, past or to come. */
export async function hasContract(tx: Tx, companyNo: number): Promise<boolean> {
  return (await store.readTerms(tx, companyNo)).length > 0
}

/** The first instant after a company's last term; undefined without a contract. */
export async function termEnd(tx: Tx, companyNo: number, now: Date): Promise<Date | undefined> {
  const terms = await store.readTerms(tx, companyNo)
  const timezone = await store.readTimezone(tx, companyNo)
  const term = termAt(terms, dayOf(now, timezone))
  return term && startOfDay(term.endDay, timezone)
}

async function readContract(tx: Tx, caller: Caller, now: Date): Promise<Contract> {
  const terms = await store.readTerms(tx, caller.companyNo)
  const timezone = await store.readTimezone(tx, caller.companyNo)
  return contractOf(terms, timezone, now)
}

function contractOf(terms: Term[], timezone: string, now: Date): Contract {
  return { terms, timezone, current: termAt(terms, dayOf(now, timezone)) }
}

/** Brings a term's seats to what is asked: credits for those added, and later years by the new count. */
async function changeSeats(
  tx: Tx,
  caller: Caller,
  books: Books,
  before: Contract,
  term: Term,
  asked: (Omit<Seat, 'peak' | 'peakYear'> & Partial<Seat>)[],
  proration: Term['proration'],
): Promise<Contract> {
  const { timezone } = before
  const today = dayOf(new Date(books.now), timezone)
  const years = contractYears(term.startDay, term.termMonths)
  const year = years.find((one) => one.start <= today && today < one.end)
  const seats = asked.map((seat) => ({
    ...seat,
    peak: seat.peak ?? 0,
    peakYear: seat.peakYear ?? term.startDay,
  }))
  // Before the first contract year has begun, no count of it is a peak yet.
  const changed: Term = {
    ...term,
    proration,
    seats: withPeaks(year ? term.seats : [], seats, year ?? years[0]!),
  }
  if (year) {
    const added = creditsForAddedSeats(term.seats, seats, year, today, proration)
    if (added > 0n) {
      requireGrantable(added)
      books.grantAll(
        [defaultGrant(added, new Date(books.now), startOfDay(year.end, timezone), 'Added seats')],
        'grant',
      )
    }
  }
  await store.writeSeats(tx, caller.companyNo, changed)
  await writeYears(tx, caller, books, changed, years, timezone)
  const object = { type: 'contract', id: term.startDay }
  await recordAudit(tx, caller, 'contract.seats', object, said(term), said(changed))
  return contractOf(
    before.terms.map((one) => (one === term ? changed : one)),
    timezone,
    new Date(books.now),
  )
}

/** Starts a new term: the current year's grant now, the later years when they come. */
async function begin(
  tx: Tx,
  caller: Caller,
  books: Books,
  term: Term,
  timezone: string,
): Promise<void> {
  const years = contractYears(term.startDay, term.termMonths)
  const today = dayOf(new Date(books.now), timezone)
  const year = years.find((one) => one.start <= today && today < one.end)
  if (year) {
    const start = startOfDay(year.start, timezone)
    books.countFrom(start.getTime(), await usedSince(tx, caller.companyNo, start))
    const amount = allotment(term.seats, year)
    requireGrantable(amount)
    if (amount > 0n) {
      books.grantAll(
        [defaultGrant(amount, start, startOfDay(year.end, timezone), yearName(year))],
        'reset',
      )
    }
  }
  await writeYears(tx, caller, books, term, years, timezone)
}

/** Lays out the contract years that have not begun, for the ledger to begin them in time. */
async function writeYears(
  tx: Tx,
  caller: Caller,
  books: Books,
  term: Term,
  years: ContractYear[],
  timezone: string,
): Promise<void> {
  const ahead = years
    .map((year) => ({
      startsAt: startOfDay(year.start, timezone),
      endsAt: startOfDay(year.end, timezone),
      allotment: allotment(term.seats, year),
      reference: yearName(year),
    }))
    .filter((period) => period.startsAt.getTime() > books.now)
  for (const period of ahead) requireGrantable(period.allotment)
  await writePeriods(tx, caller.companyNo, ahead)
  books.dueBy(ahead[0]?.startsAt.getTime() ?? null)
}

function defaultGrant(amount: Credits, effectiveAt: Date, expiresAt: Date, reference: string) {
  return {
    source: 'default' as const,
    amount,
    effectiveAt: effectiveAt.getTime(),
    expiresAt: expiresAt.getTime(),
    reference,
    reason: null,
    grantedBy: null,
  }
}

function requireGrantable(amount: Credits): void {
  if (amount > GRANT_MAX)
    throw unprocessable('seats', 'would bring more than 1,000,000,000 credits a year')
}

const yearName = (year: ContractYear) => `Contract year ${year.start} to ${addDays(year.end, -1)}`

/** What the audit trail keeps of a term. */
const said = ({ startDay, termMonths, proration, seats }: Term) => ({
  startDate: startDay,
  termMonths,
  proration,
  seats: Object.fromEntries(seats.map((seat) => [seat.type, seat.count])),
})

const fresh =
  (startDay: string) =>
  (seat: { type: SeatType; count: number; core?: boolean; creditsPerSeat?: Credits }): Seat => ({
    type: seat.type,
    count: seat.count,
    core: seat.core ?? true,
    creditsPerSeat: seat.creditsPerSeat ?? CREDITS_PER_SEAT,
    peak: 0,
    peakYear: startDay,
  })

/** The contract year that today lies in, or the first of a term that has not begun. */
function currentOr(
  first: ContractYear,
  asked: AskedContract,
  timezone: string,
  books: Books,
): ContractYear {
  const today = dayOf(new Date(books.now), timezone)
  const years = contractYears(asked.startDate, asked.termMonths)
  return years.find((year) => year.start <= today && today < year.end) ?? first
}
