import { createHash } from 'node:crypto'
import type { BriefBody } from '../../briefs/present.ts'
import { generateBrief } from '../../briefs/service/generate.ts'
import { readersOf } from '../../briefs/service/read.ts'
import { readBalance } from '../../charges/service/balance.ts'
import type { Item } from '../../conversations/items.ts'
import type { ItemQuery } from '../../conversations/selection.ts'
import { readItems } from '../../conversations/service/read-items.ts'
import { actorOf, type Caller, type CompanyNo, requireScope, theHouse } from '../../kit/caller.ts'
import { parseCredits } from '../../kit/credits.ts'
import { notFound, Problem } from '../../kit/problem.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Tx } from '../../platform/database.ts'
import { newId } from '../../platform/ids.ts'
import { selectionOf } from '../../streams/service/read.ts'
import {
  type Action,
  type Automation,
  type AutomationRun,
  type SkipReason,
  skipReasonOf,
} from '../automation.ts'
import * as store from '../store.ts'
import type { AutomationDeps } from './deps.ts'

/** What set an automation off. */
export interface Cause {
  /** Its name, by which it does so once. */
  name: string
  itemNo?: bigint | undefined
  /** Who asked for it, when a person or program did. */
  by?: Caller | undefined
}

/**
 * Does what an automation is for, once per cause, and logs what came of it. With no credits left nothing
 * is made, whatever it would cost. Gives nothing when it is gone or switched off.
 */
export async function runAutomation(
  deps: AutomationDeps,
  companyNo: CompanyNo,
  id: string,
  cause: Cause,
  isLastAttempt: boolean,
): Promise<AutomationRun | undefined> {
  const found = await deps.db.snapshot(companyNo, (tx) => prepare(tx, companyNo, id, cause))
  if (!found || 'run' in found) return found?.run
  const { automation, entity, skip, companyId, item } = found
  const log = (end: End) => finish(deps, companyNo, automation, cause, item, end)
  if (skip) return log({ status: 'skipped', reason: skip })
  if (await isSpent(deps, companyNo)) return log({ status: 'skipped', reason: 'out_of_credits' })
  try {
    const body = await generate(deps, automation, cause, entity!, companyNo, companyId)
    return await log({ status: 'done', reason: null, body, entity: entity! })
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const reason = skipReasonOf(error.code)
    if (reason) {
      const isOut = reason === 'insufficient_credits' && (await isSpent(deps, companyNo))
      return log({ status: 'skipped', reason: isOut ? 'out_of_credits' : reason })
    }
    if (!isLastAttempt) throw error
    return log({ status: 'failed', reason: error.code.replaceAll('-', '_') })
  }
}

/** Runs an automation at once, on or off; it charges like any other time. */
export async function runNow(
  deps: AutomationDeps,
  caller: Caller,
  id: string,
  key: string,
): Promise<{ run: AutomationRun; replayed: boolean }> {
  requireScope(caller, 'trackers:write')
  const { companyNo } = caller
  const hash = createHash('sha256')
    .update(`${actorOf(caller)}\n${key}`)
    .digest('hex')
  const name = `asked:${key ? hash : newId('now')}`
  const before = await deps.db.snapshot(companyNo, (tx) => store.readRunOf(tx, companyNo, id, name))
  if (before) return { run: before, replayed: true }
  const run = await runAutomation(deps, companyNo, id, { name, by: caller }, true)
  if (!run) throw notFound('automation', id)
  return { run, replayed: false }
}

interface Prepared {
  automation: Automation
  companyId: string
  item: Item | undefined
  entity: Exclude<Action['entity'], 'trigger'> | undefined
  skip: SkipReason | undefined
}

/** Finds out whether an automation fits its cause, and whom it is about. */
async function prepare(
  tx: Tx,
  companyNo: CompanyNo,
  id: string,
  cause: Cause,
): Promise<Prepared | { run: AutomationRun } | undefined> {
  const run = await store.readRunOf(tx, companyNo, id, cause.name)
  if (run) return { run }
  const automation = await store.readAutomation(tx, companyNo, id)
  if (!automation || (!automation.enabled && !cause.by)) return undefined
  const { publicId: companyId } = await store.readCompany(tx, companyNo)
  const done = { automation, companyId, item: undefined, entity: undefined, skip: undefined }
  const { when, action } = automation
  if (when.type === 'schedule') {
    const isIdle = !cause.by && !(await hasNews(tx, companyNo, automation))
    if (action.entity === 'trigger') return { ...done, skip: 'no_entity' }
    return { ...done, entity: action.entity, skip: isIdle ? 'nothing_new' : undefined }
  }
  const nos = cause.itemNo === undefined ? {} : { nos: [cause.itemNo] }
  const item = await newestFitting(tx, companyNo, automation, nos)
  const needsItem = cause.itemNo !== undefined || action.entity === 'trigger'
  if (!item && needsItem) return { ...done, skip: 'does_not_fit' }
  const entity = action.entity === 'trigger' ? item && entityOf(item) : action.entity
  return { ...done, item, entity, skip: entity ? undefined : 'no_entity' }
}

/** The newest call or email that may set an automation off. */
async function newestFitting(
  tx: Tx,
  companyNo: CompanyNo,
  { when, condition }: Automation,
  narrowed: ItemQuery,
): Promise<Item | undefined> {
  const hits = when.type === 'tracker_hit' ? [when.trackerId] : []
  const { query, where } = selectionOf(companyNo, {
    ...condition,
    trackers: hits.map((trackerId) => ({ trackerId, found: true })),
  })
  const types = when.type === 'call_processed' ? { types: ['call' as const] } : {}
  const [item] = await readItems(
    tx,
    companyNo,
    { ...query, ...types, ...narrowed },
    { limit: 1, where },
  )
  return item
}

/** Whether anything that fits came since a schedule was last done; without a condition, always. */
async function hasNews(tx: Tx, companyNo: CompanyNo, automation: Automation): Promise<boolean> {
  if (Object.keys(automation.condition).length === 0) return true
  const arrivedFrom = await store.readLastDone(tx, companyNo, automation.id)
  return (await newestFitting(tx, companyNo, automation, { arrivedFrom })) !== undefined
}

function entityOf({ accountId, dealId }: Item): Exclude<Action['entity'], 'trigger'> | undefined {
  if (accountId !== null) return { type: 'account', id: accountId }
  return dealId === null ? undefined : { type: 'deal', id: dealId }
}

async function isSpent(deps: AutomationDeps, companyNo: CompanyNo): Promise<boolean> {
  const { available, held } = await readBalance(deps, companyNo)
  return available + held === 0n
}

async function generate(
  deps: AutomationDeps,
  { id, name, action }: Automation,
  cause: Cause,
  entity: Exclude<Action['entity'], 'trigger'>,
  companyNo: CompanyNo,
  companyId: string,
): Promise<BriefBody> {
  const door = { feature: 'automated_brief', instance: { id, name }, trigger: 'automation' }
  // Whoever takes over from a worker that ended finds the brief it had made.
  const key = { operation: 'automation', key: `${id}/${cause.name}`, asked: '' }
  const { memberId, integrationId } = cause.by ?? {}
  const caller: Caller = {
    ...theHouse(companyNo, companyId),
    ...(memberId === undefined ? {} : { memberId }),
    ...(integrationId === undefined ? {} : { integrationId }),
  }
  const { briefId, timePeriod } = action
  const asked = { brief: { id: briefId }, entity, timePeriod }
  return (await generateBrief(deps, caller, { door, key }, asked)).body
}

type End =
  | { status: 'skipped' | 'failed'; reason: string }
  | { status: 'done'; reason: null; body: BriefBody; entity: Exclude<Action['entity'], 'trigger'> }

/** Logs a run and delivers its brief, in one transaction; a second worker finds it logged. */
async function finish(
  deps: AutomationDeps,
  companyNo: CompanyNo,
  automation: Automation,
  cause: Cause,
  item: Item | undefined,
  end: End,
): Promise<AutomationRun> {
  const generatedId = end.status === 'done' ? end.body.id : null
  const { deliverTo } = automation.action
  const readers = generatedId ? await readersOf(deps, companyNo, generatedId, deliverTo) : []
  return deps.db.company(companyNo, async (tx) => {
    const memberIds = await store.readActive(tx, companyNo, readers)
    const isWithheld = end.status === 'done' && memberIds.length < deliverTo.length
    const run: AutomationRun = {
      id: newId('run'),
      automationId: automation.id,
      cause: cause.name,
      at: await companyTime(tx, companyNo, deps.clock),
      status: end.status,
      reason: isWithheld ? 'withheld_from_some' : end.reason,
      generatedId,
      credits: end.status === 'done' ? (parseCredits(end.body.credits) ?? 0n) : 0n,
      itemNo: item?.no ?? null,
    }
    const isFirst = await store.insertRun(tx, companyNo, run)
    if (!isFirst) return (await store.readRunOf(tx, companyNo, automation.id, cause.name)) ?? run
    if (end.status === 'done' && generatedId && memberIds.length) {
      const { body, entity } = end
      await deps.deliver(tx, companyNo, {
        automationId: automation.id,
        automationName: automation.name,
        briefId: body.briefId,
        briefName: body.name,
        ...{ generatedId, entity, memberIds },
        text: textOf(body),
      })
    }
    return run
  })
}

function textOf({ sections }: BriefBody): string {
  return (sections ?? []).map(({ title, text }) => `${title}\n\n${text ?? ''}`).join('\n\n\n')
}
