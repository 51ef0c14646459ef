import type { CompanyNo } from '../kit/caller.ts'
import { micros } from '../kit/credits.ts'
import type { Moment } from '../ledger/pool.ts'
import { arrayOf, textArray } from '../platform/arrays.ts'
import type { Run } from '../platform/run.ts'
import type { Budget, Calendar, PeriodKind, Scope } from './budget.ts'

// One statement for all companies of a group of the ledger, as the ledger's own.

const iso = (at: Moment) => new Date(at).toISOString()

/** Which of these companies have budgets. */
export async function readHolders(run: Run, companies: CompanyNo[]): Promise<Set<CompanyNo>> {
  const rows = await run<{ no: number }>(
    'budgets-holders',
    `select x.c as no from unnest($1::int[]) x(c)
     cross join lateral (select from budget where company_id = x.c limit 1) b`,
    [arrayOf(companies)],
  )
  return new Set(rows.map(({ no }) => no))
}

interface BudgetRow {
  companyNo: number
  id: string
  scopeType: Scope['type']
  scopeId: string
  period: PeriodKind
  credits: bigint
  periodStart: Date
  periodEnd: Date
  used: bigint
  held: bigint
  told: number
  loosenedAt: Date
  createdAt: Date
}

const columns = `b.company_id as "companyNo", b.id, b.scope_type as "scopeType", b.scope_id as "scopeId", b.period, b.credits,
  b.period_start as "periodStart", b.period_end as "periodEnd", b.used, b.held, b.told, b.loosened_at as "loosenedAt",
  b.created_at as "createdAt"`

function budgetOf({ scopeType, scopeId, ...row }: BudgetRow): Budget {
  return {
    ...row,
    scope: { type: scopeType, id: scopeId },
    credits: micros(row.credits),
    periodStart: row.periodStart.getTime(),
    periodEnd: row.periodEnd.getTime(),
    loosenedAt: row.loosenedAt.getTime(),
    createdAt: row.createdAt.getTime(),
  }
}

/** All budgets of some companies. */
export async function readBudgets(run: Run, companies: CompanyNo[]): Promise<Budget[]> {
  const rows = await run<BudgetRow>(
    'budgets-read',
    `select ${columns} from budget b where b.company_id = any ($1::int[])`,
    [arrayOf(companies)],
  )
  return rows.map(budgetOf)
}

/** The budgets of these scopes. */
export async function readBudgetsOf(
  run: Run,
  wanted: { companyNo: CompanyNo; scope: Scope }[],
): Promise<Budget[]> {
  const rows = await run<BudgetRow>(
    'budgets-of',
    `select ${columns} from unnest($1::int[], $2::text[], $3::text[]) x(c, t, i)
     join budget b on b.company_id = x.c and b.scope_type = x.t and b.scope_id = x.i`,
    [
      arrayOf(wanted.map(({ companyNo }) => companyNo)),
      textArray(wanted.map(({ scope }) => scope.type)),
      textArray(wanted.map(({ scope }) => scope.id)),
    ],
  )
  return rows.map(budgetOf)
}

/** A page of budgets, newest first. */
export async function readPage(
  run: Run,
  companyNo: CompanyNo,
  after: readonly [Date, string] | undefined,
  most: number,
): Promise<Budget[]> {
  const rows = await run<BudgetRow>(
    'budgets-page',
    `select ${columns} from budget b
     where b.company_id = $1 and ($2::timestamptz is null or (b.created_at, b.id) < ($2, $3::text))
     order by b.created_at desc, b.id desc limit $4`,
    [companyNo, after?.[0].toISOString() ?? null, after?.[1] ?? null, most],
  )
  return rows.map(budgetOf)
}

export async function readBudget(
  run: Run,
  companyNo: CompanyNo,
  id: string,
): Promise<Budget | undefined> {
  const rows = await run<BudgetRow>(
    'budgets-one',
    `select ${columns} from budget b where b.company_id = $1 and b.id = $2`,
    [companyNo, id],
  )
  return rows[0] && budgetOf(rows[0])
}

export async function countBudgets(run: Run, companyNo: CompanyNo): Promise<number> {
  const rows = await run<{ n: number }>(
    'budgets-count',
    'select count(*)::int as n from budget where company_id = $1',
    [companyNo],
  )
  return rows[0]!.n
}

export async function insertBudget(run: Run, budget: Budget): Promise<void> {
  const { companyNo, id, scope, period, credits, used, held, told } = budget
  await run(
    'budgets-insert',
    `insert into budget (company_id, id, scope_type, scope_id, period, credits, used, held, told, period_start,
       period_end, loosened_at, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      companyNo,
      id,
      scope.type,
      scope.id,
      period,
      credits,
      used,
      held,
      told,
      ...momentsOf(budget),
      iso(budget.createdAt),
    ],
  )
}

/** Writes all of a budget. */
export async function replaceBudget(run: Run, budget: Budget): Promise<void> {
  const { companyNo, id, scope, period, credits, used, held, told } = budget
  await run(
    'budgets-replace',
    `update budget set scope_type = $3, scope_id = $4, period = $5, credits = $6, used = $7, held = $8, told = $9,
       period_start = $10, period_end = $11, loosened_at = $12
     where company_id = $1 and id = $2`,
    [companyNo, id, scope.type, scope.id, period, credits, used, held, told, ...momentsOf(budget)],
  )
}

function momentsOf({ periodStart, periodEnd, loosenedAt }: Budget): string[] {
  return [iso(periodStart), iso(periodEnd), iso(loosenedAt)]
}

export async function deleteBudget(run: Run, companyNo: CompanyNo, id: string): Promise<void> {
  await run('budgets-delete', 'delete from budget where company_id = $1 and id = $2', [
    companyNo,
    id,
  ])
}

/** Writes what a group has counted. */
export async function updateCounters(run: Run, budgets: Budget[]): Promise<void> {
  await run(
    'budgets-count-up',
    `update budget b set used = x.used, held = x.held, told = x.told, period_start = x.starts, period_end = x.ends
     from unnest($1::int[], $2::text[], $3::bigint[], $4::bigint[], $5::smallint[], $6::timestamptz[], $7::timestamptz[])
       x(c, id, used, held, told, starts, ends)
     where b.company_id = x.c and b.id = x.id`,
    [
      arrayOf(budgets.map((budget) => budget.companyNo)),
      textArray(budgets.map((budget) => budget.id)),
      arrayOf(budgets.map((budget) => budget.used)),
      arrayOf(budgets.map((budget) => budget.held)),
      arrayOf(budgets.map((budget) => budget.told)),
      textArray(budgets.map((budget) => iso(budget.periodStart))),
      textArray(budgets.map((budget) => iso(budget.periodEnd))),
    ],
  )
}

/** What the periods of some companies go by. */
export async function readCalendars(
  run: Run,
  companies: CompanyNo[],
): Promise<Map<CompanyNo, Calendar>> {
  const rows = await run<Calendar & { no: number }>(
    'budgets-calendars',
    `select c.id as no, c.timezone, coalesce((
       select jsonb_agg(jsonb_build_object('startDay', t.start_day, 'termMonths', t.term_months, 'endDay', t.end_day) order by t.start_day)
       from contract_term t where t.company_id = c.id), '[]') as terms
     from company c where c.id = any ($1::int[])`,
    [arrayOf(companies)],
  )
  return new Map(rows.map(({ no, timezone, terms }) => [no, { timezone, terms }]))
}

/** What is held for a scope now. */
export async function readHeld(
  run: Run,
  companyNo: CompanyNo,
  { type, id }: Scope,
): Promise<bigint> {
  const column = type === 'feature' ? 'feature' : `${type}_id`
  const rows = await run<{ held: bigint }>(
    `budgets-held-${type}`,
    `select coalesce(sum(h.remaining), 0)::bigint as held from hold h
     join attribution a on a.company_id = h.company_id and a.id = h.attribution_id
     where h.company_id = $1 and h.status = 'held' and a.${column} = $2`,
    [companyNo, id],
  )
  return rows[0]!.held
}

/** Whether there is such a team, member or integration; features and instances may have any name. */
export async function isKnown(
  run: Run,
  companyNo: CompanyNo,
  { type, id }: Scope,
): Promise<boolean> {
  if (type === 'feature' || type === 'instance') return true
  const rows = await run(
    `budgets-known-${type}`,
    `select 1 from ${type} where company_id = $1 and id = $2`,
    [companyNo, id],
  )
  return rows.length > 0
}
