import type { ErasureListener } from '../../conversations/deps.ts'
import type { EntityType } from '../../conversations/selection.ts'
import { visibleTo } from '../../conversations/service/read-items.ts'
import { type Caller, type CompanyNo, requireScope } from '../../kit/caller.ts'
import { pageOf, readCursor } from '../../kit/cursor.ts'
import { notFound } from '../../kit/problem.ts'
import type { Database } from '../../platform/database.ts'
import { enqueue } from '../../platform/queue.ts'
import type { GeneratedBrief } from '../brief.ts'
import * as store from '../store.ts'

type Deps = { db: Database }

/** A generated brief; only who may see all that it stands on may read it. */
export async function readGenerated(
  { db }: Deps,
  caller: Caller,
  briefId: string,
  id: string,
): Promise<GeneratedBrief> {
  requireScope(caller, 'ai:brief')
  const [made] = await db.snapshot(caller.companyNo, (tx) =>
    store.readGenerated(tx, caller.companyNo, {
      ...{ briefId, id, limit: 1 },
      visible: visibleTo(caller),
    }),
  )
  if (!made) throw notFound('generated brief', id)
  return made
}

/** What was generated from a template, newest first, as far as the caller may see what it stands on. */
export async function listGenerated(
  { db }: Deps,
  caller: Caller,
  briefId: string,
  entity: { type: EntityType; id: string } | undefined,
  page: { limit: number; cursor?: string | undefined },
): Promise<{ data: GeneratedBrief[]; nextCursor: string | null }> {
  requireScope(caller, 'ai:brief')
  const [at, last] = readCursor(page.cursor, 'time', 'text') ?? []
  const before = at && last !== undefined ? { at, id: last } : undefined
  const { companyNo } = caller
  const rows = await db.snapshot(companyNo, async (tx) => {
    if (!(await store.readBrief(tx, companyNo, briefId))) throw notFound('brief', briefId)
    const limit = page.limit + 1
    const visible = visibleTo(caller)
    return store.readGenerated(tx, companyNo, { briefId, entity, before, limit, visible })
  })
  return pageOf(rows, page.limit, (made) => [made.createdAt, made.id])
}

/** Which of these members may read a generated brief: those who may see all that it stands on. */
export async function readersOf(
  { db }: Deps,
  companyNo: CompanyNo,
  id: string,
  memberIds: readonly string[],
): Promise<string[]> {
  return db.snapshot(companyNo, async (tx) => {
    const readers: string[] = []
    for (const memberId of memberIds) {
      const eyes: Caller = { kind: 'session', companyNo, companyId: '', scopes: [], memberId }
      const filter = { id, limit: 1, visible: visibleTo(eyes) }
      if ((await store.readGenerated(tx, companyNo, filter)).length) readers.push(memberId)
    }
    return readers
  })
}

/**
 * Takes what was drawn from calls and emails that are taken out away from generated briefs, and what was
 * generated about an erased person; and looks once more when that has committed.
 */
export function briefsOnErasure(): ErasureListener {
  return async (tx, companyNo, { items, email }) => {
    if (email !== undefined) await store.deleteAbout(tx, companyNo, email)
    if (items.length === 0) return
    const nos = items.map(({ no }) => no)
    await store.emptyGenerated(tx, companyNo, nos)
    await enqueue(tx, 'brief.empty-items', { nos: nos.map(String) }, { companyNo })
  }
}

/** Takes what was drawn from some items away. */
export async function emptyGeneratedOf(
  { db }: Deps,
  companyNo: CompanyNo,
  nos: readonly bigint[],
): Promise<void> {
  await db.company(companyNo, (tx) => store.emptyGenerated(tx, companyNo, nos))
}
