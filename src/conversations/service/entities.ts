import { recordAudit } from '../../companies/service/audit.ts'
import type { Caller, CompanyNo } from '../../kit/caller.ts'
import { pageOf, readCursor } from '../../kit/cursor.ts'
import { notFound, Problem, unprocessable } from '../../kit/problem.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Tx } from '../../platform/database.ts'
import { newId } from '../../platform/ids.ts'
import type { Conversations } from '../deps.ts'
import { changedEntity, type Entity, type EntityChanges } from '../entities.ts'
import type { EntityType } from '../selection.ts'
import { deleteEntity, readEntities, readEntity, writeEntity } from '../store/entities.ts'
import { openIntake } from '../store/items.ts'
import { relink } from './relink.ts'

export type EntityDeps = Pick<Conversations, 'db' | 'clock'>

/** Makes an account, deal, contact or lead; with the id or external id of one that is there, changes it. */
export async function putEntity(
  deps: EntityDeps,
  caller: Caller,
  type: EntityType,
  asked: EntityChanges & { id?: string | undefined },
): Promise<{ entity: Entity; created: boolean }> {
  return deps.db.company(caller.companyNo, (tx) => putEntityIn(deps, tx, caller, type, asked))
}

/** `putEntity` within a transaction. */
export async function putEntityIn(
  deps: Pick<EntityDeps, 'clock'>,
  tx: Tx,
  caller: Caller,
  type: EntityType,
  asked: EntityChanges & { id?: string | undefined },
): Promise<{ entity: Entity; created: boolean }> {
  await openIntake(tx, caller.companyNo)
  const before = await readEntity(tx, caller.companyNo, type, asked.id, asked.externalId)
  const id = asked.id ?? before?.id ?? newId(type)
  const entity = await write(deps, tx, caller, type, id, before, asked)
  return { entity, created: !before }
}

/** Changes an entity; what is left out stays. */
export async function changeEntity(
  deps: EntityDeps,
  caller: Caller,
  type: EntityType,
  id: string,
  asked: EntityChanges,
): Promise<Entity> {
  return deps.db.company(caller.companyNo, async (tx) => {
    await openIntake(tx, caller.companyNo)
    const before = await findEntity(tx, caller.companyNo, type, id)
    return write(deps, tx, caller, type, id, before, asked)
  })
}

/** Deletes an entity. Its calls and emails stay, without it; those the rules had linked are linked anew. */
export async function removeEntity(
  deps: EntityDeps,
  caller: Caller,
  type: EntityType,
  id: string,
): Promise<void> {
  const { companyNo } = caller
  await deps.db.company(companyNo, async (tx) => {
    await openIntake(tx, companyNo)
    const { domains } = await findEntity(tx, companyNo, type, id)
    await deleteEntity(tx, companyNo, type, id)
    await relink(tx, companyNo, domains)
    await recordAudit(tx, caller, `${type}.delete`, { type, id }, null, null)
  })
}

/** One entity; `not-found` when there is none. */
export function readOneEntity(
  { db }: Pick<EntityDeps, 'db'>,
  caller: Caller,
  type: EntityType,
  id: string,
): Promise<Entity> {
  return db.snapshot(caller.companyNo, (tx) => findEntity(tx, caller.companyNo, type, id))
}

/** Entities of a type, newest first. */
export async function listEntities(
  { db }: Pick<EntityDeps, 'db'>,
  caller: Caller,
  type: EntityType,
  filter: {
    accountId?: string | undefined
    externalId?: string | undefined
    email?: string | undefined
    words?: readonly string[] | undefined
  },
  page: { limit: number; cursor?: string | undefined },
): Promise<{ data: Entity[]; nextCursor: string | null }> {
  const [at, id] = readCursor(page.cursor, 'time', 'text') ?? []
  const before = at && id !== undefined ? { at, id } : undefined
  const rows = await db.snapshot(caller.companyNo, (tx) =>
    readEntities(tx, caller.companyNo, type, filter, before, page.limit + 1),
  )
  return pageOf(rows, page.limit, (entity) => [entity.createdAt, entity.id])
}

/** The entity that a CRM names: by external id first, else by id. */
export async function findEntityByCrmId(
  tx: Tx,
  companyNo: CompanyNo,
  type: EntityType,
  crmId: string,
): Promise<Entity | undefined> {
  return (
    (await readEntity(tx, companyNo, type, undefined, crmId)) ??
    (await readEntity(tx, companyNo, type, crmId))
  )
}

async function findEntity(
  tx: Tx,
  companyNo: CompanyNo,
  type: EntityType,
  id: string,
): Promise<Entity> {
  const entity = await readEntity(tx, companyNo, type, id)
  if (!entity) throw notFound(type, id)
  return entity
}

async function write(
  { clock }: Pick<EntityDeps, 'clock'>,
  tx: Tx,
  caller: Caller,
  type: EntityType,
  id: string,
  before: Entity | undefined,
  asked: EntityChanges,
): Promise<Entity> {
  const { companyNo } = caller
  if (asked.accountId && !(await readEntity(tx, companyNo, 'account', asked.accountId))) {
    throw unprocessable('accountId', 'There is no such account.')
  }
  const entity = changedEntity(type, id, before, asked, await companyTime(tx, companyNo, clock))
  if (!(await writeEntity(tx, companyNo, entity))) {
    throw new Problem('conflict', `The externalId belongs to another ${type}.`)
  }
  const domains = new Set(entity.domains).symmetricDifference(new Set(before?.domains))
  await relink(tx, companyNo, [...domains])
  // Fields are named, not quoted: a contact's name and address must be erasable, the trail is not.
  const fields = Object.keys(asked).filter((name) => name !== 'id')
  const action = `${type}.${before ? 'change' : 'create'}`
  await recordAudit(tx, caller, action, { type, id }, null, { fields })
  return entity
}
