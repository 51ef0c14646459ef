import { sql } from 'kysely'
import type { CompanyNo } from '../../kit/caller.ts'
import type { Tx } from '../../platform/database.ts'
import { type After, newestFirst } from '../../platform/newest-first.ts'
import type { Delivery, Webhook, WebhookEvent } from '../webhook.ts'

export async function insertWebhook(tx: Tx, no: CompanyNo, webhook: Webhook): Promise<void> {
  await tx
    .insertInto('webhook')
    .values({ companyId: no, ...webhook })
    .execute()
}

export async function updateWebhook(tx: Tx, no: CompanyNo, webhook: Webhook): Promise<void> {
  const { id, createdAt: _, ...changed } = webhook
  await tx
    .updateTable('webhook')
    .set(changed)
    .where('companyId', '=', no)
    .where('id', '=', id)
    .execute()
}

export async function deleteWebhook(tx: Tx, no: CompanyNo, id: string): Promise<void> {
  await tx.deleteFrom('webhook').where('companyId', '=', no).where('id', '=', id).execute()
}

export async function findWebhook(
  tx: Tx,
  no: CompanyNo,
  id: string,
  lock = false,
): Promise<Webhook | undefined> {
  const query = webhooks(tx, no).where('id', '=', id)
  const row = await (lock ? query.forUpdate() : query).executeTakeFirst()
  return row && toWebhook(row)
}

export async function listWebhooks(tx: Tx, no: CompanyNo, after: After, most: number) {
  const rows = await newestFirst(webhooks(tx, no), 'createdAt', after, most).execute()
  return rows.map(toWebhook)
}

/** The enabled endpoints that want one of these events. */
export async function listening(
  tx: Tx,
  no: CompanyNo,
  events: readonly WebhookEvent[],
): Promise<Webhook[]> {
  const rows = await webhooks(tx, no)
    .where('disabled', 'is', null)
    .where(sql<boolean>`events && ${sql.val([...events])}::text[]`)
    .orderBy('id')
    .execute()
  return rows.map(toWebhook)
}

/** Keeps messages that are to be sent; gives the ids of those that were not there yet. */
export async function insertDeliveries(
  tx: Tx,
  no: CompanyNo,
  deliveries: readonly Delivery[],
): Promise<string[]> {
  if (deliveries.length === 0) return []
  const rows = await tx
    .insertInto('webhookDelivery')
    .values(deliveries.map((delivery) => ({ companyId: no, ...delivery })))
    .onConflict((conflict) => conflict.constraint('delivery_once_to_each_endpoint').doNothing())
    .returning('id')
    .execute()
  return rows.map(({ id }) => id)
}

export async function findDelivery(
  tx: Tx,
  no: CompanyNo,
  id: string,
  lock = false,
): Promise<Delivery | undefined> {
  const query = deliveries(tx, no).where('id', '=', id)
  const row = await (lock ? query.forUpdate() : query).executeTakeFirst()
  return row && toDelivery(row)
}

/** Writes down how a try ended. */
export async function updateDelivery(tx: Tx, no: CompanyNo, delivery: Delivery): Promise<void> {
  const { id, status, attempts, responseStatus, response, error, deliveredAt, nextAt } = delivery
  await tx
    .updateTable('webhookDelivery')
    .set({ status, attempts, responseStatus, response, error, deliveredAt, nextAt })
    .where('companyId', '=', no)
    .where('id', '=', id)
    .execute()
}

export async function listDeliveries(
  tx: Tx,
  no: CompanyNo,
  webhookId: string,
  after: After,
  most: number,
): Promise<Delivery[]> {
  const rows = await newestFirst(
    deliveries(tx, no).where('webhookId', '=', webhookId),
    'at',
    after,
    most,
  ).execute()
  return rows.map(toDelivery)
}

function webhooks(tx: Tx, no: CompanyNo) {
  return tx.selectFrom('webhook').selectAll().where('companyId', '=', no)
}

function deliveries(tx: Tx, no: CompanyNo) {
  return tx.selectFrom('webhookDelivery').selectAll().where('companyId', '=', no)
}

function toWebhook({ companyId: _, ...row }: object & { companyId: number }): Webhook {
  return row as Webhook
}

function toDelivery({ companyId: _, ...row }: object & { companyId: number }): Delivery {
  return row as Delivery
}
