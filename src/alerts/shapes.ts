import { z } from 'zod'
import { credits, id, listOf, page, text, timeOut } from '../platform/shapes.ts'
import { type AlertKind, mailed } from './alert.ts'
import { webhookEvents } from './webhook.ts'

// The shapes of notices, mails and webhooks on the wire.

const kinds = Object.keys(mailed) as [AlertKind, ...AlertKind[]]

export const Notice = z
  .object({
    id,
    kind: z.enum(kinds),
    title: z.string(),
    text: z.string(),
    path: z.string().nullable().meta({ description: 'The page of the app that helps.' }),
    at: timeOut,
    readAt: timeOut.nullable(),
    seq: z.number().int().meta({ description: "The pool's number when it happened." }),
    available: credits,
    held: credits,
    percent: z.number().int().optional().meta({ description: 'The highest that was reached.' }),
    thresholds: z
      .array(z.number().int())
      .optional()
      .meta({ description: 'All that one change reached, lowest first.' }),
    cause: z.string().optional().meta({ description: 'What changed the balance.' }),
    exhausted: z.boolean().optional(),
    used: credits.optional(),
    total: credits.optional(),
    usedPercent: z.number().optional(),
    grantId: id.optional(),
    source: z.string().optional(),
    credits: credits.optional(),
    trackerId: id.optional(),
    trackerName: z.string().optional(),
    reason: z.string().optional(),
    since: timeOut.optional(),
    nextPrice: credits.nullable().optional(),
    budgetId: id.optional(),
    scope: z.object({ type: z.string(), id }).optional(),
    periodEnd: timeOut.optional(),
    streamId: id.optional(),
    itemType: z.string().optional(),
    itemId: id.optional(),
    briefId: id.optional(),
    generatedId: id.optional(),
    automationId: id.optional(),
    entity: z.object({ type: z.string(), id }).optional(),
    webhookId: id.optional(),
    mailId: id.optional(),
    to: z.string().optional(),
  })
  .meta({ id: 'Notification' })

export const NoticeQuestion = z.strictObject({
  ...page,
  unread: z
    .enum(['true', 'false'])
    .default('false')
    .transform((value) => value === 'true')
    .meta({ description: 'true: only those not read yet.' }),
})

const mailStatus = z.enum(['queued', 'sent', 'failed'])

export const Mail = z
  .object({
    id,
    to: z.string(),
    toName: z.string(),
    memberId: id.nullable(),
    subject: z.string(),
    text: z.string(),
    html: z.string(),
    kind: z.string(),
    notificationId: id.nullable(),
    messageId: z.string().meta({ description: 'The same for every copy that is ever sent.' }),
    status: mailStatus,
    attempts: z.number().int(),
    error: z.string().nullable().meta({ description: 'Why the last try failed.' }),
    at: timeOut,
    sentAt: timeOut.nullable(),
    nextAt: timeOut.nullable().meta({ description: 'When it is tried next.' }),
  })
  .meta({ id: 'Mail' })

export const MailQuestion = z.strictObject({
  ...page,
  status: mailStatus.optional(),
  kind: text(50).optional(),
})

const url = text(2000).meta({ description: 'An https address that takes signed messages.' })
const events = z
  .array(z.enum(webhookEvents))
  .min(1)
  .max(webhookEvents.length * 2)
  .transform((given) => [...new Set(given)])

export const NewWebhook = z.strictObject({ url, events })

export const WebhookChange = z.strictObject({
  url: url.optional(),
  events: events.optional(),
  enabled: z.boolean().optional(),
})

const webhookFields = {
  id,
  url: z.string(),
  events: z.array(z.enum(webhookEvents)),
  enabled: z.boolean(),
  disabledReason: z
    .enum(['by_hand', 'gone', 'failing'])
    .nullable()
    .meta({ description: 'Why nothing is sent to it.' }),
  disabledAt: timeOut.nullable(),
  oldSecretUntil: timeOut
    .nullable()
    .meta({ description: 'Until then the secret before the present one signs too.' }),
  createdAt: timeOut,
}

export const Webhook = z.object(webhookFields).meta({ id: 'Webhook' })

const secret = z.string().meta({ description: 'Signs the messages. Shown this once.' })
export const MadeWebhook = z.object({ ...webhookFields, secret }).meta({ id: 'MadeWebhook' })
export const RotatedSecret = z
  .object({ id, secret, oldSecretUntil: timeOut })
  .meta({ id: 'RotatedSecret' })

export const Delivery = z
  .object({
    id: z.string().meta({ description: 'The webhook-id of every try.' }),
    event: z.enum(webhookEvents),
    notificationId: id,
    payload: z.unknown(),
    status: z.enum(['queued', 'delivered', 'failed']),
    attempts: z.number().int(),
    responseStatus: z.number().int().nullable(),
    response: z.string().nullable().meta({ description: 'The beginning of the last answer.' }),
    error: z.string().nullable(),
    at: timeOut,
    deliveredAt: timeOut.nullable(),
    nextAt: timeOut.nullable(),
  })
  .meta({ id: 'WebhookDelivery' })

export const Notices = listOf(Notice)
export const Mails = listOf(Mail)
export const Webhooks = listOf(Webhook)
export const Deliveries = listOf(Delivery)
