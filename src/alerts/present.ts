import { toJson } from '../kit/credits.ts'
import type { LedgerIds } from '../ledger/ids.ts'
import { type Alert, usedPercentOf } from './alert.ts'
import type { Mail } from './mail.ts'
import type { Delivery, Webhook } from './webhook.ts'
import type { Words } from './words.ts'

// Nouns as their doors show them.

export function noticeOut(
  { alert, words, readAt }: { alert: Alert; words: Words; readAt: Date | null },
  ids: LedgerIds,
) {
  const { title, lines, next } = words
  return {
    ...{ id: alert.id, kind: alert.kind, title },
    text: [...lines, ...(next ? [next.say] : [])].join(' '),
    path: next?.path ?? null,
    at: alert.at.toISOString(),
    readAt: readAt?.toISOString() ?? null,
    seq: Number(alert.seq),
    available: toJson(BigInt(alert.facts.available)),
    held: toJson(BigInt(alert.facts.held)),
    ...factsOut(alert, ids),
  }
}

function factsOut(alert: Alert, ids: LedgerIds) {
  switch (alert.kind) {
    case 'threshold': {
      const { thresholds, cause, exhausted, used, held, available } = alert.facts
      const total = BigInt(used) + BigInt(held) + BigInt(available)
      return {
        ...{ percent: thresholds.at(-1), thresholds, cause, exhausted },
        ...{ used: toJson(BigInt(used)), total: toJson(total) },
        usedPercent: usedPercentOf(alert.facts),
      }
    }
    case 'exhausted':
      return { cause: alert.facts.cause, exhausted: true }
    case 'granted': {
      const { grantNo, source, credits } = alert.facts
      return { grantId: ids.grant(grantNo), source, credits: toJson(BigInt(credits)) }
    }
    case 'tracker_stopped': {
      const { trackerId, name: trackerName, reason, since, nextPrice } = alert.facts
      const price = nextPrice === null ? null : toJson(BigInt(nextPrice))
      return { trackerId, trackerName, reason, since, nextPrice: price }
    }
    case 'tracker_resumed':
      return { trackerId: alert.facts.trackerId, trackerName: alert.facts.name }
    case 'budget': {
      const { budgetId, scope, percents, credits, periodEnd } = alert.facts
      const percent = percents.at(-1)
      return { budgetId, scope, percent, credits: toJson(BigInt(credits)), periodEnd }
    }
    case 'stream_entry': {
      const { streamId, itemType, itemId } = alert.facts
      return { streamId, itemType, itemId }
    }
    case 'brief': {
      const { briefId, generatedId, automationId, entity } = alert.facts
      return { briefId, generatedId, automationId, entity }
    }
    case 'webhook_disabled':
      return { webhookId: alert.facts.webhookId, reason: alert.facts.reason }
    case 'mail_failed':
      return { mailId: alert.facts.mailId, to: alert.facts.to, reason: alert.facts.reason }
  }
}

export function mailOut(mail: Mail) {
  const { id, toAddress, toName, memberId, subject, text, html, kind, alertId, status } = mail
  const { messageId, attempts, error, at, sentAt, nextAt } = mail
  return {
    ...{ id, to: toAddress, toName, memberId, subject, text, html, kind, notificationId: alertId },
    ...{ messageId: `<${messageId}>`, status, attempts, error },
    at: at.toISOString(),
    sentAt: sentAt?.toISOString() ?? null,
    nextAt: nextAt?.toISOString() ?? null,
  }
}

/** A webhook without its secrets. */
export function webhookOut(webhook: Webhook) {
  const { id, url, events, disabled, disabledAt, oldSecretUntil, createdAt } = webhook
  return {
    ...{ id, url, events, enabled: disabled === null, disabledReason: disabled },
    disabledAt: disabledAt?.toISOString() ?? null,
    oldSecretUntil: oldSecretUntil?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
  }
}

export function deliveryOut(delivery: Delivery) {
  const { id, event, alertId, payload, status, attempts, responseStatus, response } = delivery
  const { error, at, deliveredAt, nextAt } = delivery
  return {
    ...{ id, event, notificationId: alertId, payload: JSON.parse(payload), status, attempts },
    ...{ responseStatus, response, error },
    at: at.toISOString(),
    deliveredAt: deliveredAt?.toISOString() ?? null,
    nextAt: nextAt?.toISOString() ?? null,
  }
}
