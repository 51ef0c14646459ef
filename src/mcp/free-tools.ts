import { z } from 'zod'
import { ask } from '../ask/service/ask.ts'
import { listBriefs } from '../briefs/service/define.ts'
import { generateBrief } from '../briefs/service/generate.ts'
import { presentBalance } from '../charges/charge.ts'
import { readBalance } from '../charges/service/balance.ts'
import { readUsage } from '../insight/service/usage.ts'
import { parseCredits, sayAvailable, sayCredits, toJson, ZERO } from '../kit/credits.ts'
import { pageOf, readCursor } from '../kit/cursor.ts'
import { invalid } from '../kit/problem.ts'
import { id, text, time } from '../platform/shapes.ts'
import { presentResult, presentTracker } from '../trackers/routes/shapes.ts'
import { listResults, listTrackers } from '../trackers/service/read.ts'
import { period, termsOf } from './charged-tools.ts'
import { type Given, type Tool, tool } from './tool.ts'

const page = {
  limit: z.number().int().min(1).max(100).default(50),
  cursor: text(500).optional().meta({ description: 'nextCursor of the page before.' }),
}
const List = z.object({ data: z.array(z.looseObject({})), nextCursor: z.string().nullable() })

/** The tools that cost nothing. */
export const freeTools: Tool[] = [
  tool({
    name: 'estimate_request',
    title: 'Estimate a request',
    description:
      'Tells what ask_account, ask_deal or generate_brief would cost right now, how many calls and emails ' +
      'they would read, and whether the balance covers it. Free.',
    spends: false,
    input: z.strictObject({
      tool: z.enum(['ask_account', 'ask_deal', 'generate_brief']),
      id: id.meta({ description: 'The id of the account, deal, contact or lead.' }),
      entityType: z
        .enum(['account', 'deal', 'contact', 'lead'])
        .optional()
        .meta({ description: 'Of generate_brief; account unless given.' }),
      briefName: text(200).optional().meta({ description: 'Of generate_brief.' }),
      timePeriod: period,
    }),
    output: z.object({
      credits: z.number(),
      available: z.number(),
      sufficient: z.boolean(),
      callsSearched: z.number(),
      emailsSearched: z.number(),
    }),
    async run(deps, caller, asked) {
      const { tool, briefName, timePeriod } = asked
      const terms = { ...termsOf(tool, {}), dryRun: true }
      if (tool !== 'generate_brief') {
        const type = tool === 'ask_account' ? ('account' as const) : ('deal' as const)
        const question = { question: '', entity: { type, id: asked.id }, timePeriod }
        return estimated(await ask(deps, caller, terms, question))
      }
      if (briefName === undefined) throw invalid('briefName', 'is needed for generate_brief')
      const entity = { type: asked.entityType ?? ('account' as const), id: asked.id }
      const brief = { brief: { name: briefName }, entity, timePeriod }
      return estimated(await generateBrief(deps, caller, terms, brief))
    },
  }),
  tool({
    name: 'get_credit_balance',
    title: 'Read the credit balance',
    description:
      'Tells how many credits are available, held and used, and how much of all is used. Free.',
    scope: 'credits:read',
    spends: false,
    input: z.strictObject({}),
    output: z.looseObject({ available: z.number(), held: z.number(), status: z.string() }),
    async run(deps, caller) {
      const { asOf, status, ...balance } = await readBalance(deps, caller.companyNo)
      return listed({ asOf: asOf.toISOString(), status, ...presentBalance(balance) })
    },
  }),
  tool({
    name: 'get_credit_usage',
    title: 'Read the use of credits',
    description:
      'Tells what credits were used by day, week or month, split by feature, instance, integration, member, ' +
      'team or item type where asked; the last 90 days unless given. Free.',
    scope: 'credits:read',
    spends: false,
    input: z.strictObject({
      from: time.optional(),
      to: time.optional(),
      granularity: z.enum(['day', 'week', 'month']).default('day'),
      groupBy: z
        .enum(['feature', 'instance', 'integration', 'member', 'team', 'itemType'])
        .optional(),
    }),
    output: z.object({ data: z.array(z.looseObject({})) }),
    async run(deps, caller, asked) {
      const data = (await readUsage(deps, caller, asked)).map((row) => ({
        start: row.start.toISOString(),
        key: row.key,
        name: row.name,
        credits: toJson(row.credits),
        calls: Number(row.calls),
        emails: Number(row.emails),
        requests: Number(row.requests),
      }))
      return listed({ data })
    },
  }),
  tool({
    name: 'list_briefs',
    title: 'List briefs',
    description:
      'Lists the published templates that generate_brief takes, with their sections. Free.',
    scope: 'ai:brief',
    spends: false,
    input: z.strictObject(page),
    output: List,
    async run(deps, caller, asked) {
      const { data, nextCursor } = await listBriefs(deps, caller, asked)
      const published = data.filter(({ status }) => status === 'published')
      const briefs = published.map(({ id: briefId, name, sections }) => ({
        ...{ id: briefId, name },
        sections: sections.map(({ title, source, question }) => ({ title, source, question })),
      }))
      return listed({ data: briefs, nextCursor })
    },
  }),
  tool({
    name: 'list_trackers',
    title: 'List trackers',
    description: 'Lists the trackers: what each looks for, and whether it goes on. Free.',
    scope: 'trackers:read',
    spends: false,
    input: z.strictObject(page),
    output: List,
    async run(deps, caller, { limit, cursor }) {
      const [at, last] = readCursor(cursor, 'time', 'text') ?? []
      const before = at && last !== undefined ? { at, id: last } : undefined
      const views = await listTrackers(deps, caller, { before, limit: limit + 1 })
      const shown = pageOf(views, limit, ({ tracker }) => [tracker.createdAt, tracker.id])
      return listed({ ...shown, data: shown.data.map(presentTracker) })
    },
  }),
  tool({
    name: 'get_tracker_results',
    title: 'Read what a tracker found',
    description:
      'Reads what a tracker found in calls and emails, the latest processed first, with quotes. Free, always.',
    scope: 'trackers:read',
    spends: false,
    input: z.strictObject({
      trackerId: id,
      found: z
        .boolean()
        .optional()
        .meta({ description: 'Only where it found something, or nothing.' }),
      from: time.optional(),
      to: time.optional(),
      ...page,
    }),
    output: List.extend({ dataAsOf: z.string() }),
    async run(deps, caller, { trackerId, limit, cursor, ...filter }) {
      const [at, no] = readCursor(cursor, 'time', 'bigint') ?? []
      const before = at && no !== undefined ? { at, no } : undefined
      const asked = { ...filter, before, limit: limit + 1 }
      const { rows, view } = await listResults(deps, caller, trackerId, asked)
      const shown = pageOf(rows, limit, (row) => [row.processedAt, row.itemNo])
      const data = shown.data.map((row) => presentResult(row, caller.companyId))
      return listed({ ...shown, data, dataAsOf: view.upToDateUntil.toISOString() })
    },
  }),
]

function estimated({
  body: { credits, balance, callsSearched, emailsSearched },
}: {
  body: {
    credits: number
    balance: { available: number }
    callsSearched: number
    emailsSearched: number
  }
}): Given {
  const { available } = balance
  const sufficient = credits <= available
  const structured = { credits, available, sufficient, callsSearched, emailsSearched }
  const exact = (amount: number) => parseCredits(amount) ?? ZERO
  const read = `${callsSearched} calls, ${emailsSearched} emails`
  const text = `It would cost ${sayCredits(exact(credits))} (${read}); ${sayAvailable(exact(available))}.`
  return { structured, text, charged: ZERO }
}

function listed(structured: object): Given {
  return { structured, text: JSON.stringify(structured), charged: ZERO }
}
