import type { Conversations } from '../../conversations/deps.ts'
import type { Outbound } from '../../platform/outbound.ts'
import type { SecretBox } from '../../platform/secret-box.ts'

export interface ConnectorDeps extends Conversations {
  outbound: Outbound
  secrets: SecretBox
}
