import type { Imports } from '../../conversations/deps.ts'
import type { MailSource, OpenFolder } from '../../platform/imap.ts'
import type { Logger } from '../../platform/log.ts'
import type { Outbound } from '../../platform/outbound.ts'
import type { SecretBox } from '../../platform/secret-box.ts'

export interface MailboxDeps extends Imports {
  log: Logger
  outbound: Outbound
  secrets: SecretBox
  openFolder: (source: MailSource, bytesMax: number, signal: AbortSignal) => Promise<OpenFolder>
}
