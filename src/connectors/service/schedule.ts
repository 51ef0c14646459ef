import type { CompanyNo } from '../../kit/caller.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Tx } from '../../platform/database.ts'
import { newId } from '../../platform/ids.ts'
import { enqueue, forgetJob } from '../../platform/queue.ts'
import { type Connector, firstPlace, type SyncRun } from '../connector.ts'
import { SYNC_CONNECTOR, SYNC_DUE } from '../job-names.ts'
import * as store from '../store.ts'
import type { ConnectorDeps } from './deps.ts'

/** A connector with its next time by the schedule, for which a job is left in place of any that waits. */
export async function plan(
  tx: Tx,
  companyNo: CompanyNo,
  connector: Connector,
  now: Date,
): Promise<Connector> {
  const { id, enabled, everyMinutes } = connector
  const key = `connector:${id}`
  if (!enabled || everyMinutes === null) {
    await forgetJob(tx, companyNo, key)
    return { ...connector, nextAt: null }
  }
  const nextAt = new Date(now.getTime() + everyMinutes * 60_000)
  const payload = { connectorId: id, at: nextAt.toISOString() }
  await enqueue(tx, SYNC_DUE, payload, { companyNo, key, runAt: nextAt })
  return { ...connector, nextAt }
}

/** The time of a schedule has come: begins a sync unless one is under way, and plans the next. */
export async function comeDue(
  { db, clock }: Pick<ConnectorDeps, 'db' | 'clock'>,
  companyNo: CompanyNo,
  id: string,
  at: Date,
): Promise<void> {
  await db.company(companyNo, async (tx) => {
    const connector = await store.findConnector(tx, companyNo, id, true)
    // Changed or switched off since: another job stands for it, or none.
    if (!connector?.enabled || connector.nextAt?.getTime() !== at.getTime()) return
    const now = await companyTime(tx, companyNo, clock)
    const planned = await plan(tx, companyNo, connector, now > at ? now : at)
    await beginRun(tx, companyNo, planned, 'schedule', now)
  })
}

/**
 * Begins a sync of a connector whose row is locked: where the last one was cut off, else anew. Undefined
 * when one is under way; the connector is written in any case.
 */
export async function beginRun(
  tx: Tx,
  companyNo: CompanyNo,
  connector: Connector,
  cause: SyncRun['cause'],
  startedAt: Date,
): Promise<SyncRun | undefined> {
  const run: SyncRun = {
    ...{ id: newId('syn'), connectorId: connector.id, cause, status: 'running', startedAt },
    ...{ endedAt: null, users: 0, calls: 0, transcripts: 0 },
    ...{ rejectedCount: 0, rejected: [], failures: 0, error: null },
  }
  const isFirst = await store.insertRun(tx, companyNo, run)
  const place = connector.place ?? firstPlace(connector, startedAt)
  const begun = isFirst ? { ...connector, place } : connector
  if (!(await store.updateConnector(tx, companyNo, begun))) throw new Error('a locked row changed')
  if (!isFirst) return undefined
  await enqueueSync(tx, companyNo, run)
  return run
}

/** Leaves the job that goes on with a run; not before a moment, when one is given. */
export async function enqueueSync(
  tx: Tx,
  companyNo: CompanyNo,
  { id }: Pick<SyncRun, 'id'>,
  runAt?: Date,
): Promise<void> {
  const when = runAt ? { runAt } : {}
  await enqueue(tx, SYNC_CONNECTOR, { runId: id }, { companyNo, key: `sync:${id}`, ...when })
}
