import type { ErasureListener } from '../../conversations/deps.ts'
import { addDays, dayOf, startOfDay } from '../../kit/calendar.ts'
import type { Clock } from '../../platform/clock.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Database } from '../../platform/database.ts'
import { enqueue } from '../../platform/queue.ts'
import * as store from '../store.ts'
import { KEPT_DAYS } from './keyed.ts'

/**
 * Takes away what was answered from calls and emails that are taken out, and looks once more when that
 * has committed: an answer that was being kept at the same moment is found then.
 */
export function answersOnErasure({ clock }: { clock: Clock }): ErasureListener {
  return async (tx, companyNo, { items }) => {
    if (items.length === 0) return
    const nos = items.map(({ no }) => no)
    await store.emptyOf(tx, companyNo, nos, await companyTime(tx, companyNo, clock))
    await enqueue(tx, 'ask.empty-items', { nos: nos.map(String) }, { companyNo })
  }
}

/** Takes away what was answered from some items. */
export async function emptyAnswersOf(
  { db, clock }: { db: Database; clock: Clock },
  companyNo: number,
  nos: readonly bigint[],
): Promise<void> {
  await db.company(companyNo, async (tx) =>
    store.emptyOf(tx, companyNo, nos, await companyTime(tx, companyNo, clock)),
  )
}

/** Takes the content of answers away whose time is over. */
export async function emptyOld(
  { db, clock }: { db: Database; clock: Clock },
  companyNo: number,
): Promise<void> {
  await db.company(companyNo, async (tx) => {
    const now = await companyTime(tx, companyNo, clock)
    const { timezone } = await store.readSettings(tx, companyNo)
    const first = startOfDay(addDays(dayOf(now, timezone), -KEPT_DAYS), timezone)
    await store.emptyBefore(tx, companyNo, first)
  })
}
