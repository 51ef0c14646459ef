import type { CompanyNo } from '../kit/caller.ts'
import type { Clock } from './clock.ts'
import type { Tx } from './database.ts'

/** A company's time: where its test clock stands, or the real time of a company that has none. */
export async function companyTime(tx: Tx, companyNo: CompanyNo, clock: Clock): Promise<Date> {
  const pool = await tx
    .selectFrom('pool')
    .select('clock')
    .where('companyId', '=', companyNo)
    .executeTakeFirst()
  return pool?.clock ?? clock.now()
}
