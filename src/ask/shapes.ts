import { z } from 'zod'
import { itemTypes } from '../conversations/items.ts'
import { credits, id, text, time, timeOut } from '../platform/shapes.ts'
import { subjectFault } from './ask.ts'
import { faultOf, timePeriods } from './period.ts'

export const Entity = z.strictObject({ type: z.enum(['account', 'deal', 'contact', 'lead']), id })

/** A period, in a request that also says of what. */
export const periodFields = {
  timePeriod: z.enum(timePeriods).optional(),
  from: time.optional().meta({ description: 'Of CUSTOM_RANGE.' }),
  to: time.optional().meta({ description: 'Of CUSTOM_RANGE; not included.' }),
}

/** Refuses a period that cannot be read. */
export function checkPeriod(
  value: Parameters<typeof faultOf>[0],
  context: { addIssue: (issue: { code: 'custom'; path: string[]; message: string }) => void },
): void {
  const message = faultOf(value)
  if (message) context.addIssue({ code: 'custom', path: ['timePeriod'], message })
}

export const Question = z
  .strictObject({
    question: text(2000).refine((value) => value.trim() !== '', { error: 'must have words' }),
    entity: Entity.optional(),
    callIds: z.array(id).min(1).max(1000).optional(),
    emailIds: z.array(id).min(1).max(1000).optional(),
    streamId: id.optional(),
    ...periodFields,
    dryRun: z.boolean().default(false),
  })
  .superRefine(checkPeriod)
  .superRefine((value, context) => {
    const message = subjectFault(value)
    if (message) context.addIssue({ code: 'custom', path: ['entity'], message })
  })

const Finding = z.object({
  id: z.string(),
  title: z.string(),
  at: timeOut,
  url: z.string(),
  quotes: z.array(z.string()),
})

export const findingFields = {
  callFindings: z.array(Finding),
  emailFindings: z.array(Finding),
}

export const BalanceAfter = z.object({
  available: credits,
  held: credits,
  used: credits,
  total: credits,
  usedPercent: z.number(),
  seq: z.number().int(),
})

export const ItemNamed = z.object({
  type: z.enum(itemTypes),
  id: z.string(),
  title: z.string(),
  at: timeOut,
})

export const AnswerOut = z
  .object({
    answer: z.array(z.object({ text: z.string(), ...findingFields })).nullable(),
    callsSearched: z.number().int(),
    emailsSearched: z.number().int(),
    truncated: z.boolean(),
    credits,
    paidCredits: credits.optional().meta({
      description: 'What a key or token would be charged for it; of a dry run only.',
    }),
    balance: BalanceAfter,
    items: z
      .array(ItemNamed)
      .optional()
      .meta({ description: 'What would be read; of a dry run only.' }),
  })
  .meta({ id: 'Answer' })
