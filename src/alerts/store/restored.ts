import type { Run } from '../../platform/run.ts'

const REASON = 'The database was restored from a backup; it may have left before.'

/** Ends all mails and messages of all companies that wait to leave; gives how many of each. As the owner. */
export async function endWaiting(run: Run): Promise<{ mails: number; messages: number }> {
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
  // What waited for others to go with them in one mail stays a notice.
  await run('end-together', 'update alert set mail_waits = false where mail_waits', [])
  return { mails: mails.length, messages: messages.length }
}

/** Alerts that nobody was told of yet become read notices to nobody but programs: their mails may have left. */
export async function endUntold(run: Run): Promise<number> {
  const alerts = await run(
    'end-untold',
    'update alert set told_at = now() where told_at is null returning id',
    [],
  )
  return alerts.length
}
