import { companyFacts } from '../../companies/service/companies.ts'
import type { MailInvitation } from '../../companies/service/invitations.ts'
import type { Clock } from '../../platform/clock.ts'
import { companyTime } from '../../platform/company-time.ts'
import { newId } from '../../platform/ids.ts'
import { enqueue } from '../../platform/queue.ts'
import { DELIVER_MAIL } from '../job-names.ts'
import { letterOf } from '../letter.ts'
import { insertMails } from '../store/mails.ts'
import { invitationWords } from '../words.ts'
import type { AlertDeps } from './deps.ts'
import { triesOf } from './write-mails.ts'

/** The kind of mail whose link opens the way in; it is forgotten once the mail has left. */
export const INVITATION = 'invitation'

/**
 * Mails invitations through the outbox of all mail. Nothing is mailed without a mail server, which would
 * keep the link for nobody, nor without a public address, which a link needs.
 */
export function openInvitationMails({
  mailer,
  publicUrl,
  clock,
}: Pick<AlertDeps, 'mailer' | 'publicUrl'> & { clock: Clock }): MailInvitation {
  return async (tx, companyNo, { member, token, expiresAt }) => {
    if (!mailer || !publicUrl) return false
    const company = await companyFacts(tx, companyNo)
    const words = invitationWords(company.name, member.name, token, expiresAt, company.timezone)
    const why = `You get this mail because an admin of ${company.name} added you. If you expect no such thing, you need do nothing.`
    const id = newId('mail')
    await insertMails(tx, companyNo, [
      {
        ...{ id, memberId: member.id, alertId: null, kind: INVITATION },
        ...{ toName: member.name, toAddress: member.email },
        ...letterOf([words], words.title, { companyName: company.name, publicUrl, why }),
        messageId: `${id}@${mailer.domain}`,
        ...{ itemNos: null, at: await companyTime(tx, companyNo, clock) },
      },
    ])
    const queued = { companyNo, ...triesOf(company) }
    await enqueue(tx, DELIVER_MAIL, { mailId: id, turn: null }, queued)
    return true
  }
}
