import { recordAudit } from '../../companies/service/audit.ts'
import { type Caller, type CompanyNo, requireScope } from '../../kit/caller.ts'
import type { Credits } from '../../kit/credits.ts'
import { pageOf, readCursor } from '../../kit/cursor.ts'
import { notFound, Problem, unprocessable } from '../../kit/problem.ts'
import type { Moment } from '../../ledger/pool.ts'
import { type Books, type Ledger, raiseEpoch } from '../../ledger/service/ledger.ts'
import { current } from '../../ledger/service/reads.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Tx } from '../../platform/database.ts'
import { newId } from '../../platform/ids.ts'
import { type Run, runIn } from '../../platform/run.ts'
import {
  type Budget,
  type PeriodKind,
  periodAt,
  rearm,
  type Scope,
  scopeKey,
  scopeKeysOf,
  warn,
} from '../budget.ts'
import * as store from '../store.ts'
import { type Needs, turn } from './companion.ts'

export type Deps = { db: Database; ledger: Ledger; clock: Clock; budgets: Needs }

export interface NewBudget {
  scope: Scope
  period: PeriodKind
  credits: Credits
}

const BUDGETS_MAX = 1_000

/** Makes a budget. What its scope has used and holds since the period began counts from the start. */
export async function makeBudget(deps: Deps, caller: Caller, asked: NewBudget): Promise<Budget> {
  requireScope(caller, 'admin')
  const { companyNo } = caller
  return change(deps, caller, async (tx, run, books) => {
    if ((await store.countBudgets(run, companyNo)) >= BUDGETS_MAX) {
      throw new Problem('conflict', `A company has at most ${BUDGETS_MAX} budgets.`)
    }
    const made: Budget = {
      ...{ ...asked, companyNo, id: newId('bud'), used: 0n, held: 0n, told: 0 },
      ...{
        periodStart: Number.NaN,
        periodEnd: Number.NaN,
        loosenedAt: books.now,
        createdAt: books.now,
      },
    }
    await countAnew(deps, run, made, books)
    const event = warn(made, books.now)
    await store.insertBudget(run, made)
    if (event) await deps.budgets.emit(run, companyNo, event)
    await recordAudit(
      tx,
      caller,
      'budget.create',
      { type: 'budget', id: made.id },
      null,
      said(made),
    )
    return made
  })
}

/** Changes a budget; what is not given stays. All that it counts is counted anew. */
export async function changeBudget(
  deps: Deps,
  caller: Caller,
  id: string,
  asked: Partial<NewBudget>,
): Promise<Budget> {
  requireScope(caller, 'admin')
  const { companyNo } = caller
  return change(deps, caller, async (tx, run, books) => {
    const before = await budgetOf(run, companyNo, id)
    const { scope = before.scope, period = before.period, credits = before.credits } = asked
    const isLooser = credits > before.credits || scopeKey(scope) !== scopeKey(before.scope)
    const after = { ...before, scope, period, credits }
    if (isLooser) after.loosenedAt = books.now
    await countAnew(deps, run, after, books)
    rearm(after)
    const event = warn(after, books.now)
    await store.replaceBudget(run, after)
    if (event) await deps.budgets.emit(run, companyNo, event)
    if (isLooser) await tellLooser(deps, run, before, books.now)
    await recordAudit(
      tx,
      caller,
      'budget.change',
      { type: 'budget', id },
      said(before),
      said(after),
    )
    return after
  })
}

/** Takes a budget away; its scope may use what the pool has. */
export async function removeBudget(deps: Deps, caller: Caller, id: string): Promise<void> {
  requireScope(caller, 'admin')
  await change(deps, caller, async (tx, run, books) => {
    const before = await budgetOf(run, caller.companyNo, id)
    await store.deleteBudget(run, caller.companyNo, id)
    await tellLooser(deps, run, before, books.now)
    await recordAudit(tx, caller, 'budget.remove', { type: 'budget', id }, said(before), null)
  })
}

/** The budgets, newest first, as they stand now. */
export async function listBudgets(
  deps: Deps,
  { companyNo }: Caller,
  asked: { limit: number; cursor?: string | undefined },
) {
  const after = readCursor(asked.cursor, 'time', 'text')
  const rows = await current(deps, companyNo, async (tx, _pool, now) => {
    const run = runIn(tx)
    return asOf(
      deps.budgets,
      run,
      companyNo,
      await store.readPage(run, companyNo, after, asked.limit + 1),
      now,
    )
  })
  return pageOf(rows, asked.limit, ({ createdAt, id }) => [new Date(createdAt), id])
}

/** One budget as it stands now. */
export async function readBudget(deps: Deps, { companyNo }: Caller, id: string): Promise<Budget> {
  return current(deps, companyNo, async (tx, _pool, now) => {
    const run = runIn(tx)
    const [budget] = await asOf(
      deps.budgets,
      run,
      companyNo,
      [await budgetOf(run, companyNo, id)],
      now,
    )
    return budget!
  })
}

/** Budgets as they are at a moment: one whose period is over stands as the next begins, though nobody has charged yet. */
export async function asOf(
  needs: Pick<Needs, 'usedSince'>,
  run: Run,
  companyNo: CompanyNo,
  budgets: Budget[],
  now: Moment,
): Promise<Budget[]> {
  const calendar = (await store.readCalendars(run, [companyNo])).get(companyNo)!
  for (const budget of budgets) {
    await turn(needs, run, budget, periodAt(budget.period, now, calendar), calendar)
  }
  return budgets
}

/** Does a change of budgets with the pool locked; what was prepared by the old ones is prepared again. */
async function change<T>(
  { db, ledger }: Deps,
  { companyNo }: Caller,
  work: (tx: Tx, run: Run, books: Books) => Promise<T>,
): Promise<T> {
  // Budgets whose period is over are brought into the next one before, not beside, the change.
  await ledger.settle(companyNo)
  return ledger.transact(db, companyNo, async (tx, books) => {
    const done = await work(tx, runIn(tx), books)
    await raiseEpoch(tx, companyNo)
    return done
  })
}

/** Counts what a budget's scope has used in the period of now, and holds. The pool is locked. */
async function countAnew(
  { budgets }: Deps,
  run: Run,
  budget: Budget,
  { now, uses }: Books,
): Promise<void> {
  const { companyNo, scope } = budget
  if (!(await store.isKnown(run, companyNo, scope))) {
    throw unprocessable('scope.id', `there is no ${scope.type} ${JSON.stringify(scope.id)}`)
  }
  const calendar = (await store.readCalendars(run, [companyNo])).get(companyNo)!
  const told = budget.told
  budget.periodStart = Number.NaN
  await turn(budgets, run, budget, periodAt(budget.period, now, calendar), calendar)
  budget.told = told
  // What fell due in this very change is not written yet.
  const unwritten = uses.filter((use) => scopeKeysOf(use.attribution).includes(scopeKey(scope)))
  budget.held = unwritten.reduce(
    (total, use) => total + use.held,
    await store.readHeld(run, companyNo, scope),
  )
}

async function tellLooser(
  { budgets }: Deps,
  run: Run,
  { companyNo, id, scope }: Budget,
  at: Moment,
): Promise<void> {
  await budgets.emit(run, companyNo, { kind: 'budget-loosened', budgetId: id, scope, at })
}

async function budgetOf(run: Run, companyNo: CompanyNo, id: string): Promise<Budget> {
  const found = await store.readBudget(run, companyNo, id)
  if (!found) throw notFound('budget', id)
  return found
}

/** What the audit trail keeps of a budget. */
function said({ scope, period, credits }: Budget) {
  return { scope, period, microCredits: String(credits) }
}
