import type { IncomingHttpHeaders } from 'node:http'
import { Webhook, WebhookVerificationError } from 'standardwebhooks'

/** What Sluice tells: little more than what to look up. */
export interface SluiceEvent {
  type: string
  timestamp: string
  data: { companyId: string; seq: number }
}

/** An event, if Sluice signed this very text a moment ago; undefined for anything else. */
export function readEvent(
  text: string,
  headers: IncomingHttpHeaders,
  secret: string | undefined,
): SluiceEvent | undefined {
  if (!secret) return undefined
  try {
    return new Webhook(secret).verify(text, headers as Record<string, string>) as SluiceEvent
  } catch (error) {
    if (error instanceof WebhookVerificationError) return undefined
    throw error
  }
}
