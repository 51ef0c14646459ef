import type { Condition, ItemQuery } from '../../conversations/selection.ts'
import { matching, visibleTo } from '../../conversations/service/read-items.ts'
import { type Caller, type CompanyNo, requireScope } from '../../kit/caller.ts'
import { pageOf, readCursor } from '../../kit/cursor.ts'
import { notFound } from '../../kit/problem.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Tx } from '../../platform/database.ts'
import { dataAsOf, staleOf } from '../../trackers/currency.ts'
import { currencyOf } from '../../trackers/service/currency.ts'
import type { Use } from '../../trackers/service/deps.ts'
import * as store from '../store.ts'
import { queryOf, type Stream, type StreamFilter, type StreamView, trackersIn } from '../stream.ts'
import type { StreamDeps } from './deps.ts'

type Deps = Pick<StreamDeps, 'db' | 'clock'>

export async function readStream(deps: Deps, caller: Caller, id: string): Promise<StreamView> {
  requireScope(caller, 'trackers:read')
  return deps.db.snapshot(caller.companyNo, async (tx) => {
    const [view] = await viewsOf(deps, tx, caller.companyNo, [await find(tx, caller.companyNo, id)])
    return view!
  })
}

/** Streams, newest first. */
export async function listStreams(
  deps: Deps,
  caller: Caller,
  page: { limit: number; cursor?: string | undefined },
): Promise<{ data: StreamView[]; nextCursor: string | null }> {
  requireScope(caller, 'trackers:read')
  const after = readCursor(page.cursor, 'time', 'text')
  return deps.db.snapshot(caller.companyNo, async (tx) => {
    const streams = await store.readStreams(tx, caller.companyNo, after, page.limit + 1)
    const shown = pageOf(streams, page.limit, (stream) => [stream.createdAt, stream.id])
    return { ...shown, data: await viewsOf(deps, tx, caller.companyNo, shown.data) }
  })
}

/** What of a stream the caller may see, newest first by the items' own dates. Free, always. */
export async function listEntries(
  deps: Deps,
  caller: Caller,
  id: string,
  page: { limit: number; cursor?: string | undefined },
): Promise<{ data: store.EntryRow[]; nextCursor: string | null; view: StreamView }> {
  requireScope(caller, 'trackers:read')
  const { companyNo } = caller
  const [at, no] = readCursor(page.cursor, 'time', 'bigint') ?? []
  const before = at && no !== undefined ? { at, no } : undefined
  return deps.db.snapshot(companyNo, async (tx) => {
    const stream = await find(tx, companyNo, id)
    const { query, where } = selectionOf(companyNo, stream.filter)
    const conditions = [matching(companyNo, query), visibleTo(caller), ...(where ? [where] : [])]
    const limit = page.limit + 1
    const rows = await store.readEntries(tx, companyNo, stream, conditions, before, limit)
    const [view] = await viewsOf(deps, tx, companyNo, [stream])
    return { ...pageOf(rows, page.limit, (row) => [row.date, row.no]), view: view! }
  })
}

/** The items a filter takes: a query, and a condition on `item` where trackers are among it. */
export interface Selection {
  query: ItemQuery
  where: Condition | undefined
}

export function selectionOf(companyNo: CompanyNo, filter: StreamFilter): Selection {
  return { query: queryOf(filter), where: store.hitBy(companyNo, trackersIn(filter)) }
}

/** The items in a stream, for whoever reads more of them than their names. */
export async function streamSelection(
  tx: Tx,
  companyNo: CompanyNo,
  id: string,
): Promise<Selection & { name: string }> {
  const stream = await find(tx, companyNo, id)
  return { ...selectionOf(companyNo, stream.filter), name: stream.name }
}

/** The streams that a tracker feeds, which keep it from being deleted. */
export async function streamsUsing(
  tx: Tx,
  companyNo: CompanyNo,
  trackerId: string,
): Promise<Use[]> {
  const streams = await store.readUsing(tx, companyNo, trackerId)
  return streams.map(({ id, name }) => ({ type: 'stream', id, name }))
}

/** The members who follow a stream that a tracker feeds: they are told when it stops. */
export function followersOf(tx: Tx, companyNo: CompanyNo, trackerId: string): Promise<string[]> {
  return store.readFollowersOf(tx, companyNo, trackerId)
}

async function find(tx: Tx, companyNo: CompanyNo, id: string): Promise<Stream> {
  const stream = await store.readStream(tx, companyNo, id)
  if (!stream) throw notFound('stream', id)
  return stream
}

async function viewsOf(
  deps: Deps,
  tx: Tx,
  companyNo: CompanyNo,
  streams: readonly Stream[],
): Promise<StreamView[]> {
  const now = await companyTime(tx, companyNo, deps.clock)
  const ids = [...new Set(streams.flatMap(({ filter }) => trackersIn(filter)))]
  const currencies = await currencyOf(deps, tx, companyNo, ids)
  const followers = await store.readFollowers(
    tx,
    companyNo,
    streams.map(({ id }) => id),
  )
  return streams.map((stream) => {
    const wanted = trackersIn(stream.filter)
    const trackers = currencies.filter(({ trackerId }) => wanted.includes(trackerId))
    return {
      stream,
      followers: followers.get(stream.id) ?? [],
      dataAsOf: dataAsOf(trackers, now),
      stale: staleOf(trackers),
      trackers,
    }
  })
}
