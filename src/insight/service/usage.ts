import { addDays, dayOf, type Granularity, startOfDay } from '../../kit/calendar.ts'
import { type Caller, requireScope } from '../../kit/caller.ts'
import { Problem, unprocessable } from '../../kit/problem.ts'
import type { Ledger } from '../../ledger/service/ledger.ts'
import { current } from '../../ledger/service/reads.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database.ts'
import { runIn } from '../../platform/run.ts'
import { type Bound, daysOf } from '../range.ts'
import * as store from '../store/usage.ts'
import { AMOUNT, AMOUNT_SHOWN, type Counts, countsOf } from '../usage.ts'

export type Deps = { db: Database; ledger: Ledger; clock: Clock }

export interface UsageQuestion {
  from?: Bound | undefined
  to?: Bound | undefined
  granularity: Granularity
  groupBy?: store.Grouping | undefined
  /** Only what was for these. */
  feature?: string | undefined
  instanceId?: string | undefined
  integrationId?: string | undefined
  memberId?: string | undefined
  teamId?: string | undefined
}

/** What one key used in one day, week or month; refunds are taken off on the day they were made. */
export interface Used extends Counts {
  /** The first instant of it, in the company's zone. */
  start: Date
  key: string | null
  name: string | null
  credits: bigint
  requests: bigint
}

const DEFAULT_DAYS = 90
const ROWS_MAX = 100_000

/**
 * Use by day, week or month, split by a key where asked. Days are whole and the company's; without
 * bounds it is the last 90 of them.
 */
export async function readUsage(deps: Deps, caller: Caller, asked: UsageQuestion): Promise<Used[]> {
  requireScope(caller, 'credits:read')
  return usageOf(deps, caller, asked)
}

/** The same of the signed-in member, or of the one a personal integration acts for. */
export async function readOwnUsage(
  deps: Deps,
  caller: Caller,
  asked: UsageQuestion,
): Promise<Used[]> {
  const { memberId } = caller
  if (memberId === undefined) throw new Problem('forbidden', 'This credential acts for no member.')
  return usageOf(deps, caller, { ...asked, memberId })
}

async function usageOf(deps: Deps, { companyNo }: Caller, asked: UsageQuestion): Promise<Used[]> {
  return current(deps, companyNo, async (tx, _pool, now) => {
    const run = runIn(tx)
    const { timezone } = await store.readCalendar(run, companyNo)
    const tomorrow = addDays(dayOf(new Date(now), timezone), 1)
    const all = { from: addDays(tomorrow, -DEFAULT_DAYS), to: tomorrow }
    const days = daysOf(asked, timezone, all)
    const { granularity, groupBy } = asked
    const rows = await store.readUsage(
      run,
      companyNo,
      days,
      granularity,
      groupBy,
      asked,
      ROWS_MAX + 1,
    )
    if (rows.length > ROWS_MAX) {
      throw unprocessable('from', 'asks for too much at once; take a shorter range or the report')
    }
    const keys = [...new Set(rows.flatMap(({ key }) => (key === null ? [] : [key])))]
    const names = groupBy ? await store.readNames(run, companyNo, groupBy, keys) : new Map()
    return folded(rows).map(({ start, key, quantities, credits, requests }) => ({
      start: startOfDay(start, timezone),
      key: key === AMOUNT && groupBy === 'itemType' ? AMOUNT_SHOWN : key,
      name: (key !== null && names.get(key)) || null,
      ...{ credits, requests },
      ...countsOf(quantities),
    }))
  })
}

interface Folded {
  start: string
  key: string | null
  credits: bigint
  requests: bigint
  quantities: Record<string, bigint>
}

/** Brings the price classes of each stretch and key together. */
function folded(rows: store.UsedOfType[]): Folded[] {
  const all: Folded[] = []
  for (const { start, key, type, quantity, credits, requests } of rows) {
    let last = all.at(-1)
    if (!last || last.start !== start || last.key !== key) {
      last = { start, key, credits: 0n, requests: 0n, quantities: {} }
      all.push(last)
    }
    last.credits += credits
    last.requests += requests
    last.quantities[type] = quantity
  }
  return all
}
