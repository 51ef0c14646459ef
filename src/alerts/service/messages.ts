import { recordAudit } from '../../companies/service/audit.ts'
import { companyFacts } from '../../companies/service/companies.ts'
import type { CompanyNo } from '../../kit/caller.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Tx } from '../../platform/database.ts'
import { failpoint } from '../../platform/failpoints.ts'
import { OutboundError } from '../../platform/outbound.ts'
import { enqueue } from '../../platform/queue.ts'
import { runIn } from '../../platform/run.ts'
import { DELIVER_WEBHOOK } from '../job-names.ts'
import { insertAlerts } from '../store/alerts.ts'
import * as store from '../store/webhooks.ts'
import { BUSY_MS, webhookWait } from '../tries.ts'
import { audited, type Delivery, signatureHeaders, type Webhook } from '../webhook.ts'
import { type DeliveryJob, NotYet, withRoom } from './delivery.ts'
import type { AlertDeps } from './deps.ts'
import { newAlertId } from './raise.ts'

/** How a try to send a message ended. */
type End =
  | { kind: 'delivered'; status: number; response: string }
  | {
      kind: 'failed'
      status: number | null
      response: string | null
      reason: string
      retryAfterMs: number | undefined
    }
  | { kind: 'busy' }

const GONE = 410

/**
 * Tries to send a message, and plans the next try where it did not arrive. An address that says it is gone,
 * or that was tried to the end of the schedule, is switched off, and the admins are told. `turn` is when
 * the message was to be tried: whoever comes with another has been overtaken.
 */
export async function deliverMessage(deps: AlertDeps, job: DeliveryJob): Promise<void> {
  const { companyNo, id, turn } = job
  const found = await deps.db.snapshot(companyNo, async (tx) => {
    const delivery = await store.findDelivery(tx, companyNo, id)
    const webhook = delivery && (await store.findWebhook(tx, companyNo, delivery.webhookId))
    return { delivery, webhook, company: await companyFacts(tx, companyNo) }
  })
  const { delivery, webhook, company } = found
  if (delivery?.status !== 'queued' || turnOf(delivery) !== turn || !webhook) return
  const end = webhook.disabled
    ? failed('The webhook is switched off.')
    : company.onTestClock
      ? await withRoom(() => send(deps, webhook, delivery))
      : await send(deps, webhook, delivery)
  failpoint('webhook.called')
  const wait = webhook.disabled ? undefined : waitAfter(delivery, end)
  const isOver = company.onTestClock ? job.isLastAttempt || wait === undefined : wait === undefined
  const isFinal = end.kind === 'delivered' || isOver
  await deps.db.company(companyNo, async (tx) => {
    // In the order of a removal: the webhook first, then what belongs to it.
    const endpoint = await store.findWebhook(tx, companyNo, webhook.id, true)
    const locked = await store.findDelivery(tx, companyNo, id, true)
    if (!endpoint || locked?.status !== 'queued' || turnOf(locked) !== turn) return
    const tried = triedOnce(locked, end)
    if (isFinal) await conclude(deps, tx, companyNo, endpoint, tried, end)
    else if (company.onTestClock) await store.updateDelivery(tx, companyNo, tried)
    else await planNext(tx, companyNo, tried, deps.clock.now(), wait ?? BUSY_MS)
  })
  // The queue tries it again, which moving the clock does not wait for.
  if (!isFinal && company.onTestClock) throw new NotYet(`message ${id} did not arrive`)
}

/** How long a message waits after one more try; undefined when that was the last. */
function waitAfter({ attempts }: Delivery, end: End): number | undefined {
  if (end.kind === 'busy') return BUSY_MS
  if (end.kind === 'delivered' || end.status === GONE) return undefined
  return webhookWait(attempts + 1, end.retryAfterMs, Math.random())
}

function triedOnce(before: Delivery, end: End): Delivery {
  if (end.kind === 'busy') return before
  const { status: responseStatus, response } = end
  const error = end.kind === 'failed' ? end.reason : null
  return { ...before, attempts: before.attempts + 1, responseStatus, response, error }
}

async function send(
  { outbound, clock }: AlertDeps,
  webhook: Webhook,
  { id, payload }: Delivery,
): Promise<End> {
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'Sluice-Webhooks',
    ...signatureHeaders(webhook, id, payload, clock.now()),
  }
  try {
    const answer = await outbound.post(webhook.url, headers, payload)
    if (answer === 'busy') return { kind: 'busy' }
    const { status, excerpt: response, retryAfterMs } = answer
    if (status >= 200 && status < 300) return { kind: 'delivered', status, response }
    const reason =
      status >= 300 && status < 400
        ? `It answered ${status}; redirects are not followed.`
        : `It answered ${status}.`
    const isBusy = status === 429 || status === 503
    return { ...failed(reason, status, response), retryAfterMs: isBusy ? retryAfterMs : undefined }
  } catch (error) {
    if (error instanceof OutboundError) return failed(error.message)
    throw error
  }
}

async function conclude(
  { clock }: AlertDeps,
  tx: Tx,
  companyNo: CompanyNo,
  endpoint: Webhook,
  tried: Delivery,
  end: End,
): Promise<void> {
  const at = await companyTime(tx, companyNo, clock)
  const ended = { ...tried, nextAt: null }
  if (end.kind === 'delivered') {
    const delivered = { status: 'delivered' as const, deliveredAt: at }
    await store.updateDelivery(tx, companyNo, { ...ended, ...delivered })
    return
  }
  await store.updateDelivery(tx, companyNo, { ...ended, status: 'failed' })
  if (endpoint.disabled) return
  const isGone = end.kind === 'failed' && end.status === GONE
  const disabled = isGone ? ('gone' as const) : ('failing' as const)
  const off = { ...endpoint, disabled, disabledAt: at }
  await store.updateWebhook(tx, companyNo, off)
  const object = { type: 'webhook', id: endpoint.id }
  const system = { companyNo, actor: 'system' as const }
  await recordAudit(tx, system, 'webhook.change', object, audited(endpoint), audited(off))
  const facts = { webhookId: endpoint.id, url: endpoint.url, reason: disabled }
  await insertAlerts(
    runIn(tx),
    [{ companyNo, id: newAlertId(), kind: 'webhook_disabled', facts, at: null, seq: null }],
    clock.now(),
  )
}

async function planNext(
  tx: Tx,
  companyNo: CompanyNo,
  delivery: Delivery,
  now: Date,
  delayMs: number,
): Promise<void> {
  const nextAt = new Date(now.getTime() + delayMs)
  const planned = { ...delivery, nextAt }
  await store.updateDelivery(tx, companyNo, planned)
  const payload = { deliveryId: delivery.id, turn: turnOf(planned) }
  await enqueue(tx, DELIVER_WEBHOOK, payload, { companyNo, delayMs })
}

function failed(reason: string, status: number | null = null, response: string | null = null) {
  return { kind: 'failed' as const, status, response, reason, retryAfterMs: undefined }
}

/** Names a try: the moment it was planned for, null for the first. */
function turnOf({ nextAt }: Delivery): string | null {
  return nextAt?.toISOString() ?? null
}
