import { sql } from 'kysely'
import type { CompanyNo } from '../../kit/caller.ts'
import type { Tx } from '../../platform/database.ts'
import { newestFirst } from '../../platform/newest-first.ts'
import type { Mail } from '../mail.ts'

export type NewMail = Omit<
  Mail,
  'status' | 'attempts' | 'error' | 'sentAt' | 'nextAt' | 'firstTriedAt'
>

/** Keeps mails that are to be sent; gives the ids of those that were not there yet. */
export async function insertMails(
  tx: Tx,
  no: CompanyNo,
  mails: readonly NewMail[],
): Promise<string[]> {
  if (mails.length === 0) return []
  const rows = await tx
    .insertInto('mail')
    .values(mails.map((mail) => ({ companyId: no, ...mail })))
    .onConflict((conflict) => conflict.constraint('mail_once_to_each_member').doNothing())
    .returning('id')
    .execute()
  return rows.map(({ id }) => id)
}

export async function findMail(
  tx: Tx,
  no: CompanyNo,
  id: string,
  lock = false,
): Promise<Mail | undefined> {
  const query = tx.selectFrom('mail').selectAll().where('companyId', '=', no).where('id', '=', id)
  const row = await (lock ? query.forUpdate() : query).executeTakeFirst()
  return row && toMail(row)
}

/** Writes down how a try ended. */
export async function updateMail(tx: Tx, no: CompanyNo, mail: Mail): Promise<void> {
  const { id, status, attempts, error, sentAt, nextAt, firstTriedAt } = mail
  await tx
    .updateTable('mail')
    .set({ status, attempts, error, sentAt, nextAt, firstTriedAt })
    .where('companyId', '=', no)
    .where('id', '=', id)
    .execute()
}

/** Takes the secret out of the link of an invitation: the mail has left, or never will. */
export async function forgetInvitationLink(tx: Tx, no: CompanyNo, id: string): Promise<void> {
  await sql`update mail set
      text = regexp_replace(text, '/invitation#[0-9a-z]+', '/invitation#…', 'g'),
      html = regexp_replace(html, '/invitation#[0-9a-z]+', '/invitation#…', 'g')
    where company_id = ${no} and id = ${id}`.execute(tx)
}

/** The company's mails, newest first. */
export async function listMails(
  tx: Tx,
  no: CompanyNo,
  asked: {
    status: Mail['status'] | undefined
    kind: string | undefined
    after: readonly [Date, string] | undefined
    most: number
  },
): Promise<Mail[]> {
  const { status, kind, after, most } = asked
  const rows = await newestFirst(
    tx
      .selectFrom('mail')
      .selectAll()
      .where('companyId', '=', no)
      .$if(status !== undefined, (query) => query.where('status', '=', status!))
      .$if(kind !== undefined, (query) => query.where('kind', '=', kind!)),
    'at',
    after,
    most,
  ).execute()
  return rows.map(toMail)
}

/** When the last mail of a kind was made. */
export async function lastMailAt(tx: Tx, no: CompanyNo, kind: string): Promise<Date | undefined> {
  const row = await tx
    .selectFrom('mail')
    .select('at')
    .where('companyId', '=', no)
    .where('kind', '=', kind)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.at
}

function toMail({ companyId: _, ...row }: object & { companyId: number }): Mail {
  return row as Mail
}
