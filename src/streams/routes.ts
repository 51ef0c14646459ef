import { z } from 'zod'
import { itemTypes } from '../conversations/items.ts'
import type { App } from '../platform/app.ts'
import { answers, id, listOf, nothing, page, text, time, timeOut } from '../platform/shapes.ts'
import type { Stale } from '../trackers/currency.ts'
import { Filters, ItemTypes } from '../trackers/routes/shapes.ts'
import { changeStream, makeStream, type NewStream, removeStream } from './service/define.ts'
import type { StreamDeps } from './service/deps.ts'
import { follow, unfollow } from './service/follow.ts'
import { listEntries, listStreams, readStream } from './service/read.ts'
import type { StreamView } from './stream.ts'

const tags = ['streams']
const params = z.object({ id })

export const StreamFilter = z
  .strictObject({
    ...Filters.shape,
    itemTypes: ItemTypes.optional(),
    trackers: z
      .array(z.strictObject({ trackerId: id, found: z.literal(true).default(true) }))
      .max(20)
      .optional(),
    from: time.optional(),
    to: time.optional(),
  })
  .refine(({ from, to }) => !from || !to || from < to, {
    path: ['to'],
    error: 'must lie after from',
  })

const NewStreamBody = z.strictObject({
  name: text(200),
  filter: StreamFilter,
  notifyBackfilled: z.boolean().optional().meta({
    description: 'Whether followers are told of backfilled entries too; false unless given.',
  }),
})

export const StaleOut = z
  .object({ since: timeOut, reason: z.string(), trackerIds: z.array(z.string()) })
  .nullable()

const StreamOut = z
  .object({
    id: z.string(),
    name: z.string(),
    filter: z.looseObject({}),
    notifyBackfilled: z.boolean(),
    followers: z.array(z.string()),
    dataAsOf: timeOut,
    stale: StaleOut,
    createdBy: z.string().nullable(),
    createdAt: timeOut,
  })
  .meta({ id: 'Stream' })

const EntryOut = z
  .object({
    itemType: z.enum(itemTypes),
    itemId: z.string(),
    title: z.string(),
    date: timeOut,
    addedAt: timeOut,
  })
  .meta({ id: 'StreamEntry' })

const Follower = z.strictObject({ memberId: id })
const FollowersOut = z.object({ followers: z.array(z.string()) })

export function streamRoutes(app: App, house: StreamDeps): void {
  app.post(
    '/v1/streams',
    {
      config: { access: 'trackers:write' },
      schema: {
        summary: 'Save a filter over calls and emails',
        tags,
        body: NewStreamBody,
        response: answers({ 201: StreamOut }, 422),
      },
    },
    async ({ db, caller, body }, reply) => {
      const made = await makeStream({ ...house, db }, caller, body as NewStream)
      return reply.code(201).send(present(await readStream({ ...house, db }, caller, made.id)))
    },
  )
  app.get(
    '/v1/streams',
    {
      config: { access: 'trackers:read' },
      schema: {
        summary: 'List streams, newest first',
        tags,
        querystring: z.object(page),
        response: answers({ 200: listOf(StreamOut) }),
      },
    },
    async ({ caller, query }) => {
      const shown = await listStreams(house, caller, query)
      return { ...shown, data: shown.data.map(present) }
    },
  )
  app.get(
    '/v1/streams/:id',
    {
      config: { access: 'trackers:read' },
      schema: { summary: 'Read a stream', tags, params, response: answers({ 200: StreamOut }) },
    },
    async ({ caller, params }) => present(await readStream(house, caller, params.id)),
  )
  app.patch(
    '/v1/streams/:id',
    {
      config: { access: 'trackers:write' },
      schema: {
        summary: 'Change a stream',
        tags,
        params,
        body: NewStreamBody.partial(),
        response: answers({ 200: StreamOut }, 422),
      },
    },
    async ({ caller, params, body }) => {
      await changeStream(house, caller, params.id, body as Partial<NewStream>)
      return present(await readStream(house, caller, params.id))
    },
  )
  app.delete(
    '/v1/streams/:id',
    {
      config: { access: 'trackers:write' },
      schema: { summary: 'Delete a stream', tags, params, response: answers({ 204: nothing }) },
    },
    async ({ caller, params }, reply) => {
      await removeStream(house, caller, params.id)
      return reply.code(204).send()
    },
  )
  app.get(
    '/v1/streams/:id/items',
    {
      config: { access: 'trackers:read' },
      schema: {
        summary: 'What is in a stream, newest first; free, always',
        tags,
        params,
        querystring: z.object(page),
        response: answers({ 200: listOf(EntryOut).extend({ dataAsOf: timeOut, stale: StaleOut }) }),
      },
    },
    async ({ caller, params, query }) => {
      const { data, nextCursor, view } = await listEntries(house, caller, params.id, query)
      const entries = data.map(({ no: _, date, addedAt, ...entry }) => ({
        ...entry,
        date: date.toISOString(),
        addedAt: addedAt.toISOString(),
      }))
      const { dataAsOf, stale } = present(view)
      return { data: entries, nextCursor, dataAsOf, stale }
    },
  )
  app.post(
    '/v1/streams/:id/followers',
    {
      config: { access: 'trackers:read' },
      schema: {
        summary: 'Follow a stream',
        tags,
        params,
        body: Follower,
        response: answers({ 200: FollowersOut }, 422),
      },
    },
    async ({ db, caller, params, body }) => {
      await follow({ db }, caller, params.id, body.memberId)
      return { followers: (await readStream({ ...house, db }, caller, params.id)).followers }
    },
  )
  app.delete(
    '/v1/streams/:id/followers',
    {
      config: { access: 'trackers:read' },
      schema: {
        summary: 'Follow a stream no more',
        tags,
        params,
        body: Follower,
        response: answers({ 204: nothing }),
      },
    },
    async ({ caller, params, body }, reply) => {
      await unfollow(house, caller, params.id, body.memberId)
      return reply.code(204).send()
    },
  )
}

function present({ stream, followers, dataAsOf, stale }: StreamView) {
  const { id: streamId, name, filter, notifyBackfilled, createdBy, createdAt } = stream
  return {
    id: streamId,
    name,
    filter: JSON.parse(JSON.stringify(filter)) as Record<string, unknown>,
    notifyBackfilled,
    followers,
    dataAsOf: dataAsOf.toISOString(),
    stale: presentStale(stale),
    createdBy,
    createdAt: createdAt.toISOString(),
  }
}

export function presentStale(stale: Stale | null) {
  return stale && { ...stale, since: stale.since.toISOString() }
}
