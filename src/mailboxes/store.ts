import { sql } from 'kysely'
import type { CompanyNo } from '../kit/caller.ts'
import type { Tx } from '../platform/database.ts'
import type { Mailbox, Progress } from './mailbox.ts'

const REJECTED_KEPT = 100

export async function insertMailbox(tx: Tx, no: CompanyNo, mailbox: Mailbox): Promise<void> {
  const { user, tls, rejected, ...row } = mailbox
  await tx
    .insertInto('mailbox')
    .values({ ...row, companyId: no, username: user, tls, rejected: JSON.stringify(rejected) })
    .execute()
}

/** Writes what may be changed by hand, under the next revision. */
export async function updateMailbox(tx: Tx, no: CompanyNo, mailbox: Mailbox): Promise<void> {
  const { id, host, port, tls, user, sealedPassword, folder, everySeconds, enabled } = mailbox
  const { revision, failures, failingSince, error, nextCheckAt } = mailbox
  const { uidValidity, lastUid, existingBelow, existingBefore } = mailbox
  await tx
    .updateTable('mailbox')
    .set({
      ...{ host, port, tls, username: user, sealedPassword, folder, everySeconds, enabled },
      ...{ revision, failures, failingSince, error, nextCheckAt },
      ...{ uidValidity, lastUid, existingBelow, existingBefore },
    })
    .where('companyId', '=', no)
    .where('id', '=', id)
    .execute()
}

export async function deleteMailbox(tx: Tx, no: CompanyNo, id: string): Promise<void> {
  await tx.deleteFrom('mailbox').where('companyId', '=', no).where('id', '=', id).execute()
}

export async function findMailbox(
  tx: Tx,
  no: CompanyNo,
  id: string,
  lock = false,
): Promise<Mailbox | undefined> {
  const { rows } = await sql<Mailbox>`
    select ${columns} from mailbox where company_id = ${no} and id = ${id} ${lock ? sql`for update` : sql``}`.execute(
    tx,
  )
  return rows[0]
}

/** The company's mailboxes, newest first. */
export async function listMailboxes(
  tx: Tx,
  no: CompanyNo,
  before: readonly [Date, string] | undefined,
  most: number,
): Promise<Mailbox[]> {
  const behind = before ? sql`and (created_at, id) < (${before[0]}, ${before[1]})` : sql``
  const { rows } = await sql<Mailbox>`
    select ${columns} from mailbox where company_id = ${no} ${behind}
    order by created_at desc, id desc limit ${most}`.execute(tx)
  return rows
}

/** Mailboxes of all companies that are to be looked into, longest waiting first. */
export async function readDue(
  tx: Tx,
  now: Date,
  most: number,
): Promise<{ companyNo: CompanyNo; id: string }[]> {
  const { rows } = await sql<{ companyNo: CompanyNo; id: string }>`
    select company_id as company_no, id from due_mailboxes(${now}, ${most})`.execute(tx)
  return rows
}

/** Takes a mailbox that is due until `until`; undefined when somebody else has it or it is due no more. */
export async function claimMailbox(
  tx: Tx,
  no: CompanyNo,
  id: string,
  now: Date,
  until: Date,
): Promise<Mailbox | undefined> {
  const { rows } = await sql<Mailbox>`
    update mailbox set next_check_at = ${until}
    where company_id = ${no} and id = (
      select id from mailbox where company_id = ${no} and id = ${id} and enabled and next_check_at <= ${now}
      for update skip locked)
    returning ${columns}`.execute(tx)
  return rows[0]
}

/** Writes how far a mailbox is read; false when it was changed or ended by hand meanwhile. */
export async function advance(
  tx: Tx,
  no: CompanyNo,
  { id, revision }: Mailbox,
  progress: Progress,
  { accepted, rejected }: { accepted: number; rejected: readonly { uid: number; error: string }[] },
  leasedUntil: Date,
): Promise<boolean> {
  const { rows } = await sql`
    update mailbox set uid_validity = ${progress.uidValidity}, last_uid = ${progress.lastUid},
      existing_below = ${progress.existingBelow}, existing_before = ${progress.existingBefore},
      imported = imported + ${accepted}, rejected_count = rejected_count + ${rejected.length},
      rejected = (
        select coalesce(jsonb_agg(one order by place), '[]') from (
          select one, place from jsonb_array_elements(rejected || ${JSON.stringify(rejected)}::jsonb)
            with ordinality as every (one, place)
          order by place desc limit ${REJECTED_KEPT}) as last),
      next_check_at = ${leasedUntil}
    where company_id = ${no} and id = ${id} and revision = ${revision}
    returning id`.execute(tx)
  return rows.length > 0
}

/** Writes how a look into a mailbox ended. */
export async function settle(
  tx: Tx,
  no: CompanyNo,
  { id, revision }: Mailbox,
  end: Pick<Mailbox, 'failures' | 'failingSince' | 'error' | 'nextCheckAt' | 'checkedAt'>,
): Promise<void> {
  await sql`
    update mailbox set failures = ${end.failures}, failing_since = ${end.failingSince}, error = ${end.error},
      checked_at = ${end.checkedAt}, next_check_at = ${end.nextCheckAt}
    where company_id = ${no} and id = ${id} and revision = ${revision}`.execute(tx)
}

const columns = sql.raw(
  `id, host, port, tls, username as "user", sealed_password, folder, existing, every_seconds, enabled, revision,
  uid_validity, last_uid, existing_below, existing_before, imported, rejected_count, rejected, failures,
  failing_since, error, checked_at, next_check_at, created_at`,
)
