import { dayOf } from '../../kit/calendar.ts'
import type { CompanyNo } from '../../kit/caller.ts'
import type { Book } from '../../ledger/book.ts'
import type { Companion, CompanionSession } from '../../ledger/commands.ts'
import type { Attribution, Moment } from '../../ledger/pool.ts'
import type { Run } from '../../platform/run.ts'
import {
  type Budget,
  type BudgetEvent,
  type Calendar,
  count,
  type PeriodKind,
  periodAt,
  refusalOf,
  type Scope,
  type Since,
  scopeKey,
  scopeKeysOf,
  scopesIn,
  warn,
} from '../budget.ts'
import * as store from '../store.ts'

/** What budgets need of others. */
export interface Needs {
  /** Charged for a scope since the start of a local day, less refunds of those same charges. */
  usedSince: (run: Run, companyNo: CompanyNo, scope: Scope, since: Since) => Promise<bigint>
  /** Tells others, in the same commit. */
  emit: (run: Run, companyNo: CompanyNo, event: BudgetEvent) => Promise<void>
}

interface Remembered {
  epoch: number
  hasBudgets: boolean
}

const COMPANIES_MAX = 50_000
const nothingToCount: CompanionSession = {}

/**
 * Decides budgets inside the charge: reads them once the pools are locked, refuses what one of them does
 * not allow, and counts in the same commit. A company without budgets costs one look into memory.
 */
export function openBudgets(needs: Needs): Companion {
  const known = new Map<CompanyNo, Remembered>()
  return {
    writesAtOnce: true,
    reads({ companyNo, configEpoch }) {
      const remembered = known.get(companyNo)
      return remembered?.epoch !== configEpoch || remembered.hasBudgets
    },
    async open(run, books, now, concerned) {
      await learn(known, run, books)
      const holders = books.filter((book) => known.get(book.pool.companyNo)?.hasBudgets)
      if (holders.length === 0) return nothingToCount
      const companies = holders.map((book) => book.pool.companyNo)
      const scopes = holders.flatMap((book) => scopesOf(book, concerned(book)))
      if (scopes.length === 0) return nothingToCount
      const [budgets, calendars] = await Promise.all([
        store.readBudgetsOf(run, scopes),
        store.readCalendars(run, companies),
      ])
      // Whatever is charged in this group is charged at this moment of its pool.
      const momentOf = new Map(
        holders.map((book) => [book.pool.companyNo, Math.max(now(book), book.pool.lastAt ?? 0)]),
      )
      const turned = await turnAll(needs, run, budgets, calendars, momentOf)
      return sessionOf(needs, budgets, turned, momentOf)
    },
  }
}

/** The scopes in which somebody's use may change. */
function scopesOf(
  { pool }: Book,
  attributions: Attribution[],
): { companyNo: CompanyNo; scope: Scope }[] {
  const found = new Map<string, Scope>()
  for (const scope of attributions.flatMap(scopesIn)) found.set(scopeKey(scope), scope)
  return [...found.values()].map((scope) => ({ companyNo: pool.companyNo, scope }))
}

/** Finds out which companies have budgets, once for each of their epochs. */
async function learn(known: Map<CompanyNo, Remembered>, run: Run, books: Book[]): Promise<void> {
  const isNew = ({ pool }: Book) => known.get(pool.companyNo)?.epoch !== pool.configEpoch
  if (!books.some(isNew)) return
  if (known.size + books.length > COMPANIES_MAX) known.clear()
  const fresh = books.filter(isNew).map((book) => book.pool)
  const holders = await store.readHolders(
    run,
    fresh.map(({ companyNo }) => companyNo),
  )
  for (const { companyNo, configEpoch } of fresh) {
    known.set(companyNo, { epoch: configEpoch, hasBudgets: holders.has(companyNo) })
  }
}

/** Brings budgets whose period is another by now into it; gives those. */
async function turnAll(
  needs: Needs,
  run: Run,
  budgets: Budget[],
  calendars: Map<CompanyNo, Calendar>,
  momentOf: Map<CompanyNo, Moment>,
): Promise<Budget[]> {
  const periods = new Map<string, ReturnType<typeof periodAt>>()
  const periodOf = (companyNo: CompanyNo, kind: PeriodKind) => {
    const key = `${companyNo} ${kind}`
    const there =
      periods.get(key) ?? periodAt(kind, momentOf.get(companyNo)!, calendars.get(companyNo)!)
    periods.set(key, there)
    return there
  }
  const turned = budgets.filter((budget) => {
    const { start, end } = periodOf(budget.companyNo, budget.period)
    return start !== budget.periodStart || end !== budget.periodEnd
  })
  await Promise.all(
    turned.map((budget) =>
      turn(
        needs,
        run,
        budget,
        periodOf(budget.companyNo, budget.period),
        calendars.get(budget.companyNo)!,
      ),
    ),
  )
  return turned
}

/** Begins to count in another period: what is held stays held, what was used is that period's. */
export async function turn(
  { usedSince }: Pick<Needs, 'usedSince'>,
  run: Run,
  budget: Budget,
  { start, end }: { start: Moment; end: Moment },
  { timezone }: Calendar,
): Promise<void> {
  if (start !== budget.periodStart) {
    const at = new Date(start)
    budget.used = await usedSince(run, budget.companyNo, budget.scope, {
      day: dayOf(at, timezone),
      at,
    })
    budget.told = 0
  }
  budget.periodStart = start
  budget.periodEnd = end
}

function sessionOf(
  { emit }: Needs,
  budgets: Budget[],
  turned: Budget[],
  momentOf: Map<CompanyNo, Moment>,
): CompanionSession {
  const byScope = new Map<string, Budget[]>()
  for (const budget of budgets) {
    const key = `${budget.companyNo} ${scopeKey(budget.scope)}`
    byScope.set(key, [...(byScope.get(key) ?? []), budget])
  }
  const changed = new Set(turned)
  const events: { companyNo: CompanyNo; event: BudgetEvent }[] = []
  const seen = new Map<Book, number>()
  const matching = (companyNo: CompanyNo, attribution: Parameters<typeof scopeKeysOf>[0]) =>
    scopeKeysOf(attribution).flatMap((key) => byScope.get(`${companyNo} ${key}`) ?? [])
  const judge = (budget: Budget, at: Moment) => {
    const event = warn(budget, at)
    if (event) events.push({ companyNo: budget.companyNo, event })
  }
  for (const budget of turned) judge(budget, momentOf.get(budget.companyNo)!)
  return {
    refuse: (book, { credits, attribution }) =>
      refusalOf(matching(book.pool.companyNo, attribution), credits),
    record(book) {
      const from = seen.get(book) ?? 0
      seen.set(book, book.uses.length)
      for (let i = from; i < book.uses.length; i++) {
        const use = book.uses[i]!
        for (const budget of matching(book.pool.companyNo, use.attribution)) {
          count(budget, use)
          changed.add(budget)
          judge(budget, use.at)
        }
      }
    },
    async write(run) {
      if (changed.size === 0) return
      await Promise.all([
        store.updateCounters(run, [...changed]),
        ...events.map(({ companyNo, event }) => emit(run, companyNo, event)),
      ])
    },
  }
}
