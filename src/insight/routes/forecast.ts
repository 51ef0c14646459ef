import { type Credits, parseCredits, toJson } from '../../kit/credits.ts'
import { invalid } from '../../kit/problem.ts'
import { ledgerIds } from '../../ledger/ids.ts'
import type { App } from '../../platform/app.ts'
import { answers } from '../../platform/shapes.ts'
import { forecast } from '../service/forecast.ts'
import { type Deps, type Question, whatIf } from '../service/what-if.ts'
import { ForecastOut, WhatIfOut, WhatIfQuestion } from '../shapes.ts'

const tags = ['credits']

export function forecastRoutes(app: App, house: Deps): void {
  app.get(
    '/v1/credits/forecast',
    {
      config: { access: 'credits:read' },
      schema: {
        summary: 'When the credits run out, and what of them expires unused',
        tags,
        response: answers({ 200: ForecastOut }),
      },
    },
    async ({ caller }) => {
      const { runOutAt, range, perDay, margin, days, basis, expiring } = await forecast(
        house,
        caller,
      )
      const ids = ledgerIds(caller.companyId)
      return {
        runOutAt: iso(runOutAt),
        range: range && { early: iso(range.early), late: iso(range.late) },
        perDay: toJson(perDay),
        margin: toJson(margin),
        days,
        basis,
        // What contract years ahead will bring is no grant yet.
        expiringUnused: expiring
          .filter(({ no }) => no > 0)
          .map(({ no, credits, expiresAt }) => ({
            grantId: ids.grant(no),
            credits: toJson(credits),
            expiresAt: iso(expiresAt)!,
          })),
      }
    },
  )
  app.post(
    '/v1/credits/what-if',
    {
      config: { access: 'credits:read', key: 'none' },
      schema: {
        summary: 'What would come of other prices, a tracker, a purchase or more seats',
        tags,
        body: WhatIfQuestion,
        response: answers({ 200: WhatIfOut }, 422),
      },
    },
    async ({ caller, body: { rateCard, ...body } }) => {
      const asked = rateCard ? { ...body, rateCard: { prices: exact(rateCard.prices) } } : body
      const answer = await whatIf(house, caller, asked as Question)
      return {
        credits: toJson(answer.credits),
        actual: json(answer.actual),
        byFeature: answer.byFeature.map(({ feature, credits, actual }) => {
          return { feature, credits: toJson(credits), actual: json(actual) }
        }),
        runOutAt: iso(answer.runOutAt),
        runOutAtNow: iso(answer.runOutAtNow),
      }
    },
  )
}

/** Prices as exact amounts. */
function exact(prices: Record<string, number>): Record<string, Credits> {
  const entries = Object.entries(prices).map(([type, price]): [string, Credits] => {
    const amount = parseCredits(price)
    if (amount === undefined)
      throw invalid(`rateCard.prices.${type}`, 'must have at most six decimals')
    return [type, amount]
  })
  return Object.fromEntries(entries)
}

function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}

function json(amount: bigint | null): number | null {
  return amount === null ? null : toJson(amount)
}
