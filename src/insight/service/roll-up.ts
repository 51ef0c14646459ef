import { addDays, dayOf, startOfDay } from '../../kit/calendar.ts'
import type { CompanyNo } from '../../kit/caller.ts'
import type { Book, Use } from '../../ledger/book.ts'
import type { Companion, CompanionSession } from '../../ledger/commands.ts'
import type { Moment } from '../../ledger/pool.ts'
import { raiseEpoch } from '../../ledger/service/ledger.ts'
import type { SpansOfUse } from '../../ledger/service/reads.ts'
import type { Tx } from '../../platform/database.ts'
import { type Run, runIn } from '../../platform/run.ts'
import { BUILT_IN } from '../../rating/rate-card.ts'
import type { UsageRow } from '../store/roll-up.ts'
import * as store from '../store/roll-up.ts'
import { partsOf } from '../usage.ts'

type Prices = Readonly<Record<string, bigint>>

/** What a server remembers of a company, for as long as its epoch stays. */
interface Remembered {
  epoch: number
  timezone: string
  cards: Map<number, Prices>
  /** The day that was last written to, and the moments it lies between. */
  day: string
  dayStart: Moment
  dayEnd: Moment
}

const COMPANIES_MAX = 20_000

/**
 * Keeps the usage roll-up in every commit of the ledger: one statement for all pools of a group, and
 * nothing to read for a company seen before.
 */
export function openUsageRollUp(): Companion {
  const known = new Map<CompanyNo, Remembered>()
  return {
    writesAtOnce: true,
    reads: (pool) => known.get(pool.companyNo)?.epoch !== pool.configEpoch,
    async open(run, books) {
      const unknown = books
        .map((book) => book.pool)
        .filter((pool) => known.get(pool.companyNo)?.epoch !== pool.configEpoch)
      if (unknown.length > 0) {
        if (known.size + unknown.length > COMPANIES_MAX) known.clear()
        const missing = books
          .map((book) => book.pool)
          .filter((pool) => known.get(pool.companyNo)?.epoch !== pool.configEpoch)
        const facts = await store.readFacts(
          run,
          missing.map((pool) => pool.companyNo),
        )
        const epochs = new Map(missing.map((pool) => [pool.companyNo, pool.configEpoch]))
        for (const one of facts) known.set(one.companyNo, remember(one, epochs.get(one.companyNo)!))
      }
      return sessionOf(new Map(books.map((book) => [book, known.get(book.pool.companyNo)!])))
    },
  }
}

function remember({ timezone, cards }: store.CompanyFacts, epoch: number): Remembered {
  return { epoch, timezone, cards: cardsOf(cards), day: '', dayStart: 0, dayEnd: 0 }
}

/** All versions of a company's prices, by number. */
function cardsOf(own: Record<string, Record<string, string>>): Map<number, Prices> {
  const versions = Object.entries(own).map(([no, prices]): [number, Prices] => [
    Number(no),
    Object.fromEntries(Object.entries(prices).map(([type, price]) => [type, BigInt(price)])),
  ])
  return new Map([[BUILT_IN.no, BUILT_IN.prices], ...versions])
}

function sessionOf(remembered: Map<Book, Remembered>): CompanionSession {
  const seen = new Map<Book, number>()
  const rows = new Map<string, UsageRow>()
  return {
    record(book) {
      const from = seen.get(book) ?? 0
      if (from === book.uses.length) return
      seen.set(book, book.uses.length)
      for (let i = from; i < book.uses.length; i++) {
        addUse(rows, book.pool.companyNo, book.uses[i]!, remembered.get(book)!)
      }
    },
    async write(run) {
      if (rows.size > 0) await store.addUsage(run, [...rows.values()].sort(byKey))
    },
  }
}

function addUse(
  rows: Map<string, UsageRow>,
  companyNo: CompanyNo,
  use: Use,
  facts: Remembered,
): void {
  const { consumed, lines, attribution, at } = use
  // Without lines nothing was charged: credits were only set aside, or given back.
  if (lines === null) return
  const refund = use.chargeAt !== null
  const prices = facts.cards.get(use.rateCard ?? BUILT_IN.no) ?? {}
  const day = localDay(facts, at)
  let requests = refund ? 0 : 1
  for (const { type, quantity, credits } of partsOf({ consumed, lines, refund }, prices)) {
    const key = `${companyNo} ${attribution.id} ${refund} ${day} ${type}`
    const row = rows.get(key)
    if (row) {
      row.quantity += quantity
      row.credits += credits
      row.requests += requests
      row.lastAt = at
    } else {
      const firstAt = at
      rows.set(key, {
        companyNo,
        day,
        attributionId: attribution.id,
        refund,
        type,
        quantity,
        credits,
        requests,
        firstAt,
        lastAt: at,
      })
    }
    requests = 0
  }
}

/** The company's day of a moment; asked for the same day again and again, so it is kept. */
function localDay(facts: Remembered, at: Moment): string {
  if (at < facts.dayStart || at >= facts.dayEnd) {
    facts.day = dayOf(new Date(at), facts.timezone)
    facts.dayStart = startOfDay(facts.day, facts.timezone).getTime()
    facts.dayEnd = startOfDay(addDays(facts.day, 1), facts.timezone).getTime()
  }
  return facts.day
}

function byKey(a: UsageRow, b: UsageRow): number {
  if (a.companyNo !== b.companyNo) return a.companyNo - b.companyNo
  if (a.day !== b.day) return a.day < b.day ? -1 : 1
  if (a.attributionId !== b.attributionId) return a.attributionId - b.attributionId
  if (a.refund !== b.refund) return a.refund ? 1 : -1
  return a.type < b.type ? -1 : a.type > b.type ? 1 : 0
}

/** The roll-up as the ledger says it must be. */
async function expectedUsage(run: Run, companyNo: CompanyNo): Promise<UsageRow[]> {
  const [facts] = await store.readFacts(run, [companyNo])
  if (!facts) return []
  const cards = cardsOf(facts.cards)
  const rows = new Map<string, UsageRow>()
  for (const use of await store.readLedgerUse(run, companyNo, facts.timezone)) {
    const { day, attributionId, refund, lines, count } = use
    let requests = refund ? 0 : count
    const prices = cards.get(use.rateCard) ?? {}
    for (const part of partsOf({ consumed: use.credits, lines, refund, count }, prices)) {
      const key = `${day} ${attributionId} ${refund} ${part.type}`
      const row = rows.get(key)
      const firstAt = Math.min(row?.firstAt ?? Infinity, use.firstAt.getTime())
      const lastAt = Math.max(row?.lastAt ?? 0, use.lastAt.getTime())
      rows.set(key, {
        ...{ companyNo, day, attributionId, refund, type: part.type },
        quantity: (row?.quantity ?? 0n) + part.quantity,
        credits: (row?.credits ?? 0n) + part.credits,
        requests: (row?.requests ?? 0) + requests,
        ...{ firstAt, lastAt },
      })
      requests = 0
    }
  }
  return [...rows.values()].sort(byKey)
}

/**
 * Counts a company's use anew from the ledger, by the days of its zone as it is now: for a change of the
 * zone, in the transaction that makes it. Takes the pool's lock, and makes every server forget the old zone.
 */
export async function recountUsage(tx: Tx, companyNo: CompanyNo): Promise<void> {
  await raiseEpoch(tx, companyNo)
  const run = runIn(tx)
  const rows = await expectedUsage(run, companyNo)
  await store.clearUsage(run, companyNo)
  if (rows.length > 0) await store.addUsage(run, rows)
}

/** What of a company's roll-up is not what its ledger says, a line each; within one snapshot. */
export async function usageFaults(tx: Tx, companyNo: CompanyNo): Promise<string[]> {
  const run = runIn(tx)
  const said = (row: UsageRow) =>
    `${row.quantity} for ${row.credits} micro-credits in ${row.requests} requests`
  const nameOf = ({ day, attributionId, refund, type }: UsageRow) =>
    `${day} attribution ${attributionId} ${refund ? 'refunded' : 'charged'} ${type || 'amounts'}`
  const there = new Map((await store.readAllUsage(run, companyNo)).map((row) => [nameOf(row), row]))
  const faults: string[] = []
  for (const row of await expectedUsage(run, companyNo)) {
    const found = there.get(nameOf(row))
    there.delete(nameOf(row))
    const is = found ? said(found) : 'nothing'
    if (is !== said(row))
      faults.push(`usage on ${nameOf(row)}: is ${is}, the ledger says ${said(row)}`)
  }
  for (const row of there.values())
    faults.push(`usage on ${nameOf(row)}: is ${said(row)}, the ledger says nothing`)
  return faults
}

/** Charged since the start of a local day, less refunds of those same charges, for one scope. */
export const usedSince = store.readUsedSince

/** When the newest charges of some attributions were made, for whoever looks for them in the ledger. */
export const spansOfUse: SpansOfUse = (tx, companyNo, asked) =>
  store.readSpansOfUse(runIn(tx), companyNo, asked)
