import { type SqlBool, sql } from 'kysely'
import type { Condition, EntityType } from '../conversations/selection.ts'
import type { CompanyNo } from '../kit/caller.ts'
import { arrayOf, textArray } from '../platform/arrays.ts'
import type { Tx } from '../platform/database.ts'
import { type After, newestFirst } from '../platform/newest-first.ts'
import type { Run } from '../platform/run.ts'
import {
  type Brief,
  emptied,
  type GeneratedBrief,
  type GeneratedSection,
  type Section,
  trackersIn,
} from './brief.ts'

const columns = ['id', 'name', 'status', 'sections', 'createdBy', 'createdAt', 'updatedAt'] as const

function base(tx: Tx, companyNo: CompanyNo) {
  return tx.selectFrom('brief').select(columns).where('companyId', '=', companyNo)
}

type Row = Awaited<ReturnType<ReturnType<typeof base>['executeTakeFirstOrThrow']>>

function briefOf(row: Row): Brief {
  return {
    ...row,
    status: row.status as Brief['status'],
    sections: row.sections as unknown as Section[],
  }
}

export async function readBrief(
  tx: Tx,
  companyNo: CompanyNo,
  id: string,
  lock = false,
): Promise<Brief | undefined> {
  const query = base(tx, companyNo).where('id', '=', id)
  const row = await (lock ? query.forUpdate() : query).executeTakeFirst()
  return row && briefOf(row)
}

/** Whether a template is there; nobody deletes it until the transaction ends. */
export async function keepBrief(run: Run, companyNo: CompanyNo, id: string): Promise<boolean> {
  const rows = await run(
    'brief-keep',
    'select 1 from brief where company_id = $1 and id = $2 for key share',
    [companyNo, id],
  )
  return rows.length > 0
}

/** The template of this name, whatever its case. */
export async function readBriefNamed(
  tx: Tx,
  companyNo: CompanyNo,
  name: string,
): Promise<Brief | undefined> {
  const row = await base(tx, companyNo)
    .where(sql<SqlBool>`lower(name) = lower(${name})`)
    .executeTakeFirst()
  return row && briefOf(row)
}

/** A page of templates, newest first. */
export async function readBriefs(
  tx: Tx,
  companyNo: CompanyNo,
  after: After,
  limit: number,
): Promise<Brief[]> {
  const rows = await newestFirst(base(tx, companyNo), 'createdAt', after, limit).execute()
  return rows.map(briefOf)
}

/** Writes a template, new or changed. */
export async function writeBrief(tx: Tx, companyNo: CompanyNo, brief: Brief): Promise<void> {
  const values = { ...brief, sections: JSON.stringify(brief.sections) }
  const { name, status, sections, updatedAt } = values
  await tx
    .insertInto('brief')
    .values({ companyId: companyNo, ...values })
    .onConflict((it) =>
      it.columns(['companyId', 'id']).doUpdateSet({ name, status, sections, updatedAt }),
    )
    .execute()
  await sql`delete from brief_tracker
    where company_id = ${companyNo} and brief_id = ${brief.id}`.execute(tx)
  await sql`insert into brief_tracker (company_id, brief_id, tracker_id)
    select ${companyNo}, ${brief.id}, unnest(${textArray(trackersIn(brief.sections))}::text[])`.execute(
    tx,
  )
}

export async function deleteBrief(tx: Tx, companyNo: CompanyNo, id: string): Promise<void> {
  await sql`delete from brief where company_id = ${companyNo} and id = ${id}`.execute(tx)
}

/** The templates with a section that reads a tracker. */
export async function readUsing(
  tx: Tx,
  companyNo: CompanyNo,
  trackerId: string,
): Promise<{ id: string; name: string }[]> {
  const { rows } = await sql<{ id: string; name: string }>`
    select b.id, b.name from brief_tracker t
    join brief b on b.company_id = t.company_id and b.id = t.brief_id
    where t.company_id = ${companyNo} and t.tracker_id = ${trackerId} order by b.created_at`.execute(
    tx,
  )
  return rows
}

/** Keeps a generated brief. */
export async function insertGenerated(
  run: Run,
  companyNo: CompanyNo,
  made: GeneratedBrief,
): Promise<void> {
  const nos = [...new Set(made.sections.flatMap(({ itemNos }) => itemNos))]
  await run(
    'brief-insert-generated',
    `insert into generated_brief (company_id, id, brief_id, name, entity_type, entity_id, sections,
       calls_searched, emails_searched, credits, charge_at, charge_seq, item_nos, made_by, created_at)
     values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9, $10, $11, $12, $13::bigint[], $14, $15)`,
    [
      ...[companyNo, made.id, made.briefId, made.name, made.entity.type, made.entity.id],
      ...[writeSections(made.sections), made.callsSearched, made.emailsSearched, made.credits],
      ...[made.charge?.at.toISOString() ?? null, made.charge?.seq ?? null, arrayOf(nos)],
      ...[made.madeBy, made.createdAt.toISOString()],
    ],
  )
}

interface GeneratedRow extends Omit<GeneratedBrief, 'entity' | 'charge'> {
  entityType: EntityType
  entityId: string
  chargeAt: Date | null
  chargeSeq: bigint | null
}

export interface GeneratedFilter {
  briefId?: string | undefined
  id?: string | undefined
  entity?: { type: EntityType; id: string } | undefined
  before?: { at: Date; id: string } | undefined
  limit: number
  /** The items that the reader may see: of a brief all that it stands on; undefined for everything. */
  visible: Condition | undefined
}

/** Generated briefs, newest first. */
export async function readGenerated(
  tx: Tx,
  companyNo: CompanyNo,
  { briefId, id, entity, before, limit, visible }: GeneratedFilter,
): Promise<GeneratedBrief[]> {
  const where: Condition[] = [sql`g.company_id = ${companyNo}`]
  if (briefId !== undefined) where.push(sql`g.brief_id = ${briefId}`)
  if (id !== undefined) where.push(sql`g.id = ${id}`)
  if (entity) where.push(sql`g.entity_type = ${entity.type} and g.entity_id = ${entity.id}`)
  if (before) where.push(sql`(g.created_at, g.id) < (${before.at}, ${before.id})`)
  if (visible) {
    where.push(sql`not exists (select from item where item.company_id = g.company_id
      and item.no = any(g.item_nos) and item.deleted_at is null and (${visible}) is not true)`)
  }
  const { rows } = await sql<GeneratedRow>`
    select g.id, g.brief_id as "briefId", g.name, g.entity_type as "entityType", g.entity_id as "entityId",
      g.sections, g.calls_searched as "callsSearched", g.emails_searched as "emailsSearched", g.credits,
      g.charge_at as "chargeAt", g.charge_seq as "chargeSeq", g.made_by as "madeBy", g.created_at as "createdAt"
    from generated_brief g where ${sql.join(where, sql` and `)}
    order by g.created_at desc, g.id desc limit ${limit}`.execute(tx)
  return rows.map(({ entityType, entityId, chargeAt, chargeSeq, sections, ...row }) => ({
    ...row,
    entity: { type: entityType, id: entityId },
    charge: chargeAt && chargeSeq !== null ? { at: chargeAt, seq: chargeSeq } : null,
    sections: readSections(sections),
  }))
}

/** Takes out of generated briefs what stands on some items. */
export async function emptyGenerated(
  tx: Tx,
  companyNo: CompanyNo,
  itemNos: readonly bigint[],
): Promise<void> {
  const { rows } = await sql<{ id: string; sections: unknown }>`
    select id, sections from generated_brief where company_id = ${companyNo}
      and item_nos && ${arrayOf(itemNos)}::bigint[] order by id for update`.execute(tx)
  const gone = new Set(itemNos)
  for (const { id, sections: kept } of rows) {
    const sections = readSections(kept).map((section) =>
      section.itemNos.some((no) => gone.has(no)) ? emptied(section) : section,
    )
    const nos = [...new Set(sections.flatMap((section) => section.itemNos))]
    await sql`update generated_brief set sections = ${writeSections(sections)}::jsonb,
        item_nos = ${arrayOf(nos)}::bigint[]
      where company_id = ${companyNo} and id = ${id}`.execute(tx)
  }
}

/** Deletes what was generated about a person. */
export async function deleteAbout(tx: Tx, companyNo: CompanyNo, email: string): Promise<void> {
  await sql`delete from generated_brief g using entity e
    where g.company_id = ${companyNo} and e.company_id = g.company_id and e.type = g.entity_type
      and e.id = g.entity_id and e.email = ${email} and e.type in ('contact', 'lead')`.execute(tx)
}

function writeSections(sections: readonly GeneratedSection[]): string {
  return JSON.stringify(sections, (_, value) => (typeof value === 'bigint' ? String(value) : value))
}

function readSections(kept: unknown): GeneratedSection[] {
  return (kept as Record<string, never>[]).map((section) => {
    const { credits, dataAsOf, stale, itemNos, ...rest } = section as unknown as KeptSection
    return {
      ...rest,
      credits: BigInt(credits),
      dataAsOf: new Date(dataAsOf),
      stale: stale && { ...stale, since: new Date(stale.since) },
      itemNos: itemNos.map(BigInt),
    }
  })
}

type KeptSection = Omit<GeneratedSection, 'credits' | 'dataAsOf' | 'stale' | 'itemNos'> & {
  credits: string
  dataAsOf: string
  stale: (Omit<NonNullable<GeneratedSection['stale']>, 'since'> & { since: string }) | null
  itemNos: string[]
}
