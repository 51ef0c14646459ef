import { z } from 'zod'
import { keyIn, sendPaid } from '../ask/routes.ts'
import {
  BalanceAfter,
  checkPeriod,
  Entity,
  findingFields,
  ItemNamed,
  periodFields,
} from '../ask/shapes.ts'
import { itemTypes } from '../conversations/items.ts'
import type { App } from '../platform/app.ts'
import { answers, credits, id, listOf, nothing, page, text, timeOut } from '../platform/shapes.ts'
import { StaleOut } from '../streams/routes.ts'
import { ItemTypes } from '../trackers/routes/shapes.ts'
import { type Brief, type Section, sectionFault, sources } from './brief.ts'
import { generatedOut } from './present.ts'
import {
  changeBrief,
  listBriefs,
  makeBrief,
  type NewBrief,
  readBrief,
  removeBrief,
} from './service/define.ts'
import type { BriefDeps } from './service/deps.ts'
import { generateBrief } from './service/generate.ts'
import { listGenerated, readGenerated } from './service/read.ts'

const tags = ['briefs']
const params = z.object({ id })

const SectionIn = z
  .strictObject({
    title: text(200),
    source: z.enum(sources),
    trackerIds: z.array(id).min(1).max(20).optional(),
    question: text(2000).optional(),
    itemTypes: ItemTypes.optional(),
  })
  .transform(
    ({ trackerIds = [], question = null, itemTypes = ['call', 'email'], ...section }): Section => ({
      ...section,
      trackerIds: [...new Set(trackerIds)],
      question,
      itemTypes,
    }),
  )
  .superRefine((section, context) => {
    const message = sectionFault(section)
    if (message) context.addIssue({ code: 'custom', message })
  })

const NewBriefBody = z.strictObject({
  name: text(200),
  status: z
    .enum(['draft', 'published'])
    .optional()
    .meta({ description: 'Only a published brief can be generated; published unless given.' }),
  sections: z.array(SectionIn).min(1).max(12),
})

const BriefOut = z
  .object({
    id: z.string(),
    name: z.string(),
    status: z.enum(['draft', 'published']),
    sections: z.array(
      z.object({
        title: z.string(),
        source: z.enum(sources),
        trackerIds: z.array(z.string()),
        question: z.string().nullable(),
        itemTypes: z.array(z.enum(itemTypes)),
      }),
    ),
    createdBy: z.string().nullable(),
    createdAt: timeOut,
    updatedAt: timeOut,
  })
  .meta({ id: 'Brief' })

export const GeneratedOut = z
  .object({
    id: z.string().nullable(),
    briefId: z.string(),
    name: z.string(),
    entity: z.object({ type: z.string(), id: z.string() }),
    sections: z
      .array(
        z.object({
          title: z.string(),
          source: z.enum(sources),
          text: z.string().nullable(),
          credits,
          paidCredits: credits.optional(),
          dataAsOf: timeOut,
          stale: StaleOut,
          callsSearched: z.number().int(),
          emailsSearched: z.number().int(),
          truncated: z.boolean(),
          findings: z.object(findingFields),
        }),
      )
      .nullable(),
    callsSearched: z.number().int(),
    emailsSearched: z.number().int(),
    credits,
    chargeId: z.string().nullable(),
    createdAt: timeOut,
  })
  .meta({ id: 'GeneratedBrief' })

export const GeneratedAnswer = GeneratedOut.extend({
  balance: BalanceAfter,
  paidCredits: credits.optional().meta({
    description: 'What a key or token would be charged for it; of a dry run only.',
  }),
  items: z
    .array(ItemNamed)
    .optional()
    .meta({ description: 'What would be read; of a dry run only.' }),
}).meta({ id: 'GeneratedAnswer' })

export function briefRoutes(app: App, house: BriefDeps): void {
  app.post(
    '/v1/briefs',
    {
      config: { access: 'trackers:write' },
      schema: {
        summary: 'Make a template of briefs',
        tags,
        body: NewBriefBody,
        response: answers({ 201: BriefOut }, 409, 422),
      },
    },
    async ({ db, caller, body }, reply) =>
      reply.code(201).send(present(await makeBrief({ ...house, db }, caller, body))),
  )
  app.get(
    '/v1/briefs',
    {
      config: { access: 'ai:brief' },
      schema: {
        summary: 'List templates, newest first',
        tags,
        querystring: z.object(page),
        response: answers({ 200: listOf(BriefOut) }),
      },
    },
    async ({ caller, query }) => {
      const shown = await listBriefs(house, caller, query)
      return { ...shown, data: shown.data.map(present) }
    },
  )
  app.get(
    '/v1/briefs/:id',
    {
      config: { access: 'ai:brief' },
      schema: { summary: 'Read a template', tags, params, response: answers({ 200: BriefOut }) },
    },
    async ({ caller, params }) => present(await readBrief(house, caller, params.id)),
  )
  app.patch(
    '/v1/briefs/:id',
    {
      config: { access: 'trackers:write' },
      schema: {
        summary: 'Change a template',
        tags,
        params,
        body: NewBriefBody.partial(),
        response: answers({ 200: BriefOut }, 409, 422),
      },
    },
    async ({ caller, params, body }) =>
      present(await changeBrief(house, caller, params.id, body as Partial<NewBrief>)),
  )
  app.delete(
    '/v1/briefs/:id',
    {
      config: { access: 'trackers:write' },
      schema: {
        summary: 'Delete a template that no automation uses',
        tags,
        params,
        response: answers({ 204: nothing }, 409),
      },
    },
    async ({ caller, params }, reply) => {
      await removeBrief(house, caller, params.id)
      return reply.code(204).send()
    },
  )
  app.post(
    '/v1/briefs/:id/generate',
    {
      config: { access: 'ai:brief', key: 'own' },
      schema: {
        summary: 'Generate a brief about an entity',
        tags,
        params,
        body: z
          .strictObject({ entity: Entity, ...periodFields, dryRun: z.boolean().default(false) })
          .superRefine(checkPeriod),
        response: answers({ 200: GeneratedAnswer }, 402, 409, 422, 502),
      },
    },
    async (request, reply) => {
      const { dryRun, ...asked } = request.body
      const door = { feature: 'ai_briefer', trigger: 'api' }
      const terms = { door, dryRun, key: keyIn(request) }
      const brief = { id: request.params.id }
      return sendPaid(reply, await generateBrief(house, request.caller, terms, { ...asked, brief }))
    },
  )
  app.get(
    '/v1/briefs/:id/generated',
    {
      config: { access: 'ai:brief' },
      schema: {
        summary: 'List what was generated, newest first',
        tags,
        params,
        querystring: z
          .object({ ...page, entityType: Entity.shape.type.optional(), entityId: id.optional() })
          .refine(({ entityType, entityId }) => !entityType === !entityId, {
            path: ['entityId'],
            error: 'goes with entityType',
          }),
        response: answers({ 200: listOf(GeneratedOut) }),
      },
    },
    async ({ caller, params, query: { entityType: type, entityId, ...asked } }) => {
      const entity = type && entityId ? { type, id: entityId } : undefined
      const shown = await listGenerated(house, caller, params.id, entity, asked)
      return { ...shown, data: shown.data.map((made) => generatedOut(made, caller.companyId)) }
    },
  )
  app.get(
    '/v1/briefs/:id/generated/:generatedId',
    {
      config: { access: 'ai:brief' },
      schema: {
        summary: 'Read a generated brief; free, always',
        tags,
        params: z.object({ id, generatedId: id }),
        response: answers({ 200: GeneratedOut }),
      },
    },
    async ({ caller, params }) =>
      generatedOut(
        await readGenerated(house, caller, params.id, params.generatedId),
        caller.companyId,
      ),
  )
}

function present(brief: Brief) {
  const { createdAt, updatedAt, ...rest } = brief
  return { ...rest, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() }
}
