import { actorOf, type Caller, type CompanyNo } from '../../kit/caller.ts'
import { pageOf, readCursor } from '../../kit/cursor.ts'
import type { Database, Tx } from '../../platform/database.ts'
import type { Run } from '../../platform/run.ts'
import { type AuditFilter, addEntry, insertEntry, listEntries } from '../store/audit.ts'

/** Who a change is written down for, where it is not a caller: the operator, or the house itself. */
export interface Author {
  companyNo: CompanyNo
  actor: 'operator' | 'system'
}

/** What was changed: `{ type: 'member', id }`. */
export interface AuditObject {
  type: string
  id: string
}

/**
 * Records a change in the transaction that makes it. `before` and `after` say what the object was and
 * became, null where there is nothing; never give a secret.
 */
export async function recordAudit(
  tx: Tx,
  by: Caller | Author,
  action: string,
  { type: objectType, id: objectId }: AuditObject,
  before: unknown,
  after: unknown,
): Promise<void> {
  const actor = 'actor' in by ? by.actor : actorOf(by)
  await insertEntry(tx, by.companyNo, { actor, action, objectType, objectId, before, after })
}

/** Records a change that a commit of the ledger makes, among the statements of that commit. */
export async function addAudit(
  run: Run,
  by: Caller,
  action: string,
  { type: objectType, id: objectId }: AuditObject,
  after: unknown,
): Promise<void> {
  const actor = actorOf(by)
  await addEntry(run, by.companyNo, { actor, action, objectType, objectId, before: null, after })
}

export interface AuditQuestion extends AuditFilter {
  limit: number
  cursor?: string | undefined
}

/** The audit trail, newest first. */
export async function listAudit({ db }: { db: Database }, caller: Caller, asked: AuditQuestion) {
  const [before] = readCursor(asked.cursor, 'bigint') ?? []
  const rows = await db.company(caller.companyNo, (tx) =>
    listEntries(tx, caller.companyNo, asked, before, asked.limit + 1),
  )
  return pageOf(rows, asked.limit, ({ id }) => [id])
}
