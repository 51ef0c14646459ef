import { toJson } from '../../kit/credits.ts'
import type { App } from '../../platform/app.ts'
import { answers } from '../../platform/shapes.ts'
import { type Deps, readOwnUsage, readUsage, type Used } from '../service/usage.ts'
import { UsageOut, UsageQuestion } from '../shapes.ts'

export function usageRoutes(app: App, house: Deps): void {
  app.get(
    '/v1/credits/usage',
    {
      config: { access: 'credits:read' },
      schema: {
        summary: 'Use by day, week or month, split by what or whom it was for',
        tags: ['credits'],
        querystring: UsageQuestion,
        response: answers({ 200: UsageOut }, 422),
      },
    },
    async ({ caller, query }) => ({ data: (await readUsage(house, caller, query)).map(present) }),
  )
  app.get(
    '/v1/credits/usage/mine',
    {
      config: { access: 'data:read' },
      schema: {
        summary: 'Use of the member who asks',
        tags: ['credits'],
        querystring: UsageQuestion,
        response: answers({ 200: UsageOut }, 422),
      },
    },
    async ({ caller, query }) => ({
      data: (await readOwnUsage(house, caller, query)).map(present),
    }),
  )
}

function present({
  start,
  key,
  name,
  credits,
  requests,
  calls,
  emails,
  webSearches,
  others,
}: Used) {
  const counts = Object.entries(others).map(([type, count]) => [type, Number(count)])
  return {
    start: start.toISOString(),
    key,
    name,
    credits: toJson(credits),
    calls: Number(calls),
    emails: Number(emails),
    webSearches: Number(webSearches),
    others: Object.fromEntries(counts) as Record<string, number>,
    requests: Number(requests),
  }
}
