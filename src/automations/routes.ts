// biome-ignore-all lint/suspicious/noThenProperty: the wire contract's word; nobody awaits it
import { z } from 'zod'
import { timePeriods, USUAL_PERIOD } from '../ask/period.ts'
import { Entity } from '../ask/shapes.ts'
import { setCreditHeaders } from '../charges/routes/shapes.ts'
import { micros, toJson } from '../kit/credits.ts'
import type { App } from '../platform/app.ts'
import { answers, credits, id, listOf, nothing, page, text, timeOut } from '../platform/shapes.ts'
import { Filters, ItemTypes } from '../trackers/routes/shapes.ts'
import { type Automation, type AutomationRun, frequencies } from './automation.ts'
import {
  changeAutomation,
  listAutomations,
  listRuns,
  makeAutomation,
  type NewAutomation,
  readAutomation,
  removeAutomation,
} from './service/define.ts'
import type { AutomationDeps } from './service/deps.ts'
import { runNow } from './service/run.ts'

const tags = ['automations']
const params = z.object({ id })

const When = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('schedule'),
    every: z.enum(frequencies).meta({ description: 'Weeks on Mondays, months on the first.' }),
    at: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'must be a time of day, as 09:00' })
      .meta({ description: "In the company's time zone." }),
  }),
  z.strictObject({ type: z.literal('call_processed') }),
  z.strictObject({
    type: z.literal('tracker_hit'),
    trackerId: id,
    backfilled: z
      .boolean()
      .default(false)
      .meta({ description: 'Whether hits in history count too.' }),
  }),
])

const Condition = z.strictObject({ ...Filters.shape, itemTypes: ItemTypes.optional() })

const Then = z.strictObject({
  briefId: id,
  entity: z.union([z.literal('trigger'), Entity]),
  timePeriod: z
    .enum(timePeriods)
    .exclude(['CUSTOM_RANGE'])
    .default(USUAL_PERIOD as 'LAST_90DAYS'),
  deliverTo: z.array(id).max(1000).default([]),
})

const body = {
  name: text(200),
  enabled: z.boolean().optional(),
  when: When,
  if: Condition.optional(),
  then: Then,
}

const AutomationOut = z
  .object({
    id: z.string(),
    name: z.string(),
    enabled: z.boolean(),
    when: z.looseObject({ type: z.string() }),
    if: z.looseObject({}),
    then: z.object({
      briefId: z.string(),
      entity: z.union([z.literal('trigger'), z.object({ type: z.string(), id: z.string() })]),
      timePeriod: z.string(),
      deliverTo: z.array(z.string()),
    }),
    nextAt: timeOut.nullable(),
    createdBy: z.string().nullable(),
    createdAt: timeOut,
  })
  .meta({ id: 'Automation' })

const RunOut = z
  .object({
    id: z.string(),
    at: timeOut,
    status: z.enum(['done', 'skipped', 'failed']),
    reason: z.string().nullable(),
    generatedId: z.string().nullable(),
    credits,
    cause: z.enum(['schedule', 'item', 'asked']),
  })
  .meta({ id: 'AutomationRun' })

export function automationRoutes(app: App, house: AutomationDeps): void {
  app.post(
    '/v1/automations',
    {
      config: { access: 'trackers:write' },
      schema: {
        summary: 'Set up an automation',
        tags,
        body: z.strictObject(body),
        response: answers({ 201: AutomationOut }, 422),
      },
    },
    async ({ db, caller, body }, reply) =>
      reply.code(201).send(present(await makeAutomation({ ...house, db }, caller, asked(body)))),
  )
  app.get(
    '/v1/automations',
    {
      config: { access: 'trackers:read' },
      schema: {
        summary: 'List automations, newest first',
        tags,
        querystring: z.object(page),
        response: answers({ 200: listOf(AutomationOut) }),
      },
    },
    async ({ caller, query }) => {
      const shown = await listAutomations(house, caller, query)
      return { ...shown, data: shown.data.map(present) }
    },
  )
  app.get(
    '/v1/automations/:id',
    {
      config: { access: 'trackers:read' },
      schema: {
        summary: 'Read an automation',
        tags,
        params,
        response: answers({ 200: AutomationOut }),
      },
    },
    async ({ caller, params }) => present(await readAutomation(house, caller, params.id)),
  )
  app.patch(
    '/v1/automations/:id',
    {
      config: { access: 'trackers:write' },
      schema: {
        summary: 'Change an automation, or switch it on or off',
        tags,
        params,
        body: z.strictObject(body).partial(),
        response: answers({ 200: AutomationOut }, 422),
      },
    },
    async ({ caller, params, body }) =>
      present(
        await changeAutomation(house, caller, params.id, asked(body) as Partial<NewAutomation>),
      ),
  )
  app.delete(
    '/v1/automations/:id',
    {
      config: { access: 'trackers:write' },
      schema: {
        summary: 'Delete an automation and its log',
        tags,
        params,
        response: answers({ 204: nothing }),
      },
    },
    async ({ caller, params }, reply) => {
      await removeAutomation(house, caller, params.id)
      return reply.code(204).send()
    },
  )
  app.post(
    '/v1/automations/:id/run',
    {
      config: { access: 'trackers:write', key: 'own' },
      schema: {
        summary: 'Run an automation now; it charges like any other time',
        tags,
        params,
        body: z.strictObject({}),
        response: answers({ 200: RunOut }, 409),
      },
    },
    async ({ caller, params, idempotencyKey }, reply) => {
      const { run, replayed } = await runNow(house, caller, params.id, idempotencyKey)
      setCreditHeaders(reply, { replayed, charged: micros(run.credits) })
      return presentRun(run)
    },
  )
  app.get(
    '/v1/automations/:id/runs',
    {
      config: { access: 'trackers:read' },
      schema: {
        summary: 'What an automation did and did not do, newest first',
        tags,
        params,
        querystring: z.object(page),
        response: answers({ 200: listOf(RunOut) }),
      },
    },
    async ({ caller, params, query }) => {
      const shown = await listRuns(house, caller, params.id, query)
      return { ...shown, data: shown.data.map(presentRun) }
    },
  )
}

/** The contract's words in ours. */
function asked<Given extends { if?: unknown; then?: unknown }>({
  if: condition,
  then: action,
  ...rest
}: Given) {
  return { ...rest, condition, action } as Omit<Given, 'if' | 'then'> & {
    condition: Given['if']
    action: Given['then']
  }
}

function present(automation: Automation) {
  const { nextAt, createdAt, condition, action, ...rest } = automation
  return {
    ...rest,
    if: condition as Record<string, unknown>,
    then: action,
    nextAt: nextAt?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
  }
}

function presentRun({ id: runId, at, status, reason, generatedId, credits, cause }: AutomationRun) {
  return {
    ...{ id: runId, status, reason, generatedId },
    at: at.toISOString(),
    credits: toJson(credits),
    cause: cause.slice(0, cause.indexOf(':')) as 'schedule' | 'item' | 'asked',
  }
}
