import assert from 'node:assert/strict'
import type { CompanyNo } from '../../kit/caller.ts'
import { ZERO } from '../../kit/credits.ts'
import { notFound } from '../../kit/problem.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Tx } from '../../platform/database.ts'
import { runIn } from '../../platform/run.ts'
import { byDrawOrder, type Grant, type Hold, type Moment, type Pool } from '../pool.ts'
import { readInstanceName } from '../store/entries.ts'
import { readGrants, readLiveGrants } from '../store/grants.ts'
import { readHolds } from '../store/holds.ts'
import { readPool } from '../store/pools.ts'
import * as reads from '../store/reads.ts'
import type { Ledger } from './ledger.ts'

type Deps = { db: Database; ledger: Ledger; clock: Clock }

/** A pool at one moment, with its live grants in draw order. */
export interface PoolNow {
  asOf: Date
  pool: Pool
  grants: Grant[]
}

/** The balance right now: what has fallen due meanwhile is done first. */
export async function readPoolNow(deps: Deps, companyNo: CompanyNo): Promise<PoolNow> {
  return current(deps, companyNo, async (tx, pool, now) => ({
    asOf: new Date(Math.max(now, pool.lastAt ?? now)),
    pool,
    grants: (await readLiveGrants(runIn(tx), [companyNo])).map(({ it }) => it).sort(byDrawOrder),
  }))
}

/** Reads in one snapshot in which everything due has been done. */
export async function current<T>(
  { db, ledger, clock }: Deps,
  companyNo: CompanyNo,
  read: (tx: Tx, pool: Pool, now: Moment) => Promise<T>,
): Promise<T> {
  const attempt = () =>
    db.snapshot(companyNo, async (tx) => {
      const pool = await readPool(runIn(tx), companyNo)
      if (!pool) throw notFound('pool', String(companyNo))
      const now = pool.clock ?? clock.now().getTime()
      const isDue = pool.nextDueAt !== null && pool.nextDueAt <= now
      return isDue ? undefined : { it: await read(tx, pool, now) }
    })
  for (let tries = 0; tries < 5; tries++) {
    const done = await attempt()
    if (done) return done.it
    await ledger.settle(companyNo)
  }
  throw new Error('what is due in this pool does not come to an end')
}

/** A page of the ledger's entries. */
export async function listEntries(deps: Deps, companyNo: CompanyNo, filter: reads.EntryFilter) {
  return current(deps, companyNo, (tx) => reads.readEntries(runIn(tx), companyNo, filter))
}

/** One charge with everything written of it; undefined when there is none. */
export async function readCharge(
  { db }: Pick<Deps, 'db'>,
  companyNo: CompanyNo,
  at: Moment,
  seq: number,
) {
  return db.snapshot(companyNo, async (tx) => {
    const [found] = await reads.readCharges(runIn(tx), companyNo, [{ at, seq }])
    return found
  })
}

/**
 * The stretches of time, newest first, in which the newest charges of some attributions are: no more than
 * it takes to find `enough` of them at or before `to`. Told by the usage roll-up, which has a row a day.
 */
export type SpansOfUse = (
  tx: Tx,
  companyNo: CompanyNo,
  asked: { attributions: readonly number[]; from?: Date | undefined; to: Date; enough: number },
) => Promise<reads.Span[]>

const END_OF_TIME = Date.UTC(9999, 11, 31)

/** A page of charges, newest first. */
export async function listCharges(
  { db, spansOfUse }: { db: Database; spansOfUse: SpansOfUse },
  companyNo: CompanyNo,
  filter: reads.ChargeFilter,
) {
  return db.snapshot(companyNo, async (tx) => {
    const run = runIn(tx)
    const attributions = await reads.attributionsOf(run, companyNo, filter)
    return reads.readCharges(run, companyNo, await places(attributions))

    async function places(attributions: number[] | undefined): Promise<reads.ChargePlace[]> {
      if (!attributions) return reads.readChargePlaces(run, companyNo, filter)
      const { from, before, limit: enough } = filter
      const newest = [filter.to && new Date(filter.to.getTime() - 1), before?.at].filter(
        (at) => at !== undefined,
      )
      const to = new Date(Math.min(END_OF_TIME, ...newest.map((at) => at.getTime())))
      const spans = await spansOfUse(tx, companyNo, { attributions, from, to, enough })
      const within = spans.map(({ first, last }) => ({
        first: from && from > first ? from : first,
        last: to < last ? to : last,
      }))
      return reads.readChargePlacesIn(run, companyNo, attributions, within, filter)
    }
  })
}

/** A page of grants, newest first. */
export async function listGrants(
  deps: Deps,
  companyNo: CompanyNo,
  before: number | undefined,
  limit: number,
) {
  return current(deps, companyNo, async (tx, _pool, now) => ({
    now,
    grants: await reads.readGrantPage(runIn(tx), companyNo, before, limit),
  }))
}

/** One grant by its number; throws not-found, naming its public id. */
export async function readGrant(
  deps: Deps,
  companyNo: CompanyNo,
  no: number,
  id: string,
): Promise<{ grant: Grant; now: Moment }> {
  return current(deps, companyNo, async (tx, _pool, now) => {
    const [found] = await readGrants(runIn(tx), [{ companyNo, it: no }])
    if (!found) throw notFound('grant', id)
    return { grant: found.it, now }
  })
}

/** One hold by its number; throws not-found, naming its public id. */
export async function readHold(
  deps: Deps,
  companyNo: CompanyNo,
  no: number,
  id: string,
): Promise<Hold> {
  return current(deps, companyNo, async (tx) => {
    const [found] = await readHolds(runIn(tx), [{ companyNo, it: no }])
    if (!found) throw notFound('hold', id)
    return found.it
  })
}

/** A hold as it was when it was made, for who asks again. */
export async function readHoldAsMade(
  { db }: Pick<Deps, 'db'>,
  companyNo: CompanyNo,
  no: number,
): Promise<Hold> {
  return db.snapshot(companyNo, async (tx) => {
    const [found] = await readHolds(runIn(tx), [{ companyNo, it: no }])
    assert(found, 'a remembered hold is there')
    const draws = await reads.readHoldDraws(runIn(tx), companyNo, found.it)
    return { ...found.it, draws, captured: ZERO, status: 'held', endedAt: null }
  })
}

/** A grant as it was when it was made. */
export async function readGrantAsMade(
  deps: Deps,
  companyNo: CompanyNo,
  no: number,
): Promise<Grant> {
  const { grant } = await readGrant(deps, companyNo, no, String(no))
  const untouched = { held: ZERO, consumed: ZERO, expired: ZERO, voided: ZERO, voidOwed: ZERO }
  const entered = grant.effectiveAt <= grant.createdAt
  return { ...grant, ...untouched, available: grant.amount, entered }
}

/** A page of holds, newest first. */
export async function listHolds(
  deps: Deps,
  companyNo: CompanyNo,
  asked: { status?: Hold['status'] | undefined; before?: bigint | undefined; limit: number },
): Promise<Hold[]> {
  return current(deps, companyNo, async (tx) => {
    const run = runIn(tx)
    const ids = await reads.readHoldIds(run, companyNo, asked.status, asked.before, asked.limit)
    const found = await readHolds(
      run,
      ids.map((it) => ({ companyNo, it })),
    )
    const byId = new Map(found.map(({ it }) => [it.id, it]))
    return ids.map((id) => byId.get(id)!)
  })
}

/** What an instance was called last, in the transaction at hand; undefined when it has no name. */
export async function instanceName(
  tx: Tx,
  companyNo: CompanyNo,
  instanceId: string,
): Promise<string | undefined> {
  return readInstanceName(runIn(tx), companyNo, instanceId)
}
