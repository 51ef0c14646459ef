import { type SqlBool, sql } from 'kysely'
import type { TimePeriod } from '../ask/period.ts'
import type { CompanyNo } from '../kit/caller.ts'
import { arrayOf, textArray } from '../platform/arrays.ts'
import type { Tx } from '../platform/database.ts'
import { type After, newestFirst } from '../platform/newest-first.ts'
import type { Run } from '../platform/run.ts'
import type { Action, Automation, AutomationRun, Condition, When } from './automation.ts'

const columns = [
  'id',
  'name',
  'enabled',
  'trigger',
  'filter',
  'briefId',
  'entity',
  'timePeriod',
  'deliverTo',
  'nextAt',
  'createdBy',
  'createdAt',
] as const

function base(tx: Tx, companyNo: CompanyNo) {
  return tx.selectFrom('automation').select(columns).where('companyId', '=', companyNo)
}

type Row = Awaited<ReturnType<ReturnType<typeof base>['executeTakeFirstOrThrow']>>

function automationOf(row: Row): Automation {
  const { trigger, filter, briefId, entity, timePeriod, deliverTo, ...rest } = row
  return {
    ...rest,
    when: trigger as unknown as When,
    condition: filter as unknown as Condition,
    action: {
      briefId,
      entity: (entity as unknown as Exclude<Action['entity'], 'trigger'> | null) ?? 'trigger',
      timePeriod: timePeriod as TimePeriod,
      deliverTo,
    },
  }
}

export async function readAutomation(
  tx: Tx,
  companyNo: CompanyNo,
  id: string,
  lock = false,
): Promise<Automation | undefined> {
  const query = base(tx, companyNo).where('id', '=', id)
  const row = await (lock ? query.forUpdate() : query).executeTakeFirst()
  return row && automationOf(row)
}

/** A page of automations, newest first. */
export async function readAutomations(
  tx: Tx,
  companyNo: CompanyNo,
  after: After,
  limit: number,
): Promise<Automation[]> {
  const rows = await newestFirst(base(tx, companyNo), 'createdAt', after, limit).execute()
  return rows.map(automationOf)
}

/** Writes an automation, new or changed. */
export async function writeAutomation(
  tx: Tx,
  companyNo: CompanyNo,
  automation: Automation,
): Promise<void> {
  const { when, action, id, createdBy, createdAt } = automation
  const { briefId, timePeriod, deliverTo } = action
  const changeable = {
    name: automation.name,
    enabled: automation.enabled,
    trigger: JSON.stringify(when),
    triggerType: when.type,
    trackerId: when.type === 'tracker_hit' ? when.trackerId : null,
    onBackfilled: when.type === 'tracker_hit' && when.backfilled,
    filter: JSON.stringify(automation.condition),
    entity: action.entity === 'trigger' ? null : JSON.stringify(action.entity),
    nextAt: automation.nextAt,
    ...{ briefId, timePeriod, deliverTo },
  }
  await tx
    .insertInto('automation')
    .values({ companyId: companyNo, id, createdBy, createdAt, ...changeable })
    .onConflict((it) => it.columns(['companyId', 'id']).doUpdateSet(changeable))
    .execute()
}

export async function moveNext(
  tx: Tx,
  companyNo: CompanyNo,
  id: string,
  nextAt: Date,
): Promise<void> {
  await sql`update automation set next_at = ${nextAt}
    where company_id = ${companyNo} and id = ${id}`.execute(tx)
}

export async function deleteAutomation(tx: Tx, companyNo: CompanyNo, id: string): Promise<void> {
  await sql`delete from automation where company_id = ${companyNo} and id = ${id}`.execute(tx)
}

/** The automations that a tracker sets off, or that generate from a brief. */
export async function readUsing(
  tx: Tx,
  companyNo: CompanyNo,
  what: { trackerId: string } | { briefId: string },
): Promise<{ id: string; name: string }[]> {
  const condition =
    'trackerId' in what
      ? sql<SqlBool>`tracker_id = ${what.trackerId}`
      : sql<SqlBool>`brief_id = ${what.briefId}`
  const { rows } = await sql<{ id: string; name: string }>`
    select id, name from automation where company_id = ${companyNo} and ${condition}
    order by created_at`.execute(tx)
  return rows
}

/** Leaves a job for each automation that is set off by something found in an item, and each of these. */
export async function enqueueHits(
  run: Run,
  companyNo: CompanyNo,
  hits: readonly { trackerId: string; itemNo: bigint; fromBackfill: boolean }[],
): Promise<void> {
  await run(
    'automation-hits',
    `select enqueue_job('automation.run', $1,
       jsonb_build_object('automationId', a.id, 'cause', 'item:' || no, 'itemNo', no::text),
       'automation:' || a.id || ':' || no, null, 5)
     from unnest($2::text[], $3::bigint[], $4::boolean[]) with ordinality as hit (tracker, no, backfilled, place)
     join automation a on a.company_id = $1 and a.tracker_id = hit.tracker
     where a.enabled and a.trigger_type = 'tracker_hit' and (a.on_backfilled or not backfilled)
     order by place`,
    [
      companyNo,
      textArray(hits.map(({ trackerId }) => trackerId)),
      arrayOf(hits.map(({ itemNo }) => itemNo)),
      arrayOf(hits.map(({ fromBackfill }) => fromBackfill)),
    ],
  )
}

/** Leaves a job for each automation that is set off by processed calls, and each of these. */
export async function enqueueCalls(
  run: Run,
  companyNo: CompanyNo,
  itemNos: readonly bigint[],
): Promise<void> {
  await run(
    'automation-calls',
    `select enqueue_job('automation.run', $1,
       jsonb_build_object('automationId', a.id, 'cause', 'item:' || no, 'itemNo', no::text),
       'automation:' || a.id || ':' || no, null, 5)
     from automation a cross join unnest($2::bigint[]) with ordinality as item (no, place)
     where a.company_id = $1 and a.enabled and a.trigger_type = 'call_processed' order by place`,
    [companyNo, arrayOf(itemNos)],
  )
}

const runColumns = sql.raw(`id, automation_id as "automationId", cause, at, status, reason,
  generated_id as "generatedId", credits, item_no as "itemNo"`)

/** What came of a cause, if anything did yet. */
export async function readRunOf(
  tx: Tx,
  companyNo: CompanyNo,
  automationId: string,
  cause: string,
): Promise<AutomationRun | undefined> {
  const { rows } = await sql<AutomationRun>`
    select ${runColumns} from automation_run
    where company_id = ${companyNo} and automation_id = ${automationId} and cause = ${cause}`.execute(
    tx,
  )
  return rows[0]
}

/** A page of an automation's log, newest first. */
export async function readRuns(
  tx: Tx,
  companyNo: CompanyNo,
  automationId: string,
  before: { at: Date; id: string } | undefined,
  limit: number,
): Promise<AutomationRun[]> {
  const { rows } = await sql<AutomationRun>`
    select ${runColumns} from automation_run
    where company_id = ${companyNo} and automation_id = ${automationId}
      ${before ? sql`and (at, id) < (${before.at}, ${before.id})` : sql``}
    order by at desc, id desc limit ${limit}`.execute(tx)
  return rows
}

/** Writes a run into the log; false when its cause has one already, or the automation is gone. */
export async function insertRun(
  tx: Tx,
  companyNo: CompanyNo,
  run: AutomationRun,
): Promise<boolean> {
  const { id, automationId, cause, status, reason, generatedId, credits, itemNo, at } = run
  const { rows } = await sql`
    insert into automation_run (company_id, id, automation_id, cause, status, reason, generated_id,
      credits, item_no, at)
    select ${companyNo}, ${id}, a.id, ${cause}, ${status}, ${reason}, ${generatedId}, ${credits}, ${itemNo}, ${at}
    from automation a where a.company_id = ${companyNo} and a.id = ${automationId}
    on conflict do nothing returning id`.execute(tx)
  return rows.length > 0
}

/** When an automation last did something. */
export async function readLastDone(
  tx: Tx,
  companyNo: CompanyNo,
  automationId: string,
): Promise<Date | undefined> {
  const { rows } = await sql<{ at: Date }>`
    select at from automation_run where company_id = ${companyNo} and automation_id = ${automationId}
      and status = 'done' order by at desc limit 1`.execute(tx)
  return rows[0]?.at
}

/** Those of some members who are still there. */
export async function readActive(
  tx: Tx,
  companyNo: CompanyNo,
  memberIds: readonly string[],
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from member where company_id = ${companyNo} and removed_at is null
      and id = any(${textArray(memberIds)}::text[]) order by id`.execute(tx)
  return rows.map(({ id }) => id)
}

/** The company's public id and its calendar. */
export async function readCompany(
  tx: Tx,
  companyNo: CompanyNo,
): Promise<{ publicId: string; timezone: string }> {
  return tx
    .selectFrom('company')
    .select(['publicId', 'timezone'])
    .where('id', '=', companyNo)
    .executeTakeFirstOrThrow()
}
