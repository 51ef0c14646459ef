import type { Findings } from '../../ask/ask.ts'
import type { AskedPeriod } from '../../ask/period.ts'
import { ask } from '../../ask/service/ask.ts'
import type { Answered, Terms } from '../../ask/service/deps.ts'
import { generateBrief } from '../../briefs/service/generate.ts'
import type { EntityType } from '../../conversations/selection.ts'
import { findEntityByCrmId } from '../../conversations/service/entities.ts'
import type { Caller } from '../../kit/caller.ts'
import { notFound } from '../../kit/problem.ts'
import { itemIdOf } from '../ids.ts'
import { numbersOf } from '../store.ts'
import type { GongDeps } from './deps.ts'
import { workspaceOf } from './surroundings.ts'

/** About whom, and of when. */
export interface EntityQuestion extends AskedPeriod {
  workspaceId: string
  crmEntityType: 'ACCOUNT' | 'CONTACT' | 'DEAL' | 'LEAD'
  crmEntityId: string
}

/** `ask` about what a CRM names: the same price, the same charge, the same key. */
export async function askEntity(
  deps: GongDeps,
  caller: Caller,
  terms: Terms,
  { question, ...about }: EntityQuestion & { question: string },
) {
  const subject = await subjectOf(deps, caller, about)
  const done = await ask(deps, caller, terms, { ...subject, question })
  const { answer, callsSearched, emailsSearched } = done.body
  const found = (answer ?? []).map(({ callFindings, emailFindings }) => {
    return { callFindings, emailFindings }
  })
  const findings = await findingsOut(deps, caller, found)
  return answered(done, {
    numOfCallsSearched: callsSearched,
    numOfEmailsSearched: emailsSearched,
    answer: mapped(answer, ({ text }, i) => ({ answerItems: [text], ...findings[i]! })),
  })
}

/** `generateBrief` about what a CRM names: the same price, the same charge, the same key. */
export async function getBrief(
  deps: GongDeps,
  caller: Caller,
  terms: Terms,
  { briefName, ...about }: EntityQuestion & { briefName: string },
) {
  const { entity, ...period } = await subjectOf(deps, caller, about)
  const asked = { brief: { name: briefName }, entity, ...period }
  const done = await generateBrief(deps, caller, terms, asked)
  const { sections, callsSearched, emailsSearched } = done.body
  const found = (sections ?? []).map((section) => section.findings)
  const findings = await findingsOut(deps, caller, found)
  return answered(done, {
    numOfCallsSearched: callsSearched,
    numOfEmailsSearched: emailsSearched,
    briefSections: mapped(sections, ({ title, text, source }, i) => ({
      title,
      sectionSummary: text === null ? [] : text.split('\n\n'),
      briefSectionType:
        source === 'trackers' ? ('CrmOrGongData' as const) : ('Conversations' as const),
      conversationFindings: findings[i]!,
    })),
  })
}

async function subjectOf({ db }: GongDeps, caller: Caller, asked: EntityQuestion) {
  const { workspaceId, crmEntityType, crmEntityId, timePeriod, from, to } = asked
  const type = crmEntityType.toLowerCase() as EntityType
  const entity = await db.snapshot(caller.companyNo, async (tx) => {
    await workspaceOf(tx, caller, { workspaceId })
    return findEntityByCrmId(tx, caller.companyNo, type, crmEntityId)
  })
  if (!entity) throw notFound(type, crmEntityId)
  return { entity: { type, id: entity.id }, timePeriod, from, to }
}

/** Findings by the ids of these doors; what has been taken out meanwhile is left out. */
async function findingsOut({ db }: GongDeps, caller: Caller, all: readonly Findings[]) {
  const { companyNo } = caller
  const ids = (of: (one: Findings) => Findings['callFindings']) =>
    all.flatMap(of).map(({ id }) => id)
  return db.snapshot(companyNo, async (tx) => {
    const { names } = await workspaceOf(tx, caller)
    const calls = await numbersOf(
      tx,
      companyNo,
      'call',
      ids((one) => one.callFindings),
    )
    const emails = await numbersOf(
      tx,
      companyNo,
      'email',
      ids((one) => one.emailFindings),
    )
    return all.map(({ callFindings, emailFindings }) => ({
      callFindings: callFindings.flatMap(({ id, title, at, url }) => {
        const no = calls.get(id)
        if (no === undefined) return []
        return [{ call: { id: itemIdOf({ no, id }, names), title, started: at, url } }]
      }),
      emailFindings: emailFindings.flatMap(({ id, title, at }) => {
        const no = emails.get(id)
        if (no === undefined) return []
        return [{ emails: [{ id: itemIdOf({ no, id }, names), title, sentDateTime: at }] }]
      }),
    }))
  })
}

function answered<Body>(done: Answered<unknown>, body: Body): Answered<Body> {
  return { ...done, body }
}

/** What is gone stays gone: null is no empty list. */
function mapped<Row, Out>(rows: readonly Row[] | null, one: (row: Row, place: number) => Out) {
  return rows === null ? null : rows.map(one)
}
