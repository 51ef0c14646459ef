import { recordAudit } from '../../companies/service/audit.ts'
import { type Caller, type CompanyNo, requireScope } from '../../kit/caller.ts'
import { pageOf, readCursor } from '../../kit/cursor.ts'
import { notFound, Problem, unprocessable } from '../../kit/problem.ts'
import { companyTime } from '../../platform/company-time.ts'
import { countBeforeAdding } from '../../platform/count.ts'
import type { Tx } from '../../platform/database.ts'
import { newId } from '../../platform/ids.ts'
import type { Connector, Credential, SyncRun } from '../connector.ts'
import * as store from '../store.ts'
import type { ConnectorDeps } from './deps.ts'
import { beginRun, plan } from './schedule.ts'

type Deps = Pick<ConnectorDeps, 'db' | 'clock' | 'outbound' | 'secrets'>
type Reads = Pick<ConnectorDeps, 'db'>

interface Paged {
  limit: number
  cursor?: string | undefined
}

export interface NewConnector {
  name: string
  baseUrl: string
  credential: Credential
  importAs: 'history' | 'new'
  since?: Date | undefined
  everyMinutes: number | null
  enabled: boolean
}

export type ConnectorChange = {
  [Field in Exclude<keyof NewConnector, 'since'>]?: NewConnector[Field] | undefined
}

const CONNECTORS_MAX = 20
const SINCE_MS = 90 * 86_400_000

/** The company's connectors, newest first. */
export async function listConnectors({ db }: Reads, caller: Caller, asked: Paged) {
  requireScope(caller, 'admin')
  const after = readCursor(asked.cursor, 'time', 'text')
  const rows = await db.snapshot(caller.companyNo, (tx) =>
    store.listConnectors(tx, caller.companyNo, after, asked.limit + 1),
  )
  return pageOf(rows, asked.limit, ({ createdAt, id }) => [createdAt, id])
}

export async function readConnector({ db }: Reads, caller: Caller, id: string) {
  requireScope(caller, 'admin')
  return db.snapshot(caller.companyNo, (tx) => connectorOf(tx, caller.companyNo, id))
}

/** Makes a connector; nothing is read before its first sync. What it sends to show who it is, is never told. */
export async function makeConnector(deps: Deps, caller: Caller, asked: NewConnector) {
  requireScope(caller, 'admin')
  checkUrl(deps, asked.baseUrl)
  const no = caller.companyNo
  return deps.db.company(no, async (tx) => {
    if ((await countBeforeAdding(tx, 'connector', no)) >= CONNECTORS_MAX) {
      throw new Problem('invalid-state', `There are ${CONNECTORS_MAX} connectors already.`)
    }
    const now = await companyTime(tx, no, deps.clock)
    const id = newId('con')
    const { name, everyMinutes, enabled, credential } = asked
    const connector: Connector = {
      ...{ id, name, everyMinutes, enabled, baseUrl: bare(asked.baseUrl) },
      credentialKind: credential.kind,
      sealedCredential: sealed(deps, no, id, credential),
      newFrom: asked.importAs === 'new' ? now : null,
      since: asked.since ?? new Date(now.getTime() - SINCE_MS),
      ...{ syncedTo: null, place: null, revision: 1n, nextAt: null, createdAt: now },
    }
    const planned = await plan(tx, no, connector, now)
    await store.insertConnector(tx, no, planned)
    const object = { type: 'connector', id }
    await recordAudit(tx, caller, 'connector.create', object, null, audited(planned))
    return planned
  })
}

/**
 * Changes a connector; a sync under way goes on by what it is now. Another address is another server: it is
 * read from the beginning.
 */
export async function changeConnector(
  deps: Deps,
  caller: Caller,
  id: string,
  asked: ConnectorChange,
): Promise<Connector> {
  requireScope(caller, 'admin')
  if (asked.baseUrl !== undefined) checkUrl(deps, asked.baseUrl)
  const no = caller.companyNo
  return deps.db.company(no, async (tx) => {
    const before = await connectorOf(tx, no, id, true)
    const now = await companyTime(tx, no, deps.clock)
    const { credential, importAs } = asked
    const { name = before.name, enabled = before.enabled } = asked
    const { everyMinutes = before.everyMinutes } = asked
    const baseUrl = asked.baseUrl === undefined ? before.baseUrl : bare(asked.baseUrl)
    const after: Connector = {
      ...before,
      ...{ name, enabled, everyMinutes, baseUrl },
      ...(importAs === undefined ? {} : { newFrom: newFromAfter(before, importAs, now) }),
      ...(baseUrl === before.baseUrl ? {} : { syncedTo: null, place: null }),
    }
    if (credential) {
      after.credentialKind = credential.kind
      after.sealedCredential = sealed(deps, no, id, credential)
    }
    const planned = await plan(tx, no, after, now)
    if (!(await store.updateConnector(tx, no, planned))) throw new Error('a locked row changed')
    if (!enabled || baseUrl !== before.baseUrl) await stopRun(tx, no, id, now)
    const told = { ...audited(planned), ...(credential ? { credentialChanged: true } : {}) }
    const object = { type: 'connector', id }
    await recordAudit(tx, caller, 'connector.change', object, audited(before), told)
    return planned
  })
}

/** Ends a connector and forgets its runs; what came in stays. */
export async function removeConnector({ db }: Reads, caller: Caller, id: string): Promise<void> {
  requireScope(caller, 'admin')
  const no = caller.companyNo
  await db.company(no, async (tx) => {
    const before = await connectorOf(tx, no, id, true)
    await store.deleteConnector(tx, no, id)
    const object = { type: 'connector', id }
    await recordAudit(tx, caller, 'connector.delete', object, audited(before), null)
  })
}

/** Begins a sync now; refused while one is under way. */
export async function syncNow(
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  caller: Caller,
  id: string,
): Promise<SyncRun> {
  requireScope(caller, 'admin')
  const no = caller.companyNo
  return db.company(no, async (tx) => {
    const connector = await connectorOf(tx, no, id, true)
    if (!connector.enabled) throw new Problem('invalid-state', 'The connector is switched off.')
    const run = await beginRun(tx, no, connector, 'hand', await companyTime(tx, no, clock))
    if (!run) throw new Problem('invalid-state', 'A sync is under way.')
    await recordAudit(tx, caller, 'connector.sync', { type: 'connector', id }, null, null)
    return run
  })
}

/** The syncs of a connector, newest first. */
export async function listRuns({ db }: Reads, caller: Caller, id: string, asked: Paged) {
  requireScope(caller, 'admin')
  const no = caller.companyNo
  const after = readCursor(asked.cursor, 'time', 'text')
  const rows = await db.snapshot(no, async (tx) => {
    await connectorOf(tx, no, id)
    return store.listRuns(tx, no, id, after, asked.limit + 1)
  })
  return pageOf(rows, asked.limit, (run) => [run.startedAt, run.id])
}

async function connectorOf(tx: Tx, no: CompanyNo, id: string, lock = false): Promise<Connector> {
  const connector = await store.findConnector(tx, no, id, lock)
  if (!connector) throw notFound('connector', id)
  return connector
}

async function stopRun(tx: Tx, no: CompanyNo, id: string, endedAt: Date): Promise<void> {
  const run = await store.findRunning(tx, no, id)
  if (run) await store.updateRun(tx, no, { ...run, status: 'stopped', endedAt })
}

function newFromAfter(before: Connector, importAs: 'history' | 'new', now: Date): Date | null {
  return importAs === 'new' ? (before.newFrom ?? now) : null
}

function checkUrl({ outbound }: Deps, url: string): void {
  const fault = outbound.faultOf(url)
  if (fault) throw unprocessable('baseUrl', fault)
}

/** An address without the slash at its end and without `/v2`, which every request brings. */
function bare(url: string): string {
  const { origin, pathname } = new URL(url)
  return origin + pathname.replace(/\/+$/, '').replace(/\/v2$/, '')
}

function sealed({ secrets }: Deps, no: CompanyNo, id: string, credential: Credential): Buffer {
  return secrets.seal(JSON.stringify(credential), sealedFor(no, id))
}

/** Where a credential belongs: sealed for one connector it opens for no other. */
export function sealedFor(no: CompanyNo, id: string): string {
  return `connector ${no} ${id}`
}

function audited({ name, baseUrl, newFrom, everyMinutes, enabled }: Connector) {
  return { name, baseUrl, importAs: newFrom ? 'new' : 'history', everyMinutes, enabled }
}
