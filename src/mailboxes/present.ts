import { type Mailbox, statusOf } from './mailbox.ts'

/** A mailbox as an answer shows it: without its password. */
export function mailboxOut(mailbox: Mailbox) {
  const { id, host, port, tls, user, folder, existing, everySeconds, enabled } = mailbox
  return {
    ...{ id, host, port, tls, user, folder, existing, everySeconds, enabled },
    status: statusOf(mailbox),
    error: mailbox.error,
    failingSince: mailbox.failingSince?.toISOString() ?? null,
    checkedAt: mailbox.checkedAt?.toISOString() ?? null,
    nextCheckAt: enabled ? mailbox.nextCheckAt.toISOString() : null,
    imported: Number(mailbox.imported),
    rejectedCount: Number(mailbox.rejectedCount),
    rejected: mailbox.rejected,
    createdAt: mailbox.createdAt.toISOString(),
  }
}
