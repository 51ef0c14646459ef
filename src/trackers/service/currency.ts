import { readItems } from '../../conversations/service/read-items.ts'
import type { CompanyNo } from '../../kit/caller.ts'
import type { Clock } from '../../platform/clock.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Tx } from '../../platform/database.ts'
import type { Currency } from '../currency.ts'
import { without } from '../store/results.ts'
import * as store from '../store/trackers.ts'
import { statusOf } from '../tracker.ts'
import { waitingQuery } from './read.ts'

/**
 * The first of some trackers that is not there; the others stay until the end of the transaction, so that
 * what is about to stand on them can be written.
 */
export async function missingOf(
  tx: Tx,
  companyNo: CompanyNo,
  ids: readonly string[],
): Promise<string | undefined> {
  const there = await store.keepTrackers(tx, companyNo, ids)
  return ids.find((id) => !there.includes(id))
}

/** How current some trackers are, in the order asked; one that is not there is left out. */
export async function currencyOf(
  { clock }: { clock: Clock },
  tx: Tx,
  companyNo: CompanyNo,
  ids: readonly string[],
): Promise<Currency[]> {
  const now = await companyTime(tx, companyNo, clock)
  const mark = await store.readPoolMark(tx, companyNo)
  const currencies: Currency[] = []
  for (const id of ids) {
    const tracker = await store.readTracker(tx, companyNo, id)
    if (!tracker) continue
    const { status, since } = statusOf(tracker, mark)
    const [oldest] =
      status === 'published'
        ? await readItems(tx, companyNo, waitingQuery(tracker), {
            order: 'arrival',
            limit: 1,
            where: without(companyNo, id, tracker.version),
          })
        : []
    const upToDateUntil = status === 'published' ? (oldest?.arrivedAt ?? now) : since
    currencies.push({ trackerId: id, name: tracker.name, status, since, upToDateUntil })
  }
  return currencies
}
