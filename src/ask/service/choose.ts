import type { Item as ModelItem } from '../../ai/model.ts'
import type { Item, ItemType } from '../../conversations/items.ts'
import type { Condition, ItemQuery } from '../../conversations/selection.ts'
import { readOneEntity } from '../../conversations/service/entities.ts'
import { readContentsOf, readItems } from '../../conversations/service/read-items.ts'
import type { Caller } from '../../kit/caller.ts'
import type { Clock } from '../../platform/clock.ts'
import { companyTime } from '../../platform/company-time.ts'
import { type Database, joined, type Tx } from '../../platform/database.ts'
import { streamSelection } from '../../streams/service/read.ts'
import { readable } from '../../trackers/reading.ts'
import { CALLS_MAX, type Chosen, EMAILS_MAX, newest, type Subject } from '../ask.ts'
import { countsFromActivity, type Range, rangeOf } from '../period.ts'
import { readSettings } from '../store.ts'

type Deps = { db: Database; clock: Clock }

/** What a subject comes to: the items to choose from, and what a model is told of it. */
export interface Scope {
  query: ItemQuery
  where: Condition | undefined
  /** Whose conversations they are, and of when; said to the model as something untrusted. */
  context: string
}

/**
 * Finds what a subject is about: the items of an entity in a period, those that are named, or those of a
 * stream, of which a period may be taken.
 */
export async function scopeOf(
  deps: Deps,
  tx: Tx,
  caller: Caller,
  subject: Subject,
): Promise<Scope> {
  const { companyNo } = caller
  const base = await baseOf(deps, tx, caller, subject)
  const isBounded = subject.entity || subject.timePeriod || subject.from || subject.to
  if (!isBounded) return base
  const { timezone } = await readSettings(tx, companyNo)
  const now = await companyTime(tx, companyNo, deps.clock)
  const [last] =
    subject.timePeriod && countsFromActivity(subject.timePeriod)
      ? await read(tx, caller, base, base.query.types ?? ['call', 'email'], 1)
      : []
  const range = rangeOf(subject, { now, timezone, lastActivity: last?.occurredAt })
  const query = { ...base.query, ...narrower(base.query, range) }
  return { ...base, query, context: `${base.context} ${saidOf(range)}`.trim() }
}

/**
 * Chooses what is read of a scope: the newest calls and emails that the caller may see, that have words
 * and are not private. Everything else is left out before anything is counted or priced.
 */
export async function chooseFrom(
  tx: Tx,
  caller: Caller,
  scope: Scope,
  types: readonly ItemType[] = ['call', 'email'],
): Promise<Chosen> {
  const of = (type: ItemType, most: number) =>
    types.includes(type) ? read(tx, caller, scope, [type], most + 1) : []
  return newest(await of('call', CALLS_MAX), await of('email', EMAILS_MAX))
}

/** The texts of items as a model reads them, and which of the items still had any. */
export async function textsOf(
  { db }: Pick<Deps, 'db'>,
  { companyNo }: Caller,
  items: readonly Item[],
): Promise<{ texts: ModelItem[]; read: Item[] }> {
  const nos = items.map(({ no }) => no)
  const contents = await db.snapshot(companyNo, (tx) => readContentsOf(tx, companyNo, nos))
  const texts: ModelItem[] = []
  const read: Item[] = []
  for (const item of items) {
    const content = contents.get(item.no)
    const text = content && readable(item, content, { side: 'anyone', part: null })
    if (!text) continue
    texts.push(text)
    read.push(item)
  }
  return { texts, read }
}

async function baseOf(deps: Deps, tx: Tx, caller: Caller, subject: Subject): Promise<Scope> {
  const { entity, streamId, callIds = [], emailIds = [] } = subject
  if (entity) {
    const within = { db: joined(deps.db, caller.companyNo, tx) }
    const { name } = await readOneEntity(within, caller, entity.type, entity.id)
    const context = `These are conversations with the ${entity.type} ${JSON.stringify(name)}.`
    return { query: { entity }, where: undefined, context }
  }
  if (streamId !== undefined) {
    const { query, where, name } = await streamSelection(tx, caller.companyNo, streamId)
    return { query, where, context: `These are conversations of ${JSON.stringify(name)}.` }
  }
  const ids = [
    ...callIds.map((id) => ({ type: 'call' as const, id })),
    ...emailIds.map((id) => ({ type: 'email' as const, id })),
  ]
  return { query: { ids }, where: undefined, context: '' }
}

function read(
  tx: Tx,
  caller: Caller,
  { query, where }: Scope,
  types: readonly ItemType[],
  limit: number,
): Promise<Item[]> {
  const wanted = query.types ? types.filter((type) => query.types?.includes(type)) : types
  if (wanted.length === 0) return Promise.resolve([])
  return readItems(
    tx,
    caller.companyNo,
    { ...query, types: wanted, side: query.side ?? 'anyone' },
    // The house itself does what the company set up, and sees all that features may read.
    { order: 'newest', limit, where, visibleTo: caller.kind === 'house' ? undefined : caller },
  )
}

/** Both bounds of two ranges: what lies in either alone is out. */
function narrower(a: Range, b: Range): Range {
  const later = a.from && b.from ? (a.from > b.from ? a.from : b.from) : (a.from ?? b.from)
  const earlier = a.to && b.to ? (a.to < b.to ? a.to : b.to) : (a.to ?? b.to)
  return { from: later, to: earlier }
}

function saidOf({ from, to }: Range): string {
  const parts = [from && `from ${from.toISOString()}`, to && `to ${to.toISOString()}`]
  const said = parts.filter(Boolean).join(' ')
  return said && `They took place ${said}.`
}
