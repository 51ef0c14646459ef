import { z } from 'zod'
import { chargeIdOf } from '../../charges/charge.ts'
import { itemTypes } from '../../conversations/items.ts'
import { toJson } from '../../kit/credits.ts'
import { credits, id, text, time, timeOut } from '../../platform/shapes.ts'
import type { Evidence } from '../reading.ts'
import type { FailureRow, ResultRow } from '../result.ts'
import type { BackfillView, TrackerView } from '../service/read.ts'
import { kinds } from '../tracker.ts'

const ids = z.array(id).min(1).max(1000)
const few = <T extends z.ZodType>(one: T) => z.union([one, z.array(one).min(1)])

export const Part = z
  .strictObject({
    from: z.enum(['start', 'end']),
    amount: z.number().positive().max(1_000_000),
    unit: z.enum(['minutes', 'percent']),
  })
  .refine(({ amount, unit }) => unit === 'minutes' || amount <= 100, {
    path: ['amount'],
    error: 'must be at most 100 percent',
  })

export const Filters = z.strictObject({
  direction: few(z.enum(['inbound', 'outbound', 'conference', 'unknown'])).optional(),
  scope: few(z.enum(['internal', 'external', 'unknown'])).optional(),
  minDurationSeconds: z.number().min(0).optional(),
  maxDurationSeconds: z.number().min(0).optional(),
  memberIds: ids.optional(),
  teamIds: ids.optional(),
  accountIds: ids.optional(),
  folders: z.array(text(200)).min(1).max(100).optional(),
  labels: z.array(text(200)).min(1).max(100).optional(),
})

export const ItemTypes = z
  .array(z.enum(itemTypes))
  .min(1)
  .max(2)
  .transform((types) => [...new Set(types)].sort())

const common = {
  itemTypes: ItemTypes,
  side: z.enum(['company', 'customer', 'anyone']),
  part: Part.nullable(),
  filters: Filters,
  teamId: id.nullable(),
}
const optional = {
  itemTypes: common.itemTypes.optional(),
  side: common.side.optional(),
  part: common.part.optional(),
  filters: common.filters.optional(),
  teamId: id.optional(),
}
const question = text(2000)
const instructions = text(10_000)
const keywords = z.array(text(200)).min(1).max(200)

export const NewTracker = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('question'),
    name: text(200),
    question,
    instructions: instructions.optional(),
    ...optional,
  }),
  z.strictObject({ kind: z.literal('keyword'), name: text(200), keywords, ...optional }),
  z.strictObject({
    kind: z.literal('pretrained'),
    name: text(200).optional(),
    pretrainedId: id,
    ...optional,
  }),
])

export const TrackerChange = z
  .strictObject({
    name: text(200),
    question,
    instructions: instructions.nullable(),
    keywords,
    ...common,
  })
  .partial()

export const Range = z
  .strictObject({ from: time, to: time })
  .refine(({ from, to }) => from < to, { path: ['to'], error: 'must lie after from' })

export const TrackerOut = z
  .object({
    id: z.string(),
    kind: z.enum(kinds),
    name: z.string(),
    version: z.number().int(),
    question: z.string().nullable(),
    instructions: z.string().nullable(),
    itemTypes: z.array(z.enum(itemTypes)),
    side: common.side,
    part: z.object({ from: z.string(), amount: z.number(), unit: z.string() }).nullable(),
    filters: z.looseObject({}),
    keywords: z.array(z.string()),
    pretrainedId: z.string().nullable(),
    teamId: z.string().nullable(),
    createdBy: z.string().nullable(),
    createdAt: timeOut,
    status: z.enum(['draft', 'published', 'out_of_credits', 'over_budget', 'unpublished']),
    statusSince: timeOut,
    waitingFor: z.enum(['held']).nullable(),
    pending: z.number().int(),
    missed: z.object({
      callsShort: z.number().int(),
      callsLong: z.number().int(),
      emails: z.number().int(),
      credits,
    }),
    upToDateUntil: timeOut,
    usedBy: z.array(z.object({ type: z.string(), id: z.string(), name: z.string() })),
    failed: z.number().int().meta({ description: 'Items that could not be read; see failures.' }),
  })
  .meta({ id: 'Tracker' })

export const BackfillOut = z
  .object({
    id: z.string(),
    trackerId: z.string(),
    version: z.number().int(),
    kind: z.enum(['history', 'missed']),
    from: timeOut.nullable(),
    to: timeOut.nullable(),
    itemTypes: z.array(z.enum(itemTypes)).nullable(),
    status: z.enum(['running', 'done', 'stopped', 'cancelled']),
    total: z.number().int(),
    done: z.number().int(),
    remaining: z.number().int(),
    found: z.number().int(),
    credits,
    estimatedCredits: credits
      .nullable()
      .meta({ description: 'What it was expected to cost when it was started.' }),
    createdAt: timeOut,
    endedAt: timeOut.nullable(),
  })
  .meta({ id: 'Backfill' })

export const Occurrence = z.object({
  turn: z.number().int(),
  startSeconds: z.number().optional(),
  partyId: z.string(),
  quote: z.string(),
})

export const FailureOut = z
  .object({
    itemType: z.enum(itemTypes),
    itemId: z.string(),
    title: z.string(),
    itemAt: timeOut,
    reason: z.enum(['invalid-answer', 'timeout']),
    attempts: z.number().int(),
    at: timeOut,
  })
  .meta({ id: 'TrackerFailure' })

export const ResultOut = z
  .object({
    itemType: z.enum(itemTypes),
    itemId: z.string(),
    title: z.string(),
    itemAt: timeOut,
    found: z.boolean(),
    answer: z.string(),
    occurrences: z.array(Occurrence),
    version: z.number().int(),
    model: z.string(),
    credits,
    chargeId: z.string().nullable(),
    processedAt: timeOut,
  })
  .meta({ id: 'TrackerResult' })

export function presentTracker(view: TrackerView) {
  const { tracker, status, since, waitingFor, pending, missed, upToDateUntil, usedBy, failed } =
    view
  const { id: trackerId, kind, name, version, definition, teamId, createdBy, createdAt } = tracker
  return {
    id: trackerId,
    kind,
    name,
    version,
    ...definition,
    filters: definition.filters as Record<string, unknown>,
    teamId,
    createdBy,
    createdAt: createdAt.toISOString(),
    status,
    statusSince: since.toISOString(),
    waitingFor,
    pending,
    missed: { ...missed, credits: toJson(missed.credits) },
    upToDateUntil: upToDateUntil.toISOString(),
    usedBy,
    failed,
  }
}

export function presentFailure({
  itemType,
  itemId,
  title,
  occurredAt,
  reason,
  attempts,
  at,
}: FailureRow) {
  const itemAt = occurredAt.toISOString()
  return { itemType, itemId, title, itemAt, reason, attempts, at: at.toISOString() }
}

export function presentBackfill({ backfill, progress }: BackfillView) {
  const {
    id: backfillId,
    trackerId,
    version,
    from,
    to,
    arrivedAfter,
    itemTypes: types,
    status,
    total,
  } = backfill
  return {
    id: backfillId,
    trackerId,
    version,
    kind: arrivedAfter === null ? ('history' as const) : ('missed' as const),
    from: from?.toISOString() ?? null,
    to: to?.toISOString() ?? null,
    itemTypes: types,
    status,
    total,
    done: progress.done,
    remaining: status === 'done' || status === 'cancelled' ? 0 : Math.max(0, total - progress.done),
    found: progress.found,
    credits: toJson(progress.credits),
    estimatedCredits: backfill.estimated === null ? null : toJson(backfill.estimated),
    createdAt: backfill.createdAt.toISOString(),
    endedAt: backfill.endedAt?.toISOString() ?? null,
  }
}

export function presentResult(row: ResultRow, companyId: string) {
  const { chargeAt, chargeSeq } = row
  return {
    itemType: row.itemType,
    itemId: row.itemId,
    title: row.title,
    itemAt: row.occurredAt.toISOString(),
    found: row.found,
    answer: row.answer,
    occurrences: row.occurrences as Evidence[],
    version: row.version,
    model: row.model,
    credits: toJson(row.credits),
    chargeId: chargeAt && chargeSeq !== null ? chargeIdOf(companyId, chargeAt, chargeSeq) : null,
    processedAt: row.processedAt.toISOString(),
  }
}
