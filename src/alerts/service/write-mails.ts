import type { Company } from '../../companies/company.ts'
import type { Member } from '../../companies/people.ts'
import type { Tx } from '../../platform/database.ts'
import { newId } from '../../platform/ids.ts'
import { enqueue } from '../../platform/queue.ts'
import type { Alert } from '../alert.ts'
import { DELIVER_MAIL } from '../job-names.ts'
import { letterOf } from '../letter.ts'
import { insertMails, type NewMail } from '../store/mails.ts'
import { TRIES_ON_TEST_CLOCK } from '../tries.ts'
import { wordsOf } from '../words.ts'
import type { AlertDeps } from './deps.ts'

/** Whom a mail goes to, and about what: one thing, or several of a kind. */
export interface Addressed {
  member: Member
  alerts: Alert[]
}

/** Writes mails and leaves the jobs that send them; without a mail server they are only kept. */
export async function writeMails(
  deps: Pick<AlertDeps, 'mailer' | 'publicUrl'>,
  tx: Tx,
  company: Company,
  at: Date,
  letters: readonly Addressed[],
  itemNos: bigint[] | null = null,
): Promise<void> {
  const mails = letters.map(({ member, alerts }): NewMail => {
    const all = alerts.map((alert) => wordsOf(alert, company.timezone))
    const subject = alerts.length === 1 ? all[0]!.title : `${alerts.length} trackers have stopped`
    const head = { companyName: company.name, publicUrl: deps.publicUrl }
    const id = newId('mail')
    return {
      ...{ id, memberId: member.id, alertId: alerts[0]!.id, kind: alerts[0]!.kind },
      ...{ toName: member.name, toAddress: member.email },
      ...letterOf(all, subject, head),
      messageId: `${id}@${deps.mailer?.domain ?? 'sluice.invalid'}`,
      ...{ itemNos, at },
    }
  })
  const added = await insertMails(tx, company.no, mails)
  if (!deps.mailer) return
  const queued = { companyNo: company.no, ...triesOf(company) }
  for (const mailId of added) {
    await enqueue(tx, DELIVER_MAIL, { mailId, turn: null }, queued)
  }
}

/** How often the queue tries a job; those of a company in real time plan their tries themselves. */
export function triesOf({ onTestClock }: Company): { attempts?: number } {
  return onTestClock ? { attempts: TRIES_ON_TEST_CLOCK } : {}
}
