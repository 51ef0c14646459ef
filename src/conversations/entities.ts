import { z } from 'zod'
import { id, text, timeOut } from '../platform/shapes.ts'
import type { EntityType } from './selection.ts'
import { address } from './shapes.ts'

/** An account, deal, contact or lead. What its type does not have is null or empty. */
export interface Entity {
  type: EntityType
  id: string
  /** The CRM's own id; belongs to one entity of its type. */
  externalId: string | null
  name: string
  email: string | null
  accountId: string | null
  status: 'open' | 'won' | 'lost' | null
  domains: string[]
  createdAt: Date
  updatedAt: Date
}

const externalId = text(200).nullish().meta({ description: "The CRM's own id." })

const domain = text(253)
  .regex(/^[^\s@.]+(\.[^\s@.]+)+$/, { error: 'must be a domain, as example.com' })
  .transform((value) => value.toLowerCase())

const accountId = id.nullish()
const common = { externalId, name: text(500) }

/** What each type of entity is made of. */
export const entityFields = {
  account: { ...common, domains: z.array(domain).max(1_000).optional() },
  deal: {
    ...common,
    accountId,
    status: z
      .enum(['open', 'won', 'lost'])
      .optional()
      .meta({ description: '`open` unless given.' }),
  },
  contact: { ...common, email: address.nullish(), accountId },
  lead: { ...common, email: address.nullish() },
} satisfies Record<EntityType, Record<string, z.ZodType>>

const own = { id: z.string(), externalId: z.string().nullable(), name: z.string() }
const times = { createdAt: timeOut, updatedAt: timeOut }

/** What each type of entity looks like in an answer. */
export const entityOut = {
  account: z.object({ ...own, domains: z.array(z.string()), ...times }).meta({ id: 'Account' }),
  deal: z
    .object({
      ...own,
      accountId: z.string().nullable(),
      status: z.enum(['open', 'won', 'lost']),
      ...times,
    })
    .meta({ id: 'Deal' }),
  contact: z
    .object({
      ...own,
      email: z.string().nullable(),
      accountId: z.string().nullable(),
      ...times,
    })
    .meta({ id: 'Contact' }),
  lead: z.object({ ...own, email: z.string().nullable(), ...times }).meta({ id: 'Lead' }),
} satisfies Record<EntityType, z.ZodType>

/** A new entity: with the id or external id of one that is there, that one is changed. */
export function newEntity<Type extends EntityType>(type: Type) {
  return z.strictObject({ id: id.optional(), ...entityFields[type] })
}

/** Changes of an entity: what is left out stays. */
export function entityChanges<Type extends EntityType>(type: Type) {
  return z.strictObject(entityFields[type]).partial()
}

/** What an entity is made or changed with, whatever its type. */
export interface EntityChanges {
  externalId?: string | null | undefined
  name?: string | undefined
  email?: string | null | undefined
  accountId?: string | null | undefined
  status?: 'open' | 'won' | 'lost' | undefined
  domains?: string[] | undefined
}

/** An entity after changes; new when there was none. */
export function changedEntity(
  type: EntityType,
  id: string,
  before: Entity | undefined,
  asked: EntityChanges,
  now: Date,
): Entity {
  const keep = <Value>(given: Value | undefined, was: Value | undefined, none: Value): Value =>
    given === undefined ? (was ?? none) : given
  return {
    type,
    id,
    externalId: keep(asked.externalId, before?.externalId, null),
    name: keep(asked.name, before?.name, ''),
    email: keep(asked.email, before?.email, null),
    accountId: keep(asked.accountId, before?.accountId, null),
    status:
      type === 'deal' ? keep(asked.status ?? undefined, before?.status ?? undefined, 'open') : null,
    domains: [...new Set(keep(asked.domains, before?.domains, []))],
    createdAt: before?.createdAt ?? now,
    updatedAt: now,
  }
}

/** The members of an entity that an answer shows. */
export function presentEntity({ type, ...entity }: Entity) {
  const times = {
    createdAt: entity.createdAt.toISOString(),
    updatedAt: entity.updatedAt.toISOString(),
  }
  const { id, externalId, name, email, accountId, status, domains } = entity
  const own = { id, externalId, name }
  if (type === 'account') return { ...own, domains, ...times }
  if (type === 'deal') return { ...own, accountId, status: status ?? ('open' as const), ...times }
  if (type === 'contact') return { ...own, email, accountId, ...times }
  return { ...own, email, ...times }
}
