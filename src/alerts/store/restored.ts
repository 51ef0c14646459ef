import type { Run } from '../../platform/run.ts'

const REASON = 'The database was restored from a backup; this may have left before.'

/** Ends all mails and messages of all companies that wait to leave, as the owner; gives how many of each. */
export async function endWaitingMails(run: Run): Promise<{ mails: number; messages: number }> {
  const mails = await run(
    'end-mails',
    `update mail set status = 'failed', error = $1, next_at = null,
       text = regexp_replace(text, '/invitation#[0-9a-z]+', '/invitation#…', 'g'),
       html = regexp_replace(html, '/invitation#[0-9a-z]+', '/invitation#…', 'g')
     where status = 'queued' returning id`,
    [REASON],
  )
  const messages = await run(
    'end-messages',
    `update webhook_delivery set status = 'failed', error = $1, next_at = null
     where status = 'queued' returning id`,
    [REASON],
  )
  // What waited to go in one mail with others stays a notice.
  await run('end-together', 'update alert set mail_waits = null where mail_waits', [])
  return { mails: mails.length, messages: messages.length }
}

/** Makes alerts that nobody was told of yet notices to the admins, which is all that comes of them. */
export async function noticeOnly(run: Run): Promise<void> {
  await run(
    'notice-only',
    `with untold as (update alert set told_at = now() where told_at is null returning company_id, id)
     insert into alert_reader (company_id, alert_id, member_id)
     select u.company_id, u.id, m.id from untold u join member m on m.company_id = u.company_id
     where m.role <> 'member' and m.removed_at is null on conflict do nothing`,
    [],
  )
}
