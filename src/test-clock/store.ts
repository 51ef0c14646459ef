import type { CompanyNo } from '../kit/caller.ts'
import type { Tx } from '../platform/database.ts'

/** Where the clock stands; undefined for a company in real time. Nobody moves it until the commit. */
export async function lockClock(tx: Tx, companyNo: CompanyNo): Promise<Date | null | undefined> {
  const pool = await tx
    .selectFrom('pool')
    .select('clock')
    .where('companyId', '=', companyNo)
    .forUpdate()
    .executeTakeFirst()
  return pool?.clock
}

/** Where the clock stands, and when the pool falls due next. */
export async function readClock(
  tx: Tx,
  companyNo: CompanyNo,
): Promise<{ clock: Date | null; due: Date | null }> {
  const pool = await tx
    .selectFrom('pool')
    .select(['clock', 'nextDueAt'])
    .where('companyId', '=', companyNo)
    .executeTakeFirstOrThrow()
  return { clock: pool.clock, due: pool.nextDueAt }
}

/** Moves the clock on, never back; whoever remembers the pool finds out by its stamp. */
export async function moveClock(
  tx: Tx,
  companyNo: CompanyNo,
  to: Date,
  stamp: bigint,
): Promise<void> {
  await tx
    .updateTable('pool')
    .set({ clock: to, stamp })
    .where('companyId', '=', companyNo)
    .where('clock', '<', to)
    .execute()
}
