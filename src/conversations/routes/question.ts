import { z } from 'zod'
import { id, page, text, time } from '../../platform/shapes.ts'
import { directions, itemScopes } from '../items.ts'

const ids = id.transform((value) => [value]).optional()
const seconds = z.coerce.number().min(0).max(1e9).optional()

/** The words of a search; at most ten, each anywhere in what is searched. */
export const words = text(200)
  .transform((value) => value.split(/\s+/).filter(Boolean).slice(0, 10))
  .optional()

/** The query of a list of calls or emails. */
export const itemQuestion = z
  .strictObject({
    ...page,
    from: time.optional(),
    to: time.optional().meta({ description: 'Half-open: without this moment.' }),
    accountId: ids,
    dealId: ids,
    memberId: ids,
    teamId: ids,
    contactId: id.optional(),
    leadId: id.optional(),
    minDurationSeconds: seconds.meta({ description: 'Of calls.' }),
    maxDurationSeconds: seconds.meta({ description: 'Of calls.' }),
    q: words.meta({ description: 'Words of the title, or of names and addresses in it.' }),
    direction: z.enum(directions).optional(),
    scope: z.enum(itemScopes).optional(),
  })
  .refine(({ contactId, leadId }) => !contactId || !leadId, {
    path: ['leadId'],
    error: 'does not go with contactId',
  })
  .transform(({ accountId, dealId, memberId, teamId, contactId, leadId, q, ...rest }) => ({
    ...rest,
    entity: contactId
      ? { type: 'contact' as const, id: contactId }
      : leadId
        ? { type: 'lead' as const, id: leadId }
        : undefined,
    words: q,
    accountIds: accountId,
    dealIds: dealId,
    memberIds: memberId,
    teamIds: teamId,
  }))
