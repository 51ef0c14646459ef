import { contractYears } from '../contracts/contract.ts'
import { addDays, type Day, dayOf, startOfDay } from '../kit/calendar.ts'
import type { CompanyNo } from '../kit/caller.ts'
import { type Credits, formatCredits, micros, reaches, sayCredits, toJson } from '../kit/credits.ts'
import { Problem } from '../kit/problem.ts'
import type { Use } from '../ledger/book.ts'
import type { Attribution, Moment } from '../ledger/pool.ts'

export const scopeTypes = ['team', 'member', 'integration', 'feature', 'instance'] as const

/** Whose use a budget counts. */
export interface Scope {
  type: (typeof scopeTypes)[number]
  id: string
}

export const periodKinds = ['month', 'contractYear'] as const
export type PeriodKind = (typeof periodKinds)[number]

/** A cap on what a scope may use in a period, and how much of it is taken. */
export interface Budget {
  companyNo: CompanyNo
  id: string
  scope: Scope
  period: PeriodKind
  credits: Credits
  /** The period that `used` is counted in. */
  periodStart: Moment
  periodEnd: Moment
  /** Charged in the period, less refunds of those same charges. */
  used: bigint
  /** Held now, whenever it was reserved. */
  held: bigint
  /** The highest of `warnings` that was told of in the period; 0 for none. */
  told: number
  /** When it was made, or its cap was last raised. */
  loosenedAt: Moment
  createdAt: Moment
}

/** The percentages of a budget that are told of. */
export const warnings = [80, 100] as const

/** What others are told of, in the same commit. */
export type BudgetEvent =
  | {
      kind: 'budget-reached'
      budgetId: string
      scope: Scope
      period: PeriodKind
      /** All that were passed at once, lowest first. */
      percents: number[]
      credits: Credits
      used: Credits
      held: Credits
      periodStart: Moment
      periodEnd: Moment
      at: Moment
    }
  /** There is more room: its cap was raised, or it is gone. */
  | { kind: 'budget-loosened'; budgetId: string; scope: Scope; at: Moment }

/** What a company's periods go by. */
export interface Calendar {
  timezone: string
  terms: { startDay: Day; termMonths: number; endDay: Day }[]
}

/**
 * The period that a moment lies in: the company's month, or its contract year. Where no contract year
 * runs, the calendar year stands in, as far as it lies outside of all terms.
 */
export function periodAt(
  kind: PeriodKind,
  at: Moment,
  { timezone, terms }: Calendar,
): { start: Moment; end: Moment } {
  const day = dayOf(new Date(at), timezone)
  const { start, end } = kind === 'month' ? monthOf(day) : yearOf(day, terms)
  return { start: startOfDay(start, timezone).getTime(), end: startOfDay(end, timezone).getTime() }
}

function monthOf(day: Day): { start: Day; end: Day } {
  const start = `${day.slice(0, 7)}-01`
  return { start, end: `${addDays(start, 31).slice(0, 7)}-01` }
}

function yearOf(day: Day, terms: Calendar['terms']): { start: Day; end: Day } {
  const term = terms.find(({ startDay, endDay }) => startDay <= day && day < endDay)
  const year = term && contractYears(term.startDay, term.termMonths).find(({ end }) => day < end)
  if (year) return year
  const [before] = terms
    .map(({ endDay }) => endDay)
    .filter((end) => end <= day)
    .sort()
    .reverse()
  const [next] = terms
    .map(({ startDay }) => startDay)
    .filter((start) => start > day)
    .sort()
  const [first, last] = [
    `${day.slice(0, 4)}-01-01`,
    `${String(Number(day.slice(0, 4)) + 1).padStart(4, '0')}-01-01`,
  ]
  return {
    start: before && before > first ? before : first,
    end: next && next < last ? next : last,
  }
}

/** What a scope is looked up by. */
export function scopeKey({ type, id }: Scope): string {
  return `${type} ${id}`
}

/** What each scope that a charge for this counts in is looked up by. */
export function scopeKeysOf(attribution: Omit<Attribution, 'id'>): string[] {
  return scopesIn(attribution).map(scopeKey)
}

/** Every scope that what is charged for this counts in. */
export function scopesIn(attribution: Omit<Attribution, 'id'>): Scope[] {
  const ids = {
    team: attribution.teamId,
    member: attribution.memberId,
    integration: attribution.integrationId,
    feature: attribution.feature,
    instance: attribution.instanceId,
  }
  return scopeTypes.flatMap((type) => (ids[type] === null ? [] : [{ type, id: ids[type] }]))
}

/** What a budget still allows; nothing, when a lowered cap is passed already. */
export function remainingOf(budget: Pick<Budget, 'credits' | 'used' | 'held'>): Credits {
  const left = budget.credits - budget.used - budget.held
  return micros(left > 0n ? left : 0n)
}

/** Counts a change of what is used and held. A refund takes back only what this period counted. */
export function count(budget: Budget, use: Use): void {
  budget.held += use.held
  if (use.chargeAt === null || use.chargeAt >= budget.periodStart) budget.used += use.consumed
}

/** The budgets' refusal of so much more: by the one that allows least; undefined when all allow it. */
export function refusalOf(budgets: readonly Budget[], needed: Credits): Problem | undefined {
  // What costs nothing is no matter of budgets.
  if (needed === 0n) return undefined
  let tightest: Budget | undefined
  for (const budget of budgets) {
    if (!tightest || room(budget) < room(tightest)) tightest = budget
  }
  if (!tightest || room(tightest) >= needed) return undefined
  const { id, scope, periodEnd } = tightest
  const remaining = remainingOf(tightest)
  const until = new Date(periodEnd).toISOString()
  return new Problem(
    'budget-exceeded',
    `This needs ${sayCredits(needed)}; the budget of the ${scope.type} allows ${formatCredits(remaining)} more until ${until}.`,
    { budgetId: id, scope, needed: toJson(needed), remaining: toJson(remaining), periodEnd: until },
  )
}

function room({ credits, used, held }: Budget): bigint {
  return credits - used - held
}

/** Marks the percentages that a budget has reached since it was last told of; undefined when none. */
export function warn(budget: Budget, at: Moment): BudgetEvent | undefined {
  const { id, scope, period, credits, periodStart, periodEnd } = budget
  const [used, held] = [micros(budget.used), micros(budget.held)]
  const percents = warnings.filter(
    (percent) => percent > budget.told && reaches(micros(used + held), credits, percent),
  )
  const highest = percents.at(-1)
  if (highest === undefined) return undefined
  budget.told = highest
  return {
    kind: 'budget-reached',
    budgetId: id,
    ...{ scope, period, percents, credits, used, held, periodStart, periodEnd, at },
  }
}

/** After a change of the cap: what is no longer reached can be told of again. */
export function rearm(budget: Budget): void {
  const taken = micros(budget.used + budget.held)
  const reached = warnings.filter(
    (percent) => percent <= budget.told && reaches(taken, budget.credits, percent),
  )
  budget.told = reached.at(-1) ?? 0
}

/** The start of a local day: its date, and its first instant. */
export interface Since {
  day: Day
  at: Date
}
