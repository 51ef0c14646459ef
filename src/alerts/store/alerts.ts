import { sql } from 'kysely'
import type { CompanyNo } from '../../kit/caller.ts'
import type { Tx } from '../../platform/database.ts'
import type { Run } from '../../platform/run.ts'
import type { Alert, AlertKind } from '../alert.ts'
import { TELL } from '../job-names.ts'

export interface NewAlert {
  companyNo: CompanyNo
  id: string
  kind: AlertKind
  facts: object
  /** Null: now, by the company's own time. */
  at: Date | null
  /** Null: the pool's number now. */
  seq: number | null
}

/**
 * Writes alerts and leaves the job that tells of each, in one statement. The pool as it stands is put
 * into facts that do not say it; `now` is the real time, for companies that live in it.
 */
export async function insertAlerts(run: Run, rows: readonly NewAlert[], now: Date): Promise<void> {
  const listed = rows.map(({ companyNo, at, ...row }) => ({
    ...row,
    company: companyNo,
    at: at?.toISOString() ?? null,
  }))
  await run(
    'alerts-insert',
    `with made as (
       insert into alert (company_id, id, kind, facts, at, seq)
       select pool.company_id, new.id, new.kind,
         jsonb_build_object('available', pool.available::text, 'held', pool.held::text,
           'used', pool.used::text) || new.facts,
         coalesce(new.at, pool.clock, $2), coalesce(new.seq, pool.seq)
       from jsonb_to_recordset($1::jsonb)
         as new (company int, id text, kind text, facts jsonb, at timestamptz, seq bigint)
       join pool on pool.company_id = new.company
       returning company_id, id)
     select enqueue_job('${TELL}', company_id, jsonb_build_object('alertId', id), null, null, null)
     from made`,
    [JSON.stringify(listed), now.toISOString()],
  )
}

/** An alert nobody was told of yet; locked until its readers, mails and messages are made. */
export async function lockUntold(tx: Tx, no: CompanyNo, id: string): Promise<Alert | undefined> {
  const row = await tx
    .selectFrom('alert')
    .select(['id', 'kind', 'facts', 'at', 'seq'])
    .where('companyId', '=', no)
    .where('id', '=', id)
    .where('toldAt', 'is', null)
    .forUpdate()
    .executeTakeFirst()
  return row && toAlert(row)
}

/** Marks an alert as told to these readers. */
export async function markTold(
  tx: Tx,
  no: CompanyNo,
  { id, facts }: Alert,
  told: { at: Date; readers: readonly string[]; mailWaits: boolean },
): Promise<void> {
  await tx
    .updateTable('alert')
    .set({ toldAt: told.at, mailWaits: told.mailWaits || null, facts: JSON.stringify(facts) })
    .where('companyId', '=', no)
    .where('id', '=', id)
    .execute()
  if (told.readers.length === 0) return
  await tx
    .insertInto('alertReader')
    .values(told.readers.map((memberId) => ({ companyId: no, alertId: id, memberId })))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** An alert that waits to go with others in one mail, and whom it is for. */
export interface Waiting {
  alert: Alert
  readers: string[]
  /** When it began to wait, by the clock on the wall. */
  since: Date
}

/** The alerts that wait to go in one mail, oldest first; locked where they are about to go. */
export async function readWaiting(tx: Tx, no: CompanyNo, lock = false): Promise<Waiting[]> {
  const query = tx
    .selectFrom('alert')
    .select(['id', 'kind', 'facts', 'at', 'seq', 'toldAt'])
    .select(
      sql<string[]>`array(select r.member_id from alert_reader r
        where r.company_id = alert.company_id and r.alert_id = alert.id order by 1)`.as('readers'),
    )
    .where('companyId', '=', no)
    .where('mailWaits', '=', true)
    .orderBy('at')
    .orderBy('id')
  const rows = await (lock ? query.forUpdate() : query).execute()
  return rows.map((row) => ({ alert: toAlert(row), readers: row.readers, since: row.toldAt! }))
}

/** Takes alerts off the list of those that wait. */
export async function endWaiting(tx: Tx, no: CompanyNo, ids: readonly string[]): Promise<void> {
  await tx
    .updateTable('alert')
    .set({ mailWaits: null })
    .where('companyId', '=', no)
    .where('id', 'in', ['', ...ids])
    .execute()
}

/** Alerts as a list shows them: of one member, or of the whole company. Newest first. */
export async function listAlerts(
  tx: Tx,
  no: CompanyNo,
  asked: {
    memberId: string | undefined
    unread: boolean
    after: readonly [Date, string] | undefined
    most: number
  },
): Promise<{ alert: Alert; readAt: Date | null }[]> {
  const { memberId, after } = asked
  const readAt = memberId === undefined ? sql`a.read_at` : sql`r.read_at`
  const { rows } = await sql<AlertRow & { readAt: Date | null }>`
    select a.id, a.kind, a.facts, a.at, a.seq, ${readAt} as "readAt"
    from alert a ${
      memberId === undefined
        ? sql``
        : sql`join alert_reader r
          on r.company_id = a.company_id and r.alert_id = a.id and r.member_id = ${memberId}`
    }
    where a.company_id = ${no}
      ${asked.unread ? sql`and ${readAt} is null` : sql``}
      ${after ? sql`and (a.at, a.id) < (${after[0]}, ${after[1]})` : sql``}
    order by a.at desc, a.id desc
    limit ${asked.most}`.execute(tx)
  return rows.map((row) => ({ alert: toAlert(row), readAt: row.readAt }))
}

/** One alert, for a member or for the whole company. */
export async function findAlert(
  tx: Tx,
  no: CompanyNo,
  id: string,
  memberId: string | undefined,
): Promise<{ alert: Alert; readAt: Date | null } | undefined> {
  const row = await tx
    .selectFrom('alert')
    .leftJoin('alertReader as reader', (join) =>
      join
        .onRef('reader.companyId', '=', 'alert.companyId')
        .onRef('reader.alertId', '=', 'alert.id')
        .on('reader.memberId', '=', memberId ?? ''),
    )
    .select(['alert.id', 'alert.kind', 'alert.facts', 'alert.at', 'alert.seq', 'alert.readAt'])
    .select(['reader.memberId', 'reader.readAt as memberReadAt'])
    .where('alert.companyId', '=', no)
    .where('alert.id', '=', id)
    .executeTakeFirst()
  if (!row || (memberId !== undefined && row.memberId === null)) return undefined
  return { alert: toAlert(row), readAt: memberId === undefined ? row.readAt : row.memberReadAt }
}

/** Marks an alert as read, by a member or by a program for the company; the first time stays. */
export async function markRead(
  tx: Tx,
  no: CompanyNo,
  id: string,
  memberId: string | undefined,
  at: Date,
): Promise<void> {
  if (memberId === undefined) {
    await tx
      .updateTable('alert')
      .set({ readAt: at })
      .where('companyId', '=', no)
      .where('id', '=', id)
      .where('readAt', 'is', null)
      .execute()
    return
  }
  await tx
    .updateTable('alertReader')
    .set({ readAt: at })
    .where('companyId', '=', no)
    .where('alertId', '=', id)
    .where('memberId', '=', memberId)
    .where('readAt', 'is', null)
    .execute()
}

interface AlertRow {
  id: string
  kind: string
  facts: unknown
  at: Date
  seq: bigint
}

function toAlert({ id, kind, facts, at, seq }: AlertRow): Alert {
  return { id, kind, facts, at, seq } as Alert
}
