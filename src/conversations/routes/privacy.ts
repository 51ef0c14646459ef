import { z } from 'zod'
import type { App } from '../../platform/app.ts'
import { answers, id } from '../../platform/shapes.ts'
import type { Conversations } from '../deps.ts'
import { itemTypes } from '../items.ts'
import { erase } from '../service/erase.ts'
import { address } from '../shapes.ts'

const Erasure = z.union([
  z.strictObject({ email: address }),
  z.strictObject({ itemType: z.enum(itemTypes), itemId: id }),
])

const Erased = z
  .object({
    calls: z.number().int(),
    emails: z.number().int(),
    contacts: z.number().int(),
    leads: z.number().int(),
  })
  .meta({ id: 'Erased' })

/** Erasing a person's or an item's data. */
export function privacyRoutes(app: App, house: Omit<Conversations, 'db'>): void {
  app.post(
    '/v1/privacy/erase',
    {
      config: { access: 'admin' },
      schema: {
        summary: "Erase a person's or an item's data for good",
        description: `Content, results, evidence and stored answers of the item, or of every call and email the
address takes part in, are gone when this answers; the ledger stays. An erased id cannot be put in again (409).`,
        tags: ['data'],
        body: Erasure,
        response: answers({ 200: Erased }),
      },
    },
    async (request) => erase({ ...house, db: request.db }, request.caller, request.body),
  )
}
