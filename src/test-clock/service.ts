import assert from 'node:assert/strict'
import { type Caller, type CompanyNo, requireScope } from '../kit/caller.ts'
import { Problem } from '../kit/problem.ts'
import type { Ledger } from '../ledger/service/ledger.ts'
import { newStamp } from '../ledger/service/write.ts'
import type { Database } from '../platform/database.ts'
import type { Queue } from '../platform/queue.ts'
import * as store from './store.ts'

type Deps = { db: Database; ledger: Ledger; queue: Queue }

/**
 * Moves a company's test clock to a moment, stopping at every moment in between at which something falls
 * due: grants expire and begin, contract years turn, holds run out, schedules come up, and the work each
 * of them causes is done before the clock goes on. Told the present moment, it does the work that waits.
 */
export async function advance(
  { db, ledger, queue }: Deps,
  caller: Caller,
  to: Date,
): Promise<Date> {
  requireScope(caller, 'admin')
  const { companyNo } = caller
  await db.company(companyNo, async (tx) => {
    const clock = await store.lockClock(tx, companyNo)
    if (!clock)
      throw new Problem('invalid-state', 'This company lives in real time; it has no test clock.')
    if (to < clock)
      throw new Problem('conflict', `Time never goes back: it is ${clock.toISOString()}.`)
  })
  for (;;) {
    const { clock } = await readClock(db, companyNo)
    await settleWork({ ledger, queue }, companyNo, clock)
    if (clock >= to) return clock
    const { due } = await readClock(db, companyNo)
    const next = earliest([due, await queue.nextDueAt(companyNo)], clock, to)
    await db.company(companyNo, (tx) => store.moveClock(tx, companyNo, next, newStamp()))
  }
}

async function readClock(
  db: Database,
  companyNo: CompanyNo,
): Promise<{ clock: Date; due: Date | null }> {
  return db.snapshot(companyNo, async (tx) => {
    const { clock, due } = await store.readClock(tx, companyNo)
    assert(clock, 'a test clock stays')
    return { clock, due }
  })
}

/** The earliest of some moments that lies after one and not past another; the other when there is none. */
function earliest(moments: (Date | null | undefined)[], after: Date, last: Date): Date {
  const ahead = moments.filter((at) => at && at > after && at < last) as Date[]
  return ahead.reduce((least, at) => (at < least ? at : least), last)
}

/** Everything that is due where the clock stands: the pool's own first, then the jobs it causes. */
async function settleWork(
  { ledger, queue }: Pick<Deps, 'ledger' | 'queue'>,
  companyNo: CompanyNo,
  until: Date,
): Promise<void> {
  await ledger.settle(companyNo)
  await queue.drain(companyNo, until)
}
