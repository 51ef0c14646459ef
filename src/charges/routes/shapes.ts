import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { type Credits, formatCredits, micros, toJson, ZERO } from '../../kit/credits.ts'
import type { LedgerIds } from '../../ledger/ids.ts'
import { type Grant, type Hold, isOver, type Moment } from '../../ledger/pool.ts'
import { amount, credits, id, text, timeOut } from '../../platform/shapes.ts'
import type { Item } from '../../rating/rate-card.ts'

const CallItem = z.strictObject({
  type: z.literal('call'),
  id: id.optional(),
  durationSeconds: z
    .number()
    .min(0)
    .max(31_536_000)
    .meta({ description: 'The length, unrounded: above 600 it is a long call.' }),
})
const OtherItem = z.strictObject({
  type: z
    .string()
    .regex(
      /^(?!call$)[a-z][a-z0-9_]{0,63}$/,
      'must be call, or a type on the rate card in lower case',
    )
    .meta({ description: 'email, or any type on the rate card.' }),
  id: id.optional(),
  quantity: z.number().int().min(1).max(1_000_000_000).optional(),
})

/** What is priced: calls by their length, so many of anything else. */
export const Items = z
  .array(z.union([CallItem, OtherItem]).transform((item) => item as Item))
  .min(1)
  .max(10_000)

export const For = {
  feature: text(100),
  instance: z.strictObject({ id, name: text(300) }).optional(),
  trigger: text(100).optional(),
  memberId: id.optional(),
  teamId: id.optional(),
}

/** The caller's own facts, given back with the charge; at most 8 KB of JSON. */
export const Metadata = z
  .record(z.string(), z.json())
  .refine((value) => JSON.stringify(value).length <= 8192, {
    error: 'must be at most 8 KB of JSON',
  })
  .refine(
    (value) => !JSON.stringify(value).includes('\\u0000') && JSON.stringify(value).isWellFormed(),
    {
      error: 'must be well-formed Unicode without NUL characters',
    },
  )
  .optional()

/** Items to be priced, or an amount: one of the two. */
export const amountShape = { items: Items.optional(), credits: amount.optional() }
export const oneAmount = (value: { items?: unknown; credits?: unknown }) =>
  (value.items === undefined) !== (value.credits === undefined)
export const oneAmountFault = { path: ['credits'], error: 'give either items or credits' }

export const Draws = z.array(z.object({ grantId: z.string(), credits }))
export const Instance = z.object({ id: z.string(), name: z.string() }).nullable()

export const Charge = z
  .object({
    id: z.string(),
    credits,
    draws: Draws,
    balance: z.object({
      available: credits,
      held: credits,
      used: credits,
      total: credits,
      usedPercent: z.number(),
      seq: z.number().int(),
    }),
    thresholdsReached: z.array(z.number().int()),
    createdAt: timeOut,
    feature: z.string(),
    instance: Instance,
    trigger: z.string(),
    integrationId: z.string().nullable(),
    memberId: z.string().nullable(),
    teamId: z.string().nullable(),
    rateCardVersion: z.number().int(),
    holdId: z.string().nullable(),
  })
  .meta({ id: 'Charge' })

export const HoldOut = z
  .object({
    id: z.string(),
    credits,
    captured: credits,
    status: z.enum(['held', 'captured', 'released', 'expired']),
    expiresAt: timeOut,
    createdAt: timeOut,
    endedAt: timeOut.nullable(),
    draws: Draws.meta({ description: 'What is still set aside.' }),
    feature: z.string(),
    instance: Instance,
    trigger: z.string(),
    integrationId: z.string().nullable(),
    memberId: z.string().nullable(),
    teamId: z.string().nullable(),
    metadata: z.json().nullable(),
  })
  .meta({ id: 'Hold' })

export const GrantOut = z
  .object({
    id: z.string(),
    source: z.enum(['default', 'adjustment', 'purchased']),
    credits,
    remaining: credits.meta({ description: 'What is available of it.' }),
    held: credits,
    consumed: credits,
    expired: credits,
    voided: credits,
    status: z.enum(['scheduled', 'usable', 'ended']),
    effectiveAt: timeOut,
    expiresAt: timeOut.nullable(),
    reference: z.string().nullable(),
    reason: z.string().nullable(),
    createdAt: timeOut,
  })
  .meta({ id: 'Grant' })

export function presentHold(hold: Hold, ids: LedgerIds) {
  const { feature, instanceId, instanceName, trigger, integrationId, memberId, teamId } =
    hold.attribution
  return {
    id: ids.hold(hold.id),
    credits: toJson(hold.credits),
    captured: toJson(hold.captured),
    status: hold.status,
    expiresAt: new Date(hold.expiresAt).toISOString(),
    createdAt: new Date(hold.createdAt).toISOString(),
    endedAt: hold.endedAt === null ? null : new Date(hold.endedAt).toISOString(),
    draws: hold.draws.map((draw) => ({
      grantId: ids.grant(draw.grantNo),
      credits: toJson(draw.credits),
    })),
    feature,
    instance: instanceId === null ? null : { id: instanceId, name: instanceName ?? instanceId },
    trigger,
    integrationId,
    memberId,
    teamId,
    metadata: (hold.metadata ?? null) as z.infer<typeof HoldOut>['metadata'],
  }
}

export function presentGrant(grant: Grant, now: Moment, ids: LedgerIds) {
  const over = isOver(grant, now) || grant.voided === grant.amount
  return {
    id: ids.grant(grant.no),
    source: grant.source,
    credits: toJson(grant.amount),
    remaining: toJson(grant.available),
    held: toJson(grant.held),
    consumed: toJson(grant.consumed),
    expired: toJson(grant.expired),
    voided: toJson(grant.voided),
    status: over
      ? ('ended' as const)
      : grant.effectiveAt > now
        ? ('scheduled' as const)
        : ('usable' as const),
    effectiveAt: new Date(grant.effectiveAt).toISOString(),
    expiresAt: grant.expiresAt === null ? null : new Date(grant.expiresAt).toISOString(),
    reference: grant.reference,
    reason: grant.reason,
    createdAt: new Date(grant.createdAt).toISOString(),
  }
}

/** The headers of an answer that costs credits, or of its replay, which costs nothing more. */
export function setCreditHeaders(
  reply: FastifyReply,
  done: { replayed: boolean; charged?: Credits; available?: Credits },
): void {
  if (done.replayed) reply.header('idempotency-replayed', 'true')
  if (done.charged === undefined && !done.replayed) return
  reply.header('x-credits-charged', formatCredits(done.replayed ? ZERO : (done.charged ?? ZERO)))
  if (done.available !== undefined)
    reply.header('x-credits-available', formatCredits(micros(done.available)))
}
