import { z } from 'zod'
import { toJson, ZERO } from '../../kit/credits.ts'
import { pageOf, readCursor } from '../../kit/cursor.ts'
import type { App } from '../../platform/app.ts'
import { answers, credits, id, listOf, page, time, timeOut } from '../../platform/shapes.ts'
import type { TrackerDeps } from '../service/deps.ts'
import { listBackfills, listFailures, listResults } from '../service/read.ts'
import { backfill, cancelBackfill } from '../service/resume.ts'
import {
  BackfillOut,
  FailureOut,
  ItemTypes,
  presentBackfill,
  presentFailure,
  presentResult,
  Range,
  ResultOut,
} from './shapes.ts'

const tags = ['trackers']
const params = z.object({ id })

const ResultPage = listOf(ResultOut).extend({
  dataAsOf: timeOut,
  stale: z.object({ since: timeOut, reason: z.string() }).nullable(),
})
const StartedOut = BackfillOut.extend({ warnings: z.array(z.string()) }).meta({
  id: 'StartedBackfill',
})
const PricedOut = z
  .object({ total: z.number().int(), credits, warnings: z.array(z.string()) })
  .meta({ id: 'PricedBackfill' })

export function trackerResultRoutes(app: App, house: TrackerDeps): void {
  app.get(
    '/v1/trackers/:id/results',
    {
      config: { access: 'trackers:read' },
      schema: {
        summary: 'What a tracker found; free, always',
        tags,
        params,
        querystring: z.object({
          ...page,
          itemId: id.optional(),
          found: z
            .enum(['true', 'false'])
            .transform((value) => value === 'true')
            .optional(),
          from: time.optional(),
          to: time.optional(),
          version: z.coerce.number().int().min(1).optional(),
        }),
        response: answers({ 200: ResultPage }),
      },
    },
    async ({ caller, params, query: { limit, cursor, ...filter } }) => {
      const [at, no] = readCursor(cursor, 'time', 'bigint') ?? []
      const before = at && no !== undefined ? { at, no } : undefined
      const { rows, view } = await listResults(house, caller, params.id, {
        ...filter,
        before,
        limit: limit + 1,
      })
      const shown = pageOf(rows, limit, (row) => [row.processedAt, row.itemNo])
      const stands = view.status === 'out_of_credits' || view.status === 'over_budget'
      return {
        ...shown,
        data: shown.data.map((row) => presentResult(row, caller.companyId)),
        dataAsOf: view.upToDateUntil.toISOString(),
        stale: stands ? { since: view.since.toISOString(), reason: view.status } : null,
      }
    },
  )
  app.get(
    '/v1/trackers/:id/failures',
    {
      config: { access: 'trackers:read' },
      schema: {
        summary: 'What the current version could not read; nothing was charged for it',
        description: 'A backfill over their dates tries them again.',
        tags,
        params,
        querystring: z.object(page),
        response: answers({ 200: listOf(FailureOut) }),
      },
    },
    async ({ caller, params, query: { limit, cursor } }) => {
      const [at, no] = readCursor(cursor, 'time', 'bigint') ?? []
      const before = at && no !== undefined ? { at, no } : undefined
      const rows = await listFailures(house, caller, params.id, { before, limit: limit + 1 })
      const shown = pageOf(rows, limit, (row) => [row.at, row.itemNo])
      return { ...shown, data: shown.data.map(presentFailure) }
    },
  )
  app.get(
    '/v1/trackers/:id/backfills',
    {
      config: { access: 'trackers:read' },
      schema: {
        summary: 'List backfills, newest first',
        tags,
        params,
        response: answers({ 200: listOf(BackfillOut) }),
      },
    },
    async ({ caller, params }) => ({
      data: (await listBackfills(house, caller, params.id)).map(presentBackfill),
      nextCursor: null,
    }),
  )
  app.post(
    '/v1/trackers/:id/backfills',
    {
      config: { access: 'trackers:write' },
      schema: {
        summary: 'Process history',
        tags,
        params,
        body: Range.safeExtend({
          itemTypes: ItemTypes.optional(),
          dryRun: z.boolean().default(false),
        }),
        response: answers({ 200: PricedOut, 201: StartedOut }, 402, 409),
      },
    },
    async ({ db, caller, params, body }, reply) => {
      const it = await backfill({ ...house, db }, caller, params.id, body)
      if (!it.backfill) {
        return reply
          .code(200)
          .send({ total: it.total, credits: toJson(it.credits), warnings: it.warnings })
      }
      const progress = { done: 0, found: 0, credits: ZERO }
      return reply
        .code(201)
        .send({ ...presentBackfill({ backfill: it.backfill, progress }), warnings: it.warnings })
    },
  )
  app.post(
    '/v1/trackers/:id/backfills/:backfillId/cancel',
    {
      config: { access: 'trackers:write' },
      schema: {
        summary: 'End a backfill',
        tags,
        params: z.object({ id, backfillId: id }),
        response: answers({ 200: BackfillOut }, 409),
      },
    },
    async ({ db, caller, params }) => {
      await cancelBackfill({ ...house, db }, caller, params.id, params.backfillId)
      const views = await listBackfills({ ...house, db }, caller, params.id)
      return presentBackfill(views.find(({ backfill: one }) => one.id === params.backfillId)!)
    },
  )
}
