import { sql } from 'kysely'
import type { CompanyNo } from '../../kit/caller.ts'
import type { Tx } from '../../platform/database.ts'
import type { Run } from '../../platform/run.ts'
import type { AuditEntry } from '../audit.ts'

/** Writes one entry, at the company's own time. */
export async function insertEntry(tx: Tx, no: CompanyNo, entry: Omit<AuditEntry, 'id' | 'at'>) {
  const { actor, action, objectType, objectId, before, after } = entry
  await sql`
    insert into audit_entry (company_id, at, actor, action, object_type, object_id, before, after)
    select ${no}, coalesce((select clock from pool where company_id = ${no}), clock_timestamp()),
      ${actor}, ${action}, ${objectType}, ${objectId}, ${json(before)}, ${json(after)}`.execute(tx)
}

/** The same among the statements of a commit that are sent together. */
export async function addEntry(run: Run, no: CompanyNo, entry: Omit<AuditEntry, 'id' | 'at'>) {
  const { actor, action, objectType, objectId, before, after } = entry
  await run(
    'audit_entry_add',
    `insert into audit_entry (company_id, at, actor, action, object_type, object_id, before, after)
     select $1::int, coalesce((select clock from pool where company_id = $1::int), clock_timestamp()),
       $2, $3, $4, $5, $6::jsonb, $7::jsonb`,
    [no, actor, action, objectType, objectId, json(before), json(after)],
  )
}

export interface AuditFilter {
  objectType?: string | undefined
  objectId?: string | undefined
  actor?: string | undefined
  from?: Date | undefined
  to?: Date | undefined
}

export async function listEntries(
  tx: Tx,
  no: CompanyNo,
  filter: AuditFilter,
  before: bigint | undefined,
  most: number,
): Promise<AuditEntry[]> {
  const { objectType, objectId, actor, from, to } = filter
  let query = tx.selectFrom('auditEntry').selectAll().where('companyId', '=', no)
  if (before !== undefined) query = query.where('id', '<', before)
  if (objectType !== undefined) query = query.where('objectType', '=', objectType)
  if (objectId !== undefined) query = query.where('objectId', '=', objectId)
  if (actor !== undefined) query = query.where('actor', '=', actor)
  if (from) query = query.where('at', '>=', from)
  if (to) query = query.where('at', '<', to)
  return query.orderBy('id', 'desc').limit(most).execute()
}

function json(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value)
}
