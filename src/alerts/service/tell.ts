import type { Company } from '../../companies/company.ts'
import { alertRecipients, companyFacts } from '../../companies/service/companies.ts'
import { integrationNames } from '../../companies/service/integrations.ts'
import { livingMembers } from '../../companies/service/members.ts'
import { teamOf } from '../../companies/service/teams.ts'
import type { CompanyNo } from '../../kit/caller.ts'
import { ledgerIds } from '../../ledger/ids.ts'
import { instanceName } from '../../ledger/service/reads.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Tx } from '../../platform/database.ts'
import { newId } from '../../platform/ids.ts'
import { enqueue, isAtWork } from '../../platform/queue.ts'
import { type Alert, mailed } from '../alert.ts'
import { DELIVER_WEBHOOK, TOGETHER } from '../job-names.ts'
import * as store from '../store/alerts.ts'
import { readItemsOf } from '../store/forget.ts'
import { lastMailAt } from '../store/mails.ts'
import { insertDeliveries, listening } from '../store/webhooks.ts'
import { togetherAt } from '../tries.ts'
import { type Delivery, eventsOf, payloadOf } from '../webhook.ts'
import type { AlertDeps } from './deps.ts'
import { triesOf, writeMails } from './write-mails.ts'

/**
 * Tells of an alert, once: gives it its readers, writes the mails, lays out the webhook messages. All of
 * it commits together with the jobs that send them.
 */
export async function tell(deps: AlertDeps, companyNo: CompanyNo, alertId: string): Promise<void> {
  await deps.db.company(companyNo, async (tx) => {
    const untold = await store.lockUntold(tx, companyNo, alertId)
    if (!untold) return
    const alert = await named(tx, companyNo, untold)
    const now = await companyTime(tx, companyNo, deps.clock)
    const company = await companyFacts(tx, companyNo)
    const readers = await readersOf(deps, tx, companyNo, alert)
    await store.markTold(tx, companyNo, withoutText(alert), {
      at: deps.clock.now(),
      readers: readers.map(({ id }) => id),
      mailWaits: mailed[alert.kind] === 'together',
    })
    if (mailed[alert.kind] === 'each') {
      const letters = readers.map((member) => ({ member, alerts: [alert] }))
      await writeMails(deps, tx, company, now, letters, await itemsOf(tx, companyNo, alert))
    } else if (mailed[alert.kind] === 'together') {
      await planTogether(deps, tx, companyNo, company.onTestClock)
    }
    await layOutMessages(tx, company, now, alert)
  })
}

/** Sends the alerts that wait for each other, in one mail to each reader, when it is time for it. */
export async function tellTogether(deps: AlertDeps, companyNo: CompanyNo): Promise<void> {
  await deps.db.company(companyNo, async (tx) => {
    const waiting = await store.readWaiting(tx, companyNo, true)
    if (waiting.length === 0) return
    const company = await companyFacts(tx, companyNo)
    // Its time stands still: what is under way or due comes at the same moment, and goes with it.
    if (company.onTestClock && (await isAtWork(tx, companyNo, TOGETHER))) {
      await enqueue(tx, TOGETHER, {}, { companyNo })
      return
    }
    const delayMs = await untilPlanned(deps, tx, companyNo, waiting)
    if (!company.onTestClock && delayMs > 0) {
      await enqueue(tx, TOGETHER, {}, { companyNo, key: TOGETHER, delayMs })
      return
    }
    const ids = [...new Set(waiting.flatMap(({ readers }) => readers))]
    const letters = (await livingMembers(tx, companyNo, ids)).map((member) => ({
      member,
      alerts: waiting
        .filter(({ readers }) => readers.includes(member.id))
        .map(({ alert }) => alert),
    }))
    await writeMails(deps, tx, company, await companyTime(tx, companyNo, deps.clock), letters)
    await store.endWaiting(
      tx,
      companyNo,
      waiting.map(({ alert }) => alert.id),
    )
  })
}

async function planTogether(
  deps: AlertDeps,
  tx: Tx,
  companyNo: CompanyNo,
  onTestClock: boolean,
): Promise<void> {
  const waiting = await store.readWaiting(tx, companyNo)
  const delayMs = await untilPlanned(deps, tx, companyNo, waiting)
  const later = onTestClock || delayMs === 0 ? {} : { delayMs }
  await enqueue(tx, TOGETHER, {}, { companyNo, key: TOGETHER, ...later })
}

/** How long alerts wait yet, 0 when it is time: a length, since the queue goes by the database's clock. */
async function untilPlanned(
  { clock }: AlertDeps,
  tx: Tx,
  companyNo: CompanyNo,
  waiting: store.Waiting[],
): Promise<number> {
  const since = waiting.map((one) => one.since)
  const dueAt = togetherAt(since, await lastMailAt(tx, companyNo, waiting[0]!.alert.kind))
  return Math.max(0, dueAt.getTime() - clock.now().getTime())
}

/** The recipients the company has chosen; of a stop also who made the tracker and who follows it. */
async function readersOf(deps: AlertDeps, tx: Tx, companyNo: CompanyNo, alert: Alert) {
  if (alert.kind === 'stream_entry' || alert.kind === 'brief') {
    return livingMembers(tx, companyNo, alert.facts.memberIds)
  }
  const recipients = await alertRecipients(tx, companyNo)
  if (alert.kind !== 'tracker_stopped') return recipients
  const { trackerId, createdBy } = alert.facts
  const followers = await deps.followersOf(tx, companyNo, trackerId)
  const known = new Set(recipients.map(({ id }) => id))
  const others = [...(createdBy ? [createdBy] : []), ...followers].filter((id) => !known.has(id))
  return [...recipients, ...(await livingMembers(tx, companyNo, others))]
}

/** An alert that says the name of what it is about, where other modules know it by its id only. */
async function named(tx: Tx, companyNo: CompanyNo, alert: Alert): Promise<Alert> {
  if (alert.kind !== 'budget') return alert
  const scopeName = await nameOf(tx, companyNo, alert.facts.scope)
  return scopeName === undefined ? alert : { ...alert, facts: { ...alert.facts, scopeName } }
}

/** The calls and emails that an alert quotes from. */
async function itemsOf(tx: Tx, companyNo: CompanyNo, alert: Alert): Promise<bigint[] | null> {
  return alert.kind === 'brief' ? readItemsOf(tx, companyNo, alert.facts.generatedId) : null
}

/** What stays of an alert once its mails are written: no copy of what was read in calls and emails. */
function withoutText(alert: Alert): Alert {
  if (alert.kind !== 'brief') return alert
  const { text: _, ...facts } = alert.facts
  return { ...alert, facts }
}

async function nameOf(
  tx: Tx,
  companyNo: CompanyNo,
  { type, id }: { type: string; id: string },
): Promise<string | undefined> {
  if (type === 'member') return (await livingMembers(tx, companyNo, [id]))[0]?.name
  if (type === 'integration') return (await integrationNames(tx, companyNo, [id])).get(id)
  if (type === 'instance') return instanceName(tx, companyNo, id)
  if (type !== 'team') return undefined
  return teamOf(tx, companyNo, id).then(
    ({ name }) => name,
    () => undefined,
  )
}

async function layOutMessages(tx: Tx, company: Company, now: Date, alert: Alert): Promise<void> {
  const companyNo = company.no
  const events = eventsOf(alert)
  if (events.length === 0) return
  const ids = ledgerIds(company.id)
  const endpoints = await listening(tx, companyNo, events)
  const deliveries = endpoints.flatMap((webhook) =>
    events
      .filter((event) => webhook.events.includes(event))
      .map(
        (event): Delivery => ({
          id: newId('msg'),
          webhookId: webhook.id,
          alertId: alert.id,
          event,
          payload: payloadOf(event, alert, company.id, ids),
          status: 'queued',
          attempts: 0,
          responseStatus: null,
          response: null,
          error: null,
          at: now,
          deliveredAt: null,
          nextAt: null,
        }),
      ),
  )
  const queued = { companyNo, ...triesOf(company) }
  for (const deliveryId of await insertDeliveries(tx, companyNo, deliveries)) {
    await enqueue(tx, DELIVER_WEBHOOK, { deliveryId, turn: null }, queued)
  }
}
