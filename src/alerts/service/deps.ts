import type { CompanyNo } from '../../kit/caller.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Tx } from '../../platform/database.ts'
import type { Logger } from '../../platform/log.ts'
import type { Mailer } from '../../platform/mail.ts'
import type { Outbound } from '../../platform/outbound.ts'

export interface AlertDeps {
  db: Database
  clock: Clock
  log: Logger
  /** Undefined: mail is kept and shown, and sent to nobody. */
  mailer: Mailer | undefined
  /** The way to webhooks. */
  outbound: Outbound
  /** Where links in mails lead; without it they have none. */
  publicUrl: string | undefined
  /** The members who follow something that stands on a tracker. */
  followersOf: (tx: Tx, companyNo: CompanyNo, trackerId: string) => Promise<string[]>
}
