import { createHmac } from 'node:crypto'
import type { LedgerIds } from '../ledger/ids.ts'
import { type Alert, usedPercentOf } from './alert.ts'

export const webhookEvents = [
  'credits.threshold',
  'credits.exhausted',
  'credits.granted',
  'tracker.stopped',
  'tracker.resumed',
  'budget.reached',
] as const
export type WebhookEvent = (typeof webhookEvents)[number]

/** An address of the company's that is told of events. */
export interface Webhook {
  id: string
  url: string
  events: WebhookEvent[]
  /** `whsec_` and 32 bytes in base 64. */
  secret: string
  /** The secret before it, which signs too until its time is over. */
  oldSecret: string | null
  oldSecretUntil: Date | null
  /** Why nothing is sent to it; null while it is enabled. */
  disabled: 'by_hand' | 'gone' | 'failing' | null
  disabledAt: Date | null
  createdAt: Date
}

/** What the audit trail tells of a webhook: never its secrets. */
export function audited({ url, events, disabled }: Webhook) {
  return { url, events, disabled }
}

/** One message to one address. */
export interface Delivery {
  /** The webhook-id of every try. */
  id: string
  webhookId: string
  alertId: string
  event: WebhookEvent
  payload: string
  status: 'queued' | 'delivered' | 'failed'
  attempts: number
  responseStatus: number | null
  /** The first characters of the answer. */
  response: string | null
  error: string | null
  at: Date
  deliveredAt: Date | null
  nextAt: Date | null
}

/** The events an alert is to programs. */
export function eventsOf(alert: Alert): WebhookEvent[] {
  switch (alert.kind) {
    case 'threshold':
      return alert.facts.exhausted
        ? ['credits.threshold', 'credits.exhausted']
        : ['credits.threshold']
    case 'exhausted':
      return ['credits.exhausted']
    case 'granted':
      return ['credits.granted']
    case 'tracker_stopped':
      return ['tracker.stopped']
    case 'tracker_resumed':
      return ['tracker.resumed']
    case 'budget':
      return ['budget.reached']
    case 'stream_entry':
    case 'brief':
    case 'webhook_disabled':
    case 'mail_failed':
      return []
  }
}

/**
 * The body of a message. It says little more than what to look up: `seq` is the pool's number, so that
 * whoever reads the balance knows whether it is newer.
 */
export function payloadOf(
  event: WebhookEvent,
  alert: Alert,
  companyId: string,
  ids: LedgerIds,
): string {
  const { id: notificationId, seq, at } = alert
  const data = { companyId, seq: Number(seq), notificationId, ...detailsOf(event, alert, ids) }
  return JSON.stringify({ type: event, timestamp: at.toISOString(), data })
}

function detailsOf(event: WebhookEvent, alert: Alert, ids: LedgerIds): object {
  switch (alert.kind) {
    case 'threshold': {
      const { thresholds, cause } = alert.facts
      if (event === 'credits.exhausted') return { cause }
      const percent = thresholds.at(-1)
      return { percent, thresholds, cause, usedPercent: usedPercentOf(alert.facts) }
    }
    case 'exhausted':
      return { cause: alert.facts.cause }
    case 'granted':
      return { grantId: ids.grant(alert.facts.grantNo), source: alert.facts.source }
    case 'tracker_stopped': {
      const { trackerId, reason, since } = alert.facts
      return { trackerId, reason, since }
    }
    case 'tracker_resumed':
      return { trackerId: alert.facts.trackerId }
    case 'budget': {
      const { budgetId, scope, percents } = alert.facts
      return { budgetId, scope, percent: percents.at(-1) }
    }
    default:
      return {}
  }
}

/** The headers that let a receiver know who sent a message, and that nobody changed it (Standard Webhooks). */
export function signatureHeaders(
  { secret, oldSecret, oldSecretUntil }: Webhook,
  id: string,
  body: string,
  now: Date,
): Record<string, string> {
  const timestamp = String(Math.floor(now.getTime() / 1000))
  const overlaps = oldSecret !== null && oldSecretUntil !== null && now < oldSecretUntil
  const sign = (by: string) => {
    const key = Buffer.from(by.replace(/^whsec_/, ''), 'base64')
    const hash = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
    return `v1,${hash}`
  }
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': [secret, ...(overlaps ? [oldSecret] : [])].map(sign).join(' '),
  }
}
