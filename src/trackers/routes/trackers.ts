import { z } from 'zod'
import { itemTypes } from '../../conversations/items.ts'
import { toJson, ZERO } from '../../kit/credits.ts'
import { pageOf, readCursor } from '../../kit/cursor.ts'
import type { App } from '../../platform/app.ts'
import { answers, credits, id, listOf, nothing, page, timeOut } from '../../platform/shapes.ts'
import { pretrained } from '../pretrained.ts'
import {
  type NewTracker as Asked,
  changeTracker,
  makeTracker,
  removeTracker,
} from '../service/define.ts'
import type { TrackerDeps } from '../service/deps.ts'
import { estimateTracker, tryTracker } from '../service/estimate.ts'
import { publish, unpublish } from '../service/publish.ts'
import { listTrackers, readTracker } from '../service/read.ts'
import { resume } from '../service/resume.ts'
import {
  BackfillOut,
  NewTracker,
  Occurrence,
  presentBackfill,
  presentTracker,
  Range,
  TrackerChange,
  TrackerOut,
} from './shapes.ts'

const tags = ['trackers']
const params = z.object({ id })
const counts = z.object({
  callsShort: z.number().int(),
  callsLong: z.number().int(),
  emails: z.number().int(),
})

const EstimateOut = z
  .object({
    items: counts,
    alreadyProcessed: z.number().int(),
    credits,
    perMonth: credits,
    monthlyBasisDays: z.number().int(),
    available: credits,
    shareOfAvailable: z
      .number()
      .nullable()
      .meta({ description: 'credits ÷ available; null of nothing.' }),
    sufficient: z.boolean(),
    runOutAt: z.object({ now: timeOut.nullable(), after: timeOut.nullable() }),
    duplicates: z.array(z.object({ id: z.string(), name: z.string() })),
  })
  .meta({ id: 'TrackerEstimate' })

const PublishedOut = TrackerOut.extend({
  backfill: BackfillOut.nullable(),
  warnings: z.array(z.string()),
}).meta({ id: 'PublishedTracker' })

const choice = z.object({ count: z.number().int(), credits })
const ResumedOut = z
  .object({
    status: TrackerOut.shape.status,
    missed: z.object({ calls: choice, all: choice }),
    backfillId: z.string().nullable(),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'ResumedTracker' })

const TriedOut = z.object({
  results: z.array(
    z.object({
      itemType: z.enum(itemTypes),
      itemId: z.string(),
      title: z.string(),
      found: z.boolean(),
      answer: z.string(),
      occurrences: z.array(Occurrence),
      model: z.string(),
    }),
  ),
})

export function trackerRoutes(app: App, house: TrackerDeps): void {
  app.get(
    '/v1/trackers/pretrained',
    {
      config: { access: 'trackers:read' },
      schema: {
        summary: 'List the pretrained trackers',
        tags,
        response: answers({
          200: z.object({
            data: z.array(
              z.object({
                id: z.string(),
                name: z.string(),
                description: z.string(),
                question: z.string(),
                side: z.string(),
              }),
            ),
            nextCursor: z.null(),
          }),
        }),
      },
    },
    async () => ({ data: [...pretrained], nextCursor: null }),
  )
  app.post(
    '/v1/trackers',
    {
      config: { access: 'trackers:write' },
      schema: {
        summary: 'Write down a tracker, as a draft',
        tags,
        body: NewTracker,
        response: answers({ 201: TrackerOut }, 422),
      },
    },
    async ({ db, caller, body }, reply) => {
      const made = await makeTracker({ ...house, db }, caller, body as Asked)
      return reply
        .code(201)
        .send(presentTracker(await readTracker({ ...house, db }, caller, made.id)))
    },
  )
  app.get(
    '/v1/trackers',
    {
      config: { access: 'trackers:read' },
      schema: {
        summary: 'List trackers, newest first',
        tags,
        querystring: z.object(page),
        response: answers({ 200: listOf(TrackerOut) }),
      },
    },
    async ({ caller, query: { limit, cursor } }) => {
      const [at, last] = readCursor(cursor, 'time', 'text') ?? []
      const before = at && last !== undefined ? { at, id: last } : undefined
      const views = await listTrackers(house, caller, { before, limit: limit + 1 })
      const shown = pageOf(views, limit, ({ tracker }) => [tracker.createdAt, tracker.id])
      return { ...shown, data: shown.data.map(presentTracker) }
    },
  )
  app.get(
    '/v1/trackers/:id',
    {
      config: { access: 'trackers:read' },
      schema: { summary: 'Read a tracker', tags, params, response: answers({ 200: TrackerOut }) },
    },
    async (request) => presentTracker(await readTracker(house, request.caller, request.params.id)),
  )
  app.patch(
    '/v1/trackers/:id',
    {
      config: { access: 'trackers:write' },
      schema: {
        summary: 'Change a tracker',
        tags,
        params,
        body: TrackerChange,
        response: answers({ 200: TrackerOut }, 422),
      },
    },
    async ({ caller, params, body }) => {
      await changeTracker(house, caller, params.id, body as Partial<Asked>)
      return presentTracker(await readTracker(house, caller, params.id))
    },
  )
  app.delete(
    '/v1/trackers/:id',
    {
      config: { access: 'trackers:write' },
      schema: {
        summary: 'Delete a tracker that nothing uses',
        tags,
        params,
        response: answers({ 204: nothing }, 409),
      },
    },
    async (request, reply) => {
      await removeTracker(house, request.caller, request.params.id)
      return reply.code(204).send()
    },
  )
  app.post(
    '/v1/trackers/:id/estimate',
    {
      config: { access: 'trackers:read', key: 'none' },
      schema: {
        summary: 'What a tracker will cost',
        tags,
        params,
        body: z.strictObject({ history: Range.optional() }),
        response: answers({ 200: EstimateOut }),
      },
    },
    async ({ caller, params, body }) => {
      const it = await estimateTracker(house, caller, params.id, body.history)
      const share =
        it.available > 0n ? Number((it.credits * 1_000_000n) / it.available) / 1e6 : null
      return {
        ...it,
        credits: toJson(it.credits),
        perMonth: toJson(it.perMonth),
        available: toJson(it.available),
        shareOfAvailable: share,
        runOutAt: {
          now: it.runOutAt.now?.toISOString() ?? null,
          after: it.runOutAt.after?.toISOString() ?? null,
        },
      }
    },
  )
  app.post(
    '/v1/trackers/:id/try',
    {
      config: { access: 'trackers:write', key: 'none' },
      schema: {
        summary: 'Try a tracker on up to 10 items, free',
        tags,
        params,
        body: z.strictObject({
          items: z
            .array(z.strictObject({ type: z.enum(itemTypes), id }))
            .min(1)
            .max(10)
            .optional(),
        }),
        response: answers({ 200: TriedOut }, 502),
      },
    },
    async ({ caller, params, body }) => ({
      results: await tryTracker(house, caller, params.id, body.items),
    }),
  )
  app.post(
    '/v1/trackers/:id/publish',
    {
      config: { access: 'trackers:write' },
      schema: {
        summary: 'Publish a tracker, with history if asked',
        tags,
        params,
        body: z.strictObject({ history: Range.optional() }),
        response: answers({ 200: PublishedOut }, 402, 409),
      },
    },
    async ({ db, caller, params, body }) => {
      const done = await publish({ ...house, db }, caller, params.id, body.history)
      const view = await readTracker({ ...house, db }, caller, params.id)
      const progress = { done: 0, found: 0, credits: ZERO }
      const backfill = done.backfill ? presentBackfill({ backfill: done.backfill, progress }) : null
      return { ...presentTracker(view), backfill, warnings: done.warnings }
    },
  )
  app.post(
    '/v1/trackers/:id/unpublish',
    {
      config: { access: 'trackers:write' },
      schema: {
        summary: 'Stop all spending of a tracker at once',
        tags,
        params,
        response: answers({ 200: TrackerOut }, 409),
      },
    },
    async ({ db, caller, params }) => {
      await unpublish({ ...house, db }, caller, params.id)
      return presentTracker(await readTracker({ ...house, db }, caller, params.id))
    },
  )
  app.post(
    '/v1/trackers/:id/resume',
    {
      config: { access: 'trackers:write' },
      schema: {
        summary: 'Let a stopped tracker go on',
        tags,
        params,
        body: z.strictObject({
          missed: z.enum(['calls', 'all', 'none']).default('calls'),
          dryRun: z.boolean().default(false),
        }),
        response: answers({ 200: ResumedOut }, 402, 409),
      },
    },
    async ({ db, caller, params, body }) => {
      const it = await resume({ ...house, db }, caller, params.id, body.missed, body.dryRun)
      const priced = (one: { count: number; credits: bigint }) => ({
        count: one.count,
        credits: toJson(one.credits),
      })
      const missed = { calls: priced(it.missed.calls), all: priced(it.missed.all) }
      return { status: it.status, missed, backfillId: it.backfillId ?? null, warnings: it.warnings }
    },
  )
}
