import { z } from 'zod'
import { id, page, time } from '../../platform/shapes.ts'
import { directions, itemScopes } from '../items.ts'

const ids = id.transform((value) => [value]).optional()

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
    direction: z.enum(directions).optional(),
    scope: z.enum(itemScopes).optional(),
  })
  .transform(({ accountId, dealId, memberId, teamId, ...rest }) => ({
    ...rest,
    accountIds: accountId,
    dealIds: dealId,
    memberIds: memberId,
    teamIds: teamId,
  }))
