import { z } from 'zod'
import { amount, credits, day, text, time, timeOut } from '../platform/shapes.ts'

/** A moment, or a local day of the company. */
export const bound = z
  .union([day, time])
  .optional()
  .meta({ description: 'A time, or a day of the company as 2026-01-31. Days are counted whole.' })

const name = z.string().min(1).max(200)

export const UsageQuestion = z.object({
  from: bound,
  to: bound,
  granularity: z.enum(['day', 'week', 'month']).default('day'),
  groupBy: z.enum(['feature', 'instance', 'integration', 'member', 'team', 'itemType']).optional(),
  feature: name.optional(),
  instanceId: name.optional(),
  integrationId: name.optional(),
  memberId: name.optional(),
  teamId: name.optional(),
})

export const UsageOut = z
  .object({
    data: z.array(
      z.object({
        start: timeOut.meta({
          description: "The first instant of the company's day, week or month.",
        }),
        key: z.string().nullable(),
        name: z.string().nullable(),
        credits,
        calls: z.number().int(),
        emails: z.number().int(),
        webSearches: z.number().int(),
        others: z.record(z.string(), z.number().int()),
        requests: z.number().int(),
      }),
    ),
  })
  .meta({ id: 'Usage' })

export const ReportQuestion = z.object({
  from: bound,
  to: bound,
  format: z.enum(['csv', 'json']).default('json'),
})

export const reportNames = ['usage', 'balance', 'purchases', 'ledger'] as const

/** The JSON of every report; the rows differ. */
export const ReportOut = z
  .object({ data: z.array(z.record(z.string(), z.union([z.string(), z.number(), z.null()]))) })
  .meta({
    id: 'Report',
    description:
      'Rows in their order, by the names of the columns. With format=csv the same as text/csv.',
  })

const range = z.object({ early: timeOut.nullable(), late: timeOut.nullable() })

export const ForecastOut = z
  .object({
    runOutAt: timeOut.nullable(),
    range: range.nullable().meta({ description: 'A null in it lies more than three years ahead.' }),
    perDay: credits,
    margin: credits.meta({ description: 'The range is that of the pace plus and minus this.' }),
    days: z.number().int().meta({ description: 'The days that the pace was taken from.' }),
    basis: z.string(),
    expiringUnused: z.array(z.object({ grantId: z.string(), credits, expiresAt: timeOut })),
  })
  .meta({ id: 'Forecast' })

const price = z.number().min(0).max(1_000_000_000)

export const WhatIfQuestion = z
  .strictObject({
    rateCard: z
      .strictObject({ prices: z.record(z.string().regex(/^[a-z][a-z0-9_]{0,63}$/), price) })
      .optional()
      .meta({ description: 'Other prices; what they do not name keeps the price it has now.' }),
    tracker: z
      .looseObject({})
      .optional()
      .meta({ description: 'A tracker as it would be made, or {id} of one.' }),
    purchase: z
      .strictObject({ credits: amount, effectiveAt: time.optional(), expiresAt: time.optional() })
      .optional(),
    seats: z
      .array(z.strictObject({ type: text(50), count: z.number().int().min(1).max(1_000_000) }))
      .min(1)
      .max(6)
      .optional()
      .meta({ description: 'Seats that would be added.' }),
    from: bound,
    to: bound,
  })
  .refine(
    ({ rateCard, tracker, purchase, seats }) =>
      [rateCard, tracker, purchase, seats].filter((one) => one !== undefined).length === 1,
    { path: ['rateCard'], error: 'give one of rateCard, tracker, purchase and seats' },
  )

export const WhatIfOut = z
  .object({
    credits: credits.meta({ description: 'What it would have cost, would cost, or would bring.' }),
    actual: credits.nullable().meta({ description: 'What was charged for the same use.' }),
    byFeature: z.array(z.object({ feature: z.string(), credits, actual: credits.nullable() })),
    runOutAt: timeOut.nullable(),
    runOutAtNow: timeOut.nullable().meta({ description: 'As things are.' }),
  })
  .meta({ id: 'WhatIf' })
