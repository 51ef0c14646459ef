import type { ArrivalListener } from '../../conversations/deps.ts'
import type { Item } from '../../conversations/items.ts'
import { readItems } from '../../conversations/service/read-items.ts'
import type { Caller, CompanyNo } from '../../kit/caller.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Tx } from '../../platform/database.ts'
import { type Run, runIn } from '../../platform/run.ts'
import type { TrackerEvent } from '../../trackers/service/deps.ts'
import * as store from '../store.ts'
import type { Stream } from '../stream.ts'
import type { StreamDeps } from './deps.ts'
import { selectionOf } from './read.ts'

/** Looks for followed streams that arrivals joined, once their commit is done. */
export function streamsOnArrival(): ArrivalListener {
  return (tx, companyNo, items) =>
    store.enqueueEntries(
      runIn(tx),
      companyNo,
      items.map(({ no }) => no),
      false,
    )
}

/** Looks for followed streams that items joined because a tracker found something in them. */
export async function streamsOnTracker(
  run: Run,
  companyNo: CompanyNo,
  event: TrackerEvent,
): Promise<void> {
  if (event.kind !== 'tracker-found') return
  const { hits } = event
  const nosOf = (backfilled: boolean) => {
    const ofKind = hits.filter(({ fromBackfill }) => fromBackfill === backfilled)
    return [...new Set(ofKind.map(({ itemNo }) => itemNo))]
  }
  await Promise.all(
    [false, true]
      .map((backfilled) => ({ backfilled, nos: nosOf(backfilled) }))
      .filter(({ nos }) => nos.length > 0)
      .map(({ backfilled, nos }) => store.enqueueEntries(run, companyNo, nos, backfilled)),
  )
}

/**
 * Tells the followers of the streams that an item is in now, each stream once. What a backfill brought
 * is told only where that is asked for; nobody is told of an item that they may not see.
 */
export async function tellFollowers(
  deps: StreamDeps,
  companyNo: CompanyNo,
  itemNo: bigint,
  backfilled: boolean,
): Promise<void> {
  await deps.db.company(companyNo, async (tx) => {
    const followed = await store.readFollowed(tx, companyNo)
    const asked = followed.filter((stream) => !backfilled || stream.notifyBackfilled)
    for (const stream of asked) await tellOf(deps, tx, companyNo, stream, itemNo)
  })
}

async function tellOf(
  deps: StreamDeps,
  tx: Tx,
  companyNo: CompanyNo,
  stream: Stream,
  itemNo: bigint,
): Promise<void> {
  const item = await findIn(tx, companyNo, stream, itemNo)
  if (!item) return
  const at = await companyTime(tx, companyNo, deps.clock)
  if (!(await store.insertTold(tx, companyNo, stream.id, itemNo, at))) return
  const followers = await store.readFollowers(tx, companyNo, [stream.id])
  const memberIds: string[] = []
  for (const memberId of followers.get(stream.id) ?? []) {
    if (await findIn(tx, companyNo, stream, itemNo, asMember(companyNo, memberId))) {
      memberIds.push(memberId)
    }
  }
  if (memberIds.length === 0) return
  const { type, id, title, occurredAt: date } = item
  await deps.notify(tx, companyNo, {
    streamId: stream.id,
    streamName: stream.name,
    item: { type, id, title, date },
    memberIds,
  })
}

async function findIn(
  tx: Tx,
  companyNo: CompanyNo,
  { filter }: Stream,
  itemNo: bigint,
  visibleTo?: Caller,
): Promise<Item | undefined> {
  const { query, where } = selectionOf(companyNo, filter)
  const [item] = await readItems(
    tx,
    companyNo,
    { ...query, nos: [itemNo] },
    { limit: 1, where, visibleTo },
  )
  return item
}

/** Somebody who looks with a member's eyes, and may do nothing. */
function asMember(companyNo: CompanyNo, memberId: string): Caller {
  return { kind: 'session', companyNo, companyId: '', scopes: [], memberId }
}
