import { keepBrief } from '../../briefs/service/define.ts'
import { recordAudit } from '../../companies/service/audit.ts'
import { readOneEntity } from '../../conversations/service/entities.ts'
import { type Caller, type CompanyNo, requireScope } from '../../kit/caller.ts'
import { pageOf, readCursor } from '../../kit/cursor.ts'
import { notFound, Problem, unprocessable } from '../../kit/problem.ts'
import { companyTime } from '../../platform/company-time.ts'
import { joined, type Tx } from '../../platform/database.ts'
import { newId } from '../../platform/ids.ts'
import { enqueue, forgetJob } from '../../platform/queue.ts'
import { missingOf } from '../../trackers/service/currency.ts'
import type { Use } from '../../trackers/service/deps.ts'
import {
  type Action,
  type Automation,
  type AutomationRun,
  type Condition,
  faultIn,
  nextTime,
  type When,
} from '../automation.ts'
import * as store from '../store.ts'
import type { AutomationDeps } from './deps.ts'

export interface NewAutomation {
  name: string
  enabled?: boolean | undefined
  when: When
  condition?: Condition | undefined
  action: Action
}

type Deps = Pick<AutomationDeps, 'db' | 'clock'>

/** Sets an automation up; it is on unless it says otherwise. */
export async function makeAutomation(
  deps: Deps,
  caller: Caller,
  asked: NewAutomation,
): Promise<Automation> {
  requireScope(caller, 'trackers:write')
  return deps.db.company(caller.companyNo, async (tx) => {
    const automation: Automation = {
      id: newId('aut'),
      name: asked.name,
      enabled: asked.enabled ?? true,
      when: asked.when,
      condition: asked.condition ?? {},
      action: asked.action,
      nextAt: null,
      createdBy: caller.memberId ?? null,
      createdAt: await companyTime(tx, caller.companyNo, deps.clock),
    }
    const made = await write(deps, tx, caller, automation)
    const object = { type: 'automation', id: made.id }
    await recordAudit(tx, caller, 'automation.create', object, null, said(made))
    return made
  })
}

/** Changes an automation; its schedule counts from now. */
export async function changeAutomation(
  deps: Deps,
  caller: Caller,
  id: string,
  asked: Partial<NewAutomation>,
): Promise<Automation> {
  requireScope(caller, 'trackers:write')
  return deps.db.company(caller.companyNo, async (tx) => {
    const before = await lock(tx, caller.companyNo, id)
    const after = await write(deps, tx, caller, {
      ...before,
      name: asked.name ?? before.name,
      enabled: asked.enabled ?? before.enabled,
      when: asked.when ?? before.when,
      condition: asked.condition ?? before.condition,
      action: asked.action ?? before.action,
    })
    const object = { type: 'automation', id }
    await recordAudit(tx, caller, 'automation.change', object, said(before), said(after))
    return after
  })
}

/** Deletes an automation with its log; what it has generated stays. */
export async function removeAutomation({ db }: Deps, caller: Caller, id: string): Promise<void> {
  requireScope(caller, 'trackers:write')
  await db.company(caller.companyNo, async (tx) => {
    const before = await lock(tx, caller.companyNo, id)
    await store.deleteAutomation(tx, caller.companyNo, id)
    await forgetJob(tx, caller.companyNo, scheduleKey(id))
    await recordAudit(
      tx,
      caller,
      'automation.delete',
      { type: 'automation', id },
      said(before),
      null,
    )
  })
}

export async function readAutomation(
  { db }: Pick<Deps, 'db'>,
  caller: Caller,
  id: string,
): Promise<Automation> {
  requireScope(caller, 'trackers:read')
  return db.snapshot(caller.companyNo, async (tx) => {
    const automation = await store.readAutomation(tx, caller.companyNo, id)
    if (!automation) throw notFound('automation', id)
    return automation
  })
}

/** Automations, newest first. */
export async function listAutomations(
  { db }: Pick<Deps, 'db'>,
  caller: Caller,
  page: { limit: number; cursor?: string | undefined },
): Promise<{ data: Automation[]; nextCursor: string | null }> {
  requireScope(caller, 'trackers:read')
  const after = readCursor(page.cursor, 'time', 'text')
  const rows = await db.snapshot(caller.companyNo, (tx) =>
    store.readAutomations(tx, caller.companyNo, after, page.limit + 1),
  )
  return pageOf(rows, page.limit, (automation) => [automation.createdAt, automation.id])
}

/** What an automation did and did not do, newest first. */
export async function listRuns(
  { db }: Pick<Deps, 'db'>,
  caller: Caller,
  id: string,
  page: { limit: number; cursor?: string | undefined },
): Promise<{ data: AutomationRun[]; nextCursor: string | null }> {
  requireScope(caller, 'trackers:read')
  const { companyNo } = caller
  const [at, last] = readCursor(page.cursor, 'time', 'text') ?? []
  const before = at && last !== undefined ? { at, id: last } : undefined
  const rows = await db.snapshot(companyNo, async (tx) => {
    if (!(await store.readAutomation(tx, companyNo, id))) throw notFound('automation', id)
    return store.readRuns(tx, companyNo, id, before, page.limit + 1)
  })
  return pageOf(rows, page.limit, (run) => [run.at, run.id])
}

/** The automations that a tracker sets off, which keep it from being deleted. */
export async function automationsUsing(
  tx: Tx,
  companyNo: CompanyNo,
  trackerId: string,
): Promise<Use[]> {
  return (await store.readUsing(tx, companyNo, { trackerId })).map(asUse)
}

/** The automations that generate from a brief, which keep it from being deleted. */
export async function automationsOfBrief(
  tx: Tx,
  companyNo: CompanyNo,
  briefId: string,
): Promise<Use[]> {
  return (await store.readUsing(tx, companyNo, { briefId })).map(asUse)
}

/** Leaves the job for the next time of a schedule, in place of any that waits. */
export async function enqueueNext(
  tx: Tx,
  companyNo: CompanyNo,
  { id, nextAt }: { id: string; nextAt: Date },
): Promise<void> {
  const payload = { automationId: id, at: nextAt.toISOString() }
  await enqueue(tx, 'automation.due', payload, { companyNo, key: scheduleKey(id), runAt: nextAt })
}

function scheduleKey(id: string): string {
  return `automation:${id}`
}

function asUse({ id, name }: { id: string; name: string }): Use {
  return { type: 'automation', id, name }
}

async function lock(tx: Tx, companyNo: CompanyNo, id: string): Promise<Automation> {
  const automation = await store.readAutomation(tx, companyNo, id, true)
  if (!automation) throw notFound('automation', id)
  return automation
}

async function write(deps: Deps, tx: Tx, caller: Caller, asked: Automation): Promise<Automation> {
  const { companyNo } = caller
  await check(deps, tx, caller, asked)
  const { timezone } = await store.readCompany(tx, companyNo)
  const now = await companyTime(tx, companyNo, deps.clock)
  const { when, enabled } = asked
  const nextAt = enabled && when.type === 'schedule' ? nextTime(when, now, timezone) : null
  const automation = { ...asked, nextAt }
  await store.writeAutomation(tx, companyNo, automation)
  if (nextAt) await enqueueNext(tx, companyNo, { id: asked.id, nextAt })
  else await forgetJob(tx, companyNo, scheduleKey(asked.id))
  return automation
}

async function check(
  deps: Deps,
  tx: Tx,
  caller: Caller,
  automation: Pick<Automation, 'when' | 'action'>,
): Promise<void> {
  const { companyNo } = caller
  const { when, action } = automation
  const fault = faultIn(automation)
  if (fault) throw unprocessable('then.entity', fault)
  if (!(await keepBrief(tx, companyNo, action.briefId))) {
    throw unprocessable('then.briefId', `there is no brief ${JSON.stringify(action.briefId)}`)
  }
  if (when.type === 'tracker_hit') {
    if ((await missingOf(tx, companyNo, [when.trackerId])) !== undefined) {
      throw unprocessable('when.trackerId', `there is no tracker ${JSON.stringify(when.trackerId)}`)
    }
  }
  const known = await store.readActive(tx, companyNo, action.deliverTo)
  const unknown = action.deliverTo.find((id) => !known.includes(id))
  if (unknown !== undefined) {
    throw unprocessable('then.deliverTo', `there is no member ${JSON.stringify(unknown)}`)
  }
  if (action.entity === 'trigger') return
  const { type, id } = action.entity
  const within = { db: joined(deps.db, companyNo, tx) }
  await readOneEntity(within, caller, type, id).catch((error: unknown) => {
    if (!(error instanceof Problem)) throw error
    throw unprocessable('then.entity', `there is no ${type} ${JSON.stringify(id)}`)
  })
}

function said({ name, enabled, when, condition, action }: Automation) {
  return { name, enabled, when, condition, action }
}
