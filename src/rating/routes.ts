import { z } from 'zod'
import { type Credits, GRANT_MAX, parseCredits, toJson } from '../kit/credits.ts'
import type { Ledger } from '../ledger/service/ledger.ts'
import type { App } from '../platform/app.ts'
import type { Database } from '../platform/database.ts'
import { answers, credits, listOf, time, timeOut } from '../platform/shapes.ts'
import type { RateCard } from './rate-card.ts'
import { addRateCard, listRateCards } from './service.ts'

/** A price class: `email`, `call_short`, or whatever an outside product invents. */
export const TypeName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be lower-case letters, digits and underscores')
  .meta({ description: 'An item type, as call, email or one of your own.' })

const price = z
  .number()
  .min(0)
  .transform((value, context): Credits => {
    const amount = parseCredits(value)
    if (amount !== undefined && amount <= GRANT_MAX) return amount
    context.addIssue(
      amount === undefined ? 'must have at most six decimals' : 'must be at most 1,000,000,000',
    )
    return z.NEVER
  })

const NewRateCard = z.strictObject({
  effectiveAt: time.optional(),
  prices: z
    .record(TypeName, price)
    .refine((prices) => !Object.hasOwn(prices, 'call'), {
      error: 'prices calls as call_short and call_long',
    })
    .refine((prices) => Object.keys(prices).length <= 1000, { error: 'has at most 1,000 types' }),
})

const RateCardOut = z
  .object({
    version: z.number().int(),
    effectiveAt: timeOut,
    prices: z.record(z.string(), credits),
  })
  .meta({ id: 'RateCard' })

export function ratingRoutes(app: App, house: { db: Database; ledger: Ledger }): void {
  app.get(
    '/v1/rate-cards',
    {
      config: { access: 'credits:read' },
      schema: {
        summary: 'List the versions of the rate card',
        tags: ['credits'],
        response: answers({ 200: listOf(RateCardOut) }),
      },
    },
    async ({ caller }) => ({
      data: (await listRateCards(house, caller)).map(present),
      nextCursor: null,
    }),
  )
  app.post(
    '/v1/rate-cards',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Add a version of the rate card',
        tags: ['credits'],
        body: NewRateCard,
        response: answers({ 201: RateCardOut }),
      },
    },
    async ({ db, caller, body }, reply) =>
      reply.code(201).send(present(await addRateCard({ ...house, db }, caller, body))),
  )
}

function present({ no, effectiveAt, prices }: RateCard) {
  const entries = Object.entries(prices).map(([type, unit]) => [type, toJson(unit)])
  return {
    version: no,
    effectiveAt: effectiveAt.toISOString(),
    prices: Object.fromEntries(entries),
  }
}
