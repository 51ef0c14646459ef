import { z } from 'zod'
import { timePeriods } from '../ask/period.ts'
import { type Answer, ask } from '../ask/service/ask.ts'
import type { Answered, Terms } from '../ask/service/deps.ts'
import type { BriefBody } from '../briefs/present.ts'
import { generateBrief } from '../briefs/service/generate.ts'
import type { Caller } from '../kit/caller.ts'
import { canonical } from '../kit/canonical.ts'
import type { Credits } from '../kit/credits.ts'
import { amount, id, text } from '../platform/shapes.ts'
import { type Given, type Tool, type ToolDeps, tool } from './tool.ts'

const PRICES =
  'Spends credits of the company: by the standard rate card 0.1 for each email it reads, 0.5 for each ' +
  'call up to 10 minutes and 1 for each longer call, at most 60 calls and 500 emails. ' +
  'estimate_request tells the exact price beforehand, free. Nothing is charged when there is nothing to ' +
  'read, or when it fails.'

/** Of which time; a range of one's own is asked through the API. */
export const period = z
  .enum(timePeriods)
  .exclude(['CUSTOM_RANGE'])
  .optional()
  .meta({ description: "Which time, in the company's time zone; LAST_90DAYS unless given." })

const terms = {
  maxCredits: amount
    .optional()
    .meta({ description: 'Refuse, without any work, when it would cost more than this.' }),
  idempotencyKey: text(255).optional().meta({
    description: 'Asking again with the same key gives the first answer and charges nothing.',
  }),
}

const question = text(2000).meta({ description: 'What to find out, in plain words.' })

const Finding = z.object({
  id: z.string(),
  title: z.string(),
  at: z.string(),
  url: z.string(),
  quotes: z.array(z.string()),
})
const findings = { callFindings: z.array(Finding), emailFindings: z.array(Finding) }
const Balance = z.looseObject({ available: z.number(), held: z.number() })

const AnswerOut = z.object({
  answer: z.array(z.object({ text: z.string(), ...findings })).nullable(),
  callsSearched: z.number(),
  emailsSearched: z.number(),
  truncated: z.boolean(),
  credits: z.number(),
  balance: Balance,
})

const BriefOut = z.looseObject({
  id: z.string().nullable(),
  name: z.string(),
  sections: z
    .array(z.looseObject({ title: z.string(), text: z.string().nullable(), credits: z.number() }))
    .nullable(),
  callsSearched: z.number(),
  emailsSearched: z.number(),
  credits: z.number(),
  balance: Balance,
})

/** The tools that spend credits: the same services as the API's, at the same price. */
export const chargedTools: Tool[] = [
  askTool(
    'account',
    'an account: the company a customer or prospect works for, its deals and contacts included',
  ),
  askTool('deal', 'a deal'),
  tool({
    name: 'generate_brief',
    title: 'Generate a brief',
    description:
      'Generates a brief about an account, deal, contact or lead from one of the published templates that ' +
      `list_briefs names. Sections built on trackers are free; sections that read calls or emails spend. ${PRICES}`,
    scope: 'ai:brief',
    spends: true,
    input: z.strictObject({
      briefName: text(200).meta({ description: 'The name of a published template.' }),
      entityType: z.enum(['account', 'deal', 'contact', 'lead']),
      entityId: id,
      timePeriod: period,
      ...terms,
    }),
    output: BriefOut,
    async run(deps, caller, asked) {
      const { briefName: name, entityType: type, entityId, timePeriod } = asked
      const about = { brief: { name }, entity: { type, id: entityId }, timePeriod }
      return givenBrief(await generateBrief(deps, caller, termsOf('generate_brief', asked), about))
    },
  }),
]

function askTool(type: 'account' | 'deal', about: string): Tool {
  const name = `ask_${type}`
  return tool({
    name,
    title: `Ask about ${type === 'account' ? 'an account' : 'a deal'}`,
    description:
      `Answers a question from the calls and emails of ${about}; cites the calls and emails it stands on, ` +
      `with quotes. ${PRICES}`,
    scope: 'ai:ask',
    spends: true,
    input: z.strictObject({
      id: id.meta({ description: `The id of the ${type}.` }),
      question,
      timePeriod: period,
      ...terms,
    }),
    output: AnswerOut,
    run: (deps, caller, asked) => answerOf(deps, caller, termsOf(name, asked), type, asked),
  })
}

async function answerOf(
  deps: ToolDeps,
  caller: Caller,
  terms: Terms,
  type: 'account' | 'deal',
  asked: { id: string; question: string; timePeriod?: z.output<typeof period> },
): Promise<Given> {
  const { question, timePeriod } = asked
  const entity = { type, id: asked.id }
  return given(await ask(deps, caller, terms, { question, entity, timePeriod }))
}

/** How a tool's use is charged: to the door and the tool. Its key belongs to the tool. */
export function termsOf(
  name: string,
  asked: { maxCredits?: Credits | undefined; idempotencyKey?: string | undefined },
): Terms {
  const { maxCredits, idempotencyKey, ...rest } = asked
  const door = { feature: 'mcp', instance: { id: name, name }, trigger: 'mcp' }
  const operation = `mcp ${name}`
  const key =
    idempotencyKey === undefined
      ? undefined
      : { operation, key: idempotencyKey, asked: `${operation}\n${canonical(rest)}` }
  return { door, maxCredits, key }
}

function given({ body, charged, available }: Answered<Answer>): Given {
  const { answer, truncated, callsSearched, emailsSearched } = body
  const paragraphs = (answer ?? []).map(({ text, callFindings, emailFindings }) => {
    const cited = [...callFindings, ...emailFindings].map(
      ({ id, title, quotes }) => `  - ${title} (${id}): ${quotes.map((q) => `“${q}”`).join(' ')}`,
    )
    return [text, ...cited].join('\n')
  })
  const read = `Read ${callsSearched} calls and ${emailsSearched} emails${truncated ? ', the newest of more' : ''}.`
  const said = answer ? paragraphs.join('\n\n') : 'The answer is no longer kept.'
  return { structured: body, text: `${said}\n\n${read}`, charged, available }
}

function givenBrief({ body, charged, available }: Answered<BriefBody>): Given {
  const sections = (body.sections ?? []).map(
    ({ title, text, stale }) =>
      `${title}\n${text ?? 'No longer kept.'}${stale ? `\n(Data is old: ${stale.reason}.)` : ''}`,
  )
  return { structured: body, text: sections.join('\n\n'), charged, available }
}
