import { recordAudit } from '../../companies/service/audit.ts'
import { type Caller, requireScope } from '../../kit/caller.ts'
import { pageOf, readCursor } from '../../kit/cursor.ts'
import { notFound, Problem } from '../../kit/problem.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Tx } from '../../platform/database.ts'
import type { Changed } from '../changes.ts'
import type { Conversations } from '../deps.ts'
import type { Content, Item, ItemType } from '../items.ts'
import type { ItemQuery } from '../selection.ts'
import type { CallChanges, EmailChanges, NewCall, NewEmail } from '../shapes.ts'
import { deleteItems, readContents, readItemsWhere } from '../store/items.ts'
import { all, behind, fitting, visibleTo } from '../store/selection.ts'
import { type Put, putItems } from './put-items.ts'

/** Puts a call in; with the id of one that is there, changes its data and nothing that was made of it. */
export function putCall(deps: Conversations, caller: Caller, asked: NewCall): Promise<Changed> {
  return putOne(deps, caller, { type: 'call', id: asked.id, history: asked.history, asked })
}

/** Puts an email in; with an id or message id that is there, changes its data and nothing that was made of it. */
export function putEmail(deps: Conversations, caller: Caller, asked: NewEmail): Promise<Changed> {
  return putOne(deps, caller, { type: 'email', id: asked.id, history: asked.history, asked })
}

/** Changes a call or email; what is left out stays. */
export async function changeItem(
  deps: Conversations,
  caller: Caller,
  id: string,
  change: { type: 'call'; asked: CallChanges } | { type: 'email'; asked: EmailChanges },
): Promise<Found> {
  return deps.db.company(caller.companyNo, async (tx) => {
    await findItem(tx, caller, change.type, id)
    const [outcome] = await putItems(deps, tx, caller.companyNo, [{ id, ...change }])
    if (outcome instanceof Problem) throw outcome
    // Fields are named, not quoted: content must be erasable, the trail is not.
    const after = { fields: Object.keys(change.asked) }
    await recordAudit(tx, caller, `${change.type}.change`, { type: change.type, id }, null, after)
    return findItem(tx, caller, change.type, id)
  })
}

export interface Found {
  item: Item
  content: Content | undefined
}

/** A call or email that the caller may see, with its content. */
export function readItem(
  deps: Pick<Conversations, 'db'>,
  caller: Caller,
  type: ItemType,
  id: string,
): Promise<Found> {
  return deps.db.snapshot(caller.companyNo, (tx) => findItem(tx, caller, type, id))
}

/** Calls or emails that the caller may see, newest first, without content. */
export async function listItems(
  { db }: Pick<Conversations, 'db'>,
  caller: Caller,
  query: ItemQuery,
  page: { limit: number; cursor?: string | undefined },
): Promise<{ data: Item[]; nextCursor: string | null }> {
  const [occurredAt, no] = readCursor(page.cursor, 'time', 'bigint') ?? []
  const where = all([
    fitting(caller.companyNo, query),
    visibleTo(caller),
    occurredAt && no !== undefined ? behind('newest', { occurredAt, no }) : undefined,
  ])
  const rows = await db.snapshot(caller.companyNo, (tx) =>
    readItemsWhere(tx, where, 'newest', page.limit + 1),
  )
  return pageOf(rows, page.limit, (item) => [item.occurredAt, item.no])
}

/**
 * Takes a call or email out, with its content and what was made of it. Its id may be put in again; it
 * then keeps its number, so that nobody processes or charges it twice.
 */
export async function deleteItem(
  deps: Conversations,
  caller: Caller,
  type: ItemType,
  id: string,
): Promise<void> {
  await deps.db.company(caller.companyNo, async (tx) => {
    const { item } = await findItem(tx, caller, type, id)
    await deleteItems(
      tx,
      caller.companyNo,
      [item],
      await companyTime(tx, caller.companyNo, deps.clock),
    )
    const removed = { as: 'deleted' as const, items: [{ no: item.no, type, id }] }
    for (const told of deps.erasures) await told(tx, caller.companyNo, removed)
    await recordAudit(tx, caller, `${type}.delete`, { type, id }, null, null)
  })
}

async function putOne(deps: Conversations, caller: Caller, put: Put): Promise<Changed> {
  requireScope(caller, 'data:write')
  return deps.db.company(caller.companyNo, async (tx) => {
    const [outcome] = await putItems(deps, tx, caller.companyNo, [put])
    if (outcome instanceof Problem) throw outcome
    const { item, created } = outcome!
    const action = `${put.type}.${created ? 'put' : 'change'}`
    await recordAudit(tx, caller, action, { type: put.type, id: item.id }, null, null)
    return outcome!
  })
}

async function findItem(tx: Tx, caller: Caller, type: ItemType, id: string): Promise<Found> {
  const { companyNo } = caller
  const where = all([fitting(companyNo, { ids: [{ type, id }] }), visibleTo(caller)])
  const [item] = await readItemsWhere(tx, where, 'newest', 1)
  if (!item) throw notFound(type, id)
  const contents = await readContents(tx, companyNo, [item.no])
  return { item, content: contents.get(item.no) }
}
