import { randomBytes } from 'node:crypto'
import { recordAudit } from '../../companies/service/audit.ts'
import { companyFacts } from '../../companies/service/companies.ts'
import { type Caller, type CompanyNo, requireScope } from '../../kit/caller.ts'
import { pageOf, readCursor } from '../../kit/cursor.ts'
import { notFound, Problem, unprocessable } from '../../kit/problem.ts'
import type { Clock } from '../../platform/clock.ts'
import { companyTime } from '../../platform/company-time.ts'
import { countBeforeAdding } from '../../platform/count.ts'
import type { Database, Tx } from '../../platform/database.ts'
import { newId } from '../../platform/ids.ts'
import type { Outbound } from '../../platform/outbound.ts'
import { enqueue } from '../../platform/queue.ts'
import { DELIVER_WEBHOOK } from '../job-names.ts'
import * as store from '../store/webhooks.ts'
import { audited, type Delivery, type Webhook, type WebhookEvent } from '../webhook.ts'
import { triesOf } from './write-mails.ts'

interface Deps {
  db: Database
  clock: Clock
  outbound: Outbound
}

interface Paged {
  limit: number
  cursor?: string | undefined
}

/** Signs beside the new secret for so long, so that receivers can change over. */
const OVERLAP_MS = 24 * 3_600_000
const WEBHOOKS_MAX = 20

/** The company's webhooks, newest first. */
export async function listWebhooks({ db }: Pick<Deps, 'db'>, caller: Caller, asked: Paged) {
  requireScope(caller, 'admin')
  const after = readCursor(asked.cursor, 'time', 'text')
  const rows = await db.snapshot(caller.companyNo, (tx) =>
    store.listWebhooks(tx, caller.companyNo, after, asked.limit + 1),
  )
  return pageOf(rows, asked.limit, ({ createdAt, id }) => [createdAt, id])
}

export async function readWebhook({ db }: Pick<Deps, 'db'>, caller: Caller, id: string) {
  requireScope(caller, 'admin')
  return db.snapshot(caller.companyNo, (tx) => webhookOf(tx, caller.companyNo, id))
}

/** Makes a webhook. Its secret is told here, and again only when it is changed. */
export async function makeWebhook(
  { db, clock, outbound }: Deps,
  caller: Caller,
  asked: { url: string; events: WebhookEvent[] },
): Promise<Webhook> {
  requireScope(caller, 'admin')
  checkUrl(outbound, asked.url)
  const no = caller.companyNo
  return db.company(no, async (tx) => {
    if ((await countBeforeAdding(tx, 'webhook', no)) >= WEBHOOKS_MAX) {
      throw new Problem('invalid-state', `There are ${WEBHOOKS_MAX} webhooks, which is the most.`)
    }
    const webhook: Webhook = {
      ...{ id: newId('whk'), url: asked.url, events: asked.events, secret: newSecret() },
      ...{ oldSecret: null, oldSecretUntil: null, disabled: null, disabledAt: null },
      createdAt: await companyTime(tx, no, clock),
    }
    await store.insertWebhook(tx, no, webhook)
    const object = { type: 'webhook', id: webhook.id }
    await recordAudit(tx, caller, 'webhook.create', object, null, audited(webhook))
    return webhook
  })
}

export interface WebhookChange {
  url?: string | undefined
  events?: WebhookEvent[] | undefined
  /** Switching it on again forgets why it was off. */
  enabled?: boolean | undefined
}

/** Changes a webhook from its next message on; what is not given stays. */
export async function changeWebhook(
  { db, clock, outbound }: Deps,
  caller: Caller,
  id: string,
  { url, events, enabled }: WebhookChange,
): Promise<Webhook> {
  requireScope(caller, 'admin')
  if (url !== undefined) checkUrl(outbound, url)
  const no = caller.companyNo
  return db.company(no, async (tx) => {
    const before = await webhookOf(tx, no, id, true)
    const after = { ...before, url: url ?? before.url, events: events ?? before.events }
    if (enabled === true) Object.assign(after, { disabled: null, disabledAt: null })
    if (enabled === false && !before.disabled) {
      const disabledAt = await companyTime(tx, no, clock)
      Object.assign(after, { disabled: 'by_hand', disabledAt })
    }
    await store.updateWebhook(tx, no, after)
    const object = { type: 'webhook', id }
    await recordAudit(tx, caller, 'webhook.change', object, audited(before), audited(after))
    return after
  })
}

/** Gives a webhook a new secret; the old one signs too for another day. */
export async function rotateSecret({ db, clock }: Deps, caller: Caller, id: string) {
  requireScope(caller, 'admin')
  const no = caller.companyNo
  return db.company(no, async (tx) => {
    const before = await webhookOf(tx, no, id, true)
    // Receivers live in real time, whatever the company's clock says.
    const oldSecretUntil = new Date(clock.now().getTime() + OVERLAP_MS)
    const rotated = { secret: newSecret(), oldSecret: before.secret, oldSecretUntil }
    const after = { ...before, ...rotated }
    await store.updateWebhook(tx, no, after)
    const told = { oldSecretUntil: oldSecretUntil.toISOString() }
    await recordAudit(tx, caller, 'webhook.rotate', { type: 'webhook', id }, null, told)
    return after
  })
}

/** Ends a webhook and forgets its messages. */
export async function removeWebhook({ db }: Pick<Deps, 'db'>, caller: Caller, id: string) {
  requireScope(caller, 'admin')
  const no = caller.companyNo
  await db.company(no, async (tx) => {
    const before = await webhookOf(tx, no, id, true)
    await store.deleteWebhook(tx, no, id)
    const object = { type: 'webhook', id }
    await recordAudit(tx, caller, 'webhook.delete', object, audited(before), null)
  })
}

/** The messages of a webhook, newest first. */
export async function listDeliveries(
  { db }: Pick<Deps, 'db'>,
  caller: Caller,
  id: string,
  asked: Paged,
) {
  requireScope(caller, 'admin')
  const no = caller.companyNo
  const after = readCursor(asked.cursor, 'time', 'text')
  const rows = await db.snapshot(no, async (tx) => {
    await webhookOf(tx, no, id)
    return store.listDeliveries(tx, no, id, after, asked.limit + 1)
  })
  return pageOf(rows, asked.limit, ({ at, id }) => [at, id])
}

/** Sends a message again that failed for good, under its own webhook-id. */
export async function redeliver(
  { db }: Pick<Deps, 'db'>,
  caller: Caller,
  id: string,
  deliveryId: string,
): Promise<Delivery> {
  requireScope(caller, 'admin')
  const no = caller.companyNo
  return db.company(no, async (tx) => {
    const webhook = await webhookOf(tx, no, id)
    const found = await store.findDelivery(tx, no, deliveryId, true)
    if (found?.webhookId !== id) throw notFound('delivery', deliveryId)
    if (found.status === 'queued' || webhook.disabled) {
      const why = webhook.disabled ? 'The webhook is switched off.' : 'It is being sent already.'
      throw new Problem('invalid-state', why)
    }
    const again: Delivery = { ...found, status: 'queued', attempts: 0, nextAt: null }
    await store.updateDelivery(tx, no, again)
    const queued = { companyNo: no, ...triesOf(await companyFacts(tx, no)) }
    await enqueue(tx, DELIVER_WEBHOOK, { deliveryId, turn: null }, queued)
    const object = { type: 'webhook', id }
    await recordAudit(tx, caller, 'webhook.redeliver', object, null, { deliveryId })
    return again
  })
}

async function webhookOf(tx: Tx, no: CompanyNo, id: string, lock = false): Promise<Webhook> {
  const webhook = await store.findWebhook(tx, no, id, lock)
  if (!webhook) throw notFound('webhook', id)
  return webhook
}

function checkUrl(outbound: Outbound, url: string): void {
  const fault = outbound.faultOf(url)
  if (fault) throw unprocessable('url', fault)
}

function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}
