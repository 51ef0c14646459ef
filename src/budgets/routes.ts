import { z } from 'zod'
import { toJson } from '../kit/credits.ts'
import type { App } from '../platform/app.ts'
import { amount, answers, credits, id, listOf, nothing, page, timeOut } from '../platform/shapes.ts'
import { type Budget, periodKinds, remainingOf, scopeTypes, warnings } from './budget.ts'
import {
  changeBudget,
  type Deps,
  listBudgets,
  makeBudget,
  readBudget,
  removeBudget,
} from './service/budgets.ts'

const Scope = z.strictObject({
  type: z.enum(scopeTypes),
  id: id.meta({
    description: 'Of the team, member, integration or instance; the name of the feature.',
  }),
})
const period = z.enum(periodKinds)

const NewBudget = z.strictObject({ scope: Scope, period, credits: amount })
const BudgetChange = z.strictObject({
  scope: Scope.optional(),
  period: period.optional(),
  credits: amount.optional(),
})

const BudgetOut = z
  .object({
    id: z.string(),
    scope: z.object({ type: z.enum(scopeTypes), id: z.string() }),
    period,
    credits,
    used: credits.meta({ description: 'Charged in the period, less refunds of those charges.' }),
    held: credits,
    remaining: credits,
    periodStart: timeOut,
    periodEnd: timeOut,
    warned: z
      .array(z.number().int())
      .meta({ description: 'The percentages told of in this period.' }),
    createdAt: timeOut,
  })
  .meta({ id: 'Budget' })

const tags = ['budgets']
const params = z.object({ id })

/** Caps on what a team, member, integration, feature or instance may use. */
export function budgetRoutes(app: App, house: Deps): void {
  app.post(
    '/v1/budgets',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Make a budget',
        tags,
        body: NewBudget,
        response: answers({ 201: BudgetOut }, 409, 422),
      },
    },
    async ({ db, caller, body }, reply) =>
      reply.code(201).send(present(await makeBudget({ ...house, db }, caller, body))),
  )
  app.get(
    '/v1/budgets',
    {
      config: { access: 'credits:read' },
      schema: {
        summary: 'List budgets, newest first',
        tags,
        querystring: z.object(page),
        response: answers({ 200: listOf(BudgetOut) }),
      },
    },
    async ({ caller, query }) => {
      const { data, nextCursor } = await listBudgets(house, caller, query)
      return { data: data.map(present), nextCursor }
    },
  )
  app.get(
    '/v1/budgets/:id',
    {
      config: { access: 'credits:read' },
      schema: { summary: 'Read a budget', tags, params, response: answers({ 200: BudgetOut }) },
    },
    async ({ caller, params }) => present(await readBudget(house, caller, params.id)),
  )
  app.patch(
    '/v1/budgets/:id',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Change a budget',
        tags,
        params,
        body: BudgetChange,
        response: answers({ 200: BudgetOut }, 422),
      },
    },
    async ({ db, caller, params, body }) =>
      present(await changeBudget({ ...house, db }, caller, params.id, given(body))),
  )
  app.put(
    '/v1/budgets/:id',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Replace a budget',
        tags,
        params,
        body: NewBudget,
        response: answers({ 200: BudgetOut }, 422),
      },
    },
    async ({ db, caller, params, body }) =>
      present(await changeBudget({ ...house, db }, caller, params.id, body)),
  )
  app.delete(
    '/v1/budgets/:id',
    {
      config: { access: 'admin' },
      schema: { summary: 'Take a budget away', tags, params, response: answers({ 204: nothing }) },
    },
    async ({ db, caller, params }, reply) => {
      await removeBudget({ ...house, db }, caller, params.id)
      return reply.code(204).send()
    },
  )
}

/** What of a change is given. */
function given<Change extends object>(change: Change) {
  const entries = Object.entries(change).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [Key in keyof Change]: NonNullable<Change[Key]> }
}

function present(budget: Budget) {
  const { id, scope, period, told } = budget
  return {
    ...{ id, scope, period },
    credits: toJson(budget.credits),
    used: toJson(budget.used),
    held: toJson(budget.held),
    remaining: toJson(remainingOf(budget)),
    periodStart: new Date(budget.periodStart).toISOString(),
    periodEnd: new Date(budget.periodEnd).toISOString(),
    warned: warnings.filter((percent) => percent <= told),
    createdAt: new Date(budget.createdAt).toISOString(),
  }
}
