import type { Item, Sentence } from '../../conversations/items.ts'
import type { Condition } from '../../conversations/selection.ts'
import { countSeen, readContentsOf, readSeen } from '../../conversations/service/read-items.ts'
import { type Caller, requireScope } from '../../kit/caller.ts'
import { readCursor, writeCursor } from '../../kit/cursor.ts'
import { notFound } from '../../kit/problem.ts'
import type { Tx } from '../../platform/database.ts'
import { idOf, meant, numberIn } from '../ids.ts'
import type { Names } from '../names.ts'
import {
  type Around,
  callOut,
  interactionOut,
  partyOut,
  speakerIdOf,
  transcriptOut,
  type Wishes,
} from '../present.ts'
import { noneFound, PAGE_SIZE, type Records, recordsOf } from '../records.ts'
import * as store from '../store.ts'
import type { GongDeps } from './deps.ts'
import { workspaceOf } from './surroundings.ts'

/** Which calls. */
export interface CallFilter {
  fromDateTime?: Date | undefined
  toDateTime?: Date | undefined
  workspaceId?: string | undefined
  callIds?: string[] | undefined
  primaryUserIds?: string[] | undefined
}

type Deps = Pick<GongDeps, 'db' | 'urlOf'>

/** A page of calls that the caller may see, in the order in which they began. */
export async function listCalls(
  deps: Deps,
  caller: Caller,
  filter: CallFilter,
  cursor: string | undefined,
) {
  return deps.db.snapshot(caller.companyNo, async (tx) => {
    const page = await readPage(deps, tx, caller, filter, cursor)
    return { records: page.records, calls: page.items.map((item) => callOut(item, page.around)) }
  })
}

/** One call, by its alias or its own id. */
export async function readCall(deps: Deps, caller: Caller, id: string) {
  return deps.db.snapshot(caller.companyNo, async (tx) => {
    const nos = await numbersMeant(tx, caller, [id])
    const asked = { order: 'newest' as const, limit: 1 }
    const [item] = await readSeen(tx, caller, { types: ['call'], nos }, asked)
    if (!item) throw notFound('call', id)
    const around = await aroundOf(deps, tx, caller, { callIds: [id] }, [item])
    return callOut(item, around)
  })
}

/** What was said in a page of calls; calls without transcript are left out. */
export async function listTranscripts(
  deps: Deps,
  caller: Caller,
  filter: CallFilter,
  cursor: string | undefined,
) {
  return deps.db.snapshot(caller.companyNo, async (tx) => {
    const page = await readPage(deps, tx, caller, filter, cursor, store.withContent)
    const transcripts = await transcriptsOf(tx, caller, page.items)
    const callTranscripts = page.items.map((item) =>
      transcriptOut(item, transcripts.get(item.no) ?? [], page.around.names),
    )
    return { records: page.records, callTranscripts }
  })
}

/** A page of calls with what was asked for beside their plain facts. What trackers found is free to read. */
export async function listExtensive(
  deps: Deps,
  caller: Caller,
  filter: CallFilter,
  cursor: string | undefined,
  wishes: Wishes,
) {
  if (wishes.trackers) requireScope(caller, 'trackers:read')
  return deps.db.snapshot(caller.companyNo, async (tx) => {
    const { items, around, records } = await readPage(deps, tx, caller, filter, cursor)
    const transcripts = wishes.interaction
      ? await transcriptsOf(tx, caller, items)
      : new Map<bigint, Sentence[]>()
    const contextOf = wishes.context && (await contextsOf(tx, caller, items, wishes.context))
    const trackersOf =
      wishes.trackers && (await trackersIn(tx, caller, items, wishes, around.names))
    const calls = items.map((item) => ({
      metaData: callOut(item, around),
      ...(contextOf ? { context: contextOf(item) } : {}),
      ...(wishes.parties
        ? { parties: item.parties.map((party) => partyOut(item, party, around)) }
        : {}),
      ...(trackersOf ? { content: { trackers: trackersOf(item) } } : {}),
      ...(wishes.interaction
        ? {
            interaction: interactionOut(
              item,
              transcripts.get(item.no) ?? [],
              wishes.interaction,
              around,
            ),
          }
        : {}),
      ...(wishes.comments ? { collaboration: { publicComments: [] } } : {}),
    }))
    return { records, calls }
  })
}

interface Page {
  items: Item[]
  around: Around
  records: Records
}

async function readPage(
  deps: Deps,
  tx: Tx,
  caller: Caller,
  filter: CallFilter,
  cursor: string | undefined,
  also?: Condition,
): Promise<Page> {
  const [number, occurredAt, no] = readCursor(cursor, 'int', 'time', 'bigint') ?? [0]
  const after = occurredAt && no !== undefined ? { occurredAt, no } : undefined
  const query = {
    types: ['call' as const],
    from: filter.fromDateTime,
    to: filter.toDateTime,
    nos: filter.callIds && (await numbersMeant(tx, caller, filter.callIds)),
  }
  const { primaryUserIds: hosts } = filter
  const where = hosts ? await hostedBy(tx, caller, hosts) : also
  const total = await countSeen(tx, caller, query, where)
  const found = { order: 'oldest' as const, after, limit: PAGE_SIZE + 1, where }
  const rows = await readSeen(tx, caller, query, found)
  const items = rows.slice(0, PAGE_SIZE)
  const last = items.at(-1)
  if (!last) throw noneFound('calls')
  const next =
    rows.length > PAGE_SIZE ? writeCursor([number + 1, last.occurredAt, last.no]) : undefined
  return {
    items,
    around: await aroundOf(deps, tx, caller, filter, items),
    records: recordsOf(total, items.length, number, next),
  }
}

async function aroundOf(
  { urlOf }: Deps,
  tx: Tx,
  caller: Caller,
  { workspaceId, callIds = [], primaryUserIds = [] }: CallFilter,
  items: readonly Item[],
): Promise<Around> {
  const named = [...callIds, ...primaryUserIds]
  const workspace = await workspaceOf(tx, caller, { workspaceId, named })
  const emails = items.flatMap(({ parties }) => parties.flatMap(({ email }) => email ?? []))
  const members = await store.membersByEmail(tx, caller.companyNo, [...new Set(emails)])
  return { names: workspace.names, workspaceId: workspace.id, urlOf, members }
}

/** The numbers of the calls that ids stand for; an id that stands for none is left out. */
async function numbersMeant(tx: Tx, caller: Caller, ids: readonly string[]): Promise<bigint[]> {
  const aliased = ids.flatMap((id) => numberIn(id) ?? [])
  const own = await store.numbersOf(tx, caller.companyNo, 'call', ids)
  return [...aliased, ...own.values()]
}

async function hostedBy(tx: Tx, { companyNo }: Caller, asked: readonly string[]) {
  const known = (await store.readUsers(tx, companyNo)).map(({ id }) => id)
  const ids = asked.flatMap((id) => meant('user', id, known) ?? [])
  return store.hostedBy(companyNo, ids)
}

async function transcriptsOf(tx: Tx, { companyNo }: Caller, items: readonly Item[]) {
  const nos = items.map(({ no }) => no)
  const contents = await readContentsOf(tx, companyNo, nos)
  return new Map(
    [...contents].flatMap(([no, content]) =>
      'transcript' in content ? [[no, content.transcript]] : [],
    ),
  )
}

/** The account and the deal of each call, as its CRM names them. */
async function contextsOf(
  tx: Tx,
  { companyNo }: Caller,
  items: readonly Item[],
  depth: 'Basic' | 'Extended',
) {
  const ids = (of: (item: Item) => string | null) => items.flatMap((item) => of(item) ?? [])
  const accounts = ids(({ accountId }) => accountId)
  const deals = ids(({ dealId }) => dealId)
  const objects = await store.readCrmObjects(tx, companyNo, accounts, deals)
  const known = new Map(objects.map((object) => [`${object.type} ${object.id}`, object]))
  return ({ accountId, dealId }: Item) => {
    const linked = [known.get(`account ${accountId}`), known.get(`deal ${dealId}`)]
    const shown = linked.flatMap((object) =>
      object
        ? [
            {
              objectType: object.type === 'deal' ? ('Opportunity' as const) : ('Account' as const),
              objectId: object.externalId ?? object.id,
              fields: depth === 'Extended' ? [{ name: 'Name', value: object.name }] : [],
              timing: 'Now' as const,
            },
          ]
        : [],
    )
    return shown.length ? [{ system: 'Generic', objects: shown }] : []
  }
}

/** What trackers found in each call, those included that found nothing. */
async function trackersIn(
  tx: Tx,
  { companyNo }: Caller,
  items: readonly Item[],
  wishes: Wishes,
  names: Names,
) {
  const nos = items.map(({ no }) => no)
  const byItem = Map.groupBy(await store.readTrackerHits(tx, companyNo, nos), (hit) => hit.itemNo)
  return (item: Item) =>
    (byItem.get(item.no) ?? []).map(({ trackerId, name, kind, occurrences }) => ({
      id: idOf('tracker', trackerId, names),
      name,
      count: occurrences.length,
      type: kind === 'keyword' ? ('KEYWORD' as const) : ('SMART' as const),
      ...(wishes.occurrences
        ? {
            occurrences: occurrences.map(({ startSeconds, partyId }) => ({
              startTime: startSeconds ?? null,
              speakerId: speakerIdOf(item, partyId, names),
            })),
          }
        : {}),
      phrases: [],
    }))
}
