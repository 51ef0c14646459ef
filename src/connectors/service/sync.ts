import { companyFacts } from '../../companies/service/companies.ts'
import { addMember } from '../../companies/service/members.ts'
import { findEntityByCrmId } from '../../conversations/service/entities.ts'
import { type Put, putItems } from '../../conversations/service/put-items.ts'
import type { CompanyNo } from '../../kit/caller.ts'
import { Problem } from '../../kit/problem.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Tx } from '../../platform/database.ts'
import {
  type Connector,
  FAILURES_MAX,
  placeAfter,
  type Rejected,
  type SyncRun,
  waitFor,
  withPage,
} from '../connector.ts'
import type { RemoteUser, Taken } from '../remote.ts'
import * as store from '../store.ts'
import type { ConnectorDeps } from './deps.ts'
import { type Brought, RemoteFailed, readPage } from './read-remote.ts'
import { enqueueSync } from './schedule.ts'

/**
 * Goes on with a run, a page at a time: what a page brought, the place behind it and the figures are one
 * commit, so that a run that was cut off anywhere goes on where it stood. Waits are left to the queue.
 */
export async function goOn(
  deps: ConnectorDeps,
  companyNo: CompanyNo,
  runId: string,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    const standing = await deps.db.snapshot(companyNo, (tx) => standingOf(tx, companyNo, runId))
    if (!standing) return
    const { connector, place } = standing
    try {
      const brought = await readPage(deps, companyNo, connector, place)
      await takePage(deps, companyNo, runId, standing, brought)
    } catch (error) {
      if (!(error instanceof RemoteFailed)) throw error
      return waitOrFail(deps, companyNo, runId, standing, error)
    }
  }
}

/** Ends a run whose own work failed again and again. */
export async function giveUp(
  { db, clock }: ConnectorDeps,
  companyNo: CompanyNo,
  runId: string,
): Promise<void> {
  await db.company(companyNo, async (tx) => {
    const run = await store.findRun(tx, companyNo, runId, true)
    if (run?.status !== 'running') return
    const endedAt = await companyTime(tx, companyNo, clock)
    const error = 'Something went wrong on our side.'
    await store.updateRun(tx, companyNo, { ...run, status: 'failed', endedAt, error })
  })
}

interface Standing {
  connector: Connector
  place: NonNullable<Connector['place']>
}

/** Where a run stands; undefined when it is not under way any more. */
async function standingOf(
  tx: Tx,
  companyNo: CompanyNo,
  runId: string,
): Promise<Standing | undefined> {
  const run = await store.findRun(tx, companyNo, runId)
  if (run?.status !== 'running') return undefined
  const connector = await store.findConnector(tx, companyNo, run.connectorId)
  return connector?.place ? { connector, place: connector.place } : undefined
}

async function takePage(
  deps: ConnectorDeps,
  companyNo: CompanyNo,
  runId: string,
  { connector, place }: Standing,
  brought: Brought,
): Promise<void> {
  await deps.db.company(companyNo, async (tx) => {
    const next = placeAfter(place, brought.next)
    const syncedTo = next ? connector.syncedTo : new Date(place.to)
    const after = { ...connector, place: next ?? null, syncedTo }
    // Somebody else has read this page, or changed the connector: what was read is of no use.
    if (!(await store.updateConnector(tx, companyNo, after))) return
    const run = await store.findRun(tx, companyNo, runId, true)
    if (run?.status !== 'running') throw new Error('a run ended while its connector stood still')
    const rejected = [...brought.rejected]
    const users = await addUsers(deps, tx, companyNo, brought.users)
    const calls = await putCalls(deps, tx, companyNo, connector, brought.calls, rejected)
    const { transcripts } = brought
    const counted = withPage(run, { users, calls, transcripts, rejected })
    const endedAt = await companyTime(tx, companyNo, deps.clock)
    const ended: SyncRun = { ...counted, status: 'done', endedAt }
    await store.updateRun(tx, companyNo, next ? counted : ended)
  })
}

/** Adds those who are no members yet, without a password; nobody who is one is changed, nobody comes back. */
async function addUsers(
  { clock }: ConnectorDeps,
  tx: Tx,
  companyNo: CompanyNo,
  users: readonly RemoteUser[],
): Promise<number> {
  const emails = users.map(({ email }) => email.toLowerCase())
  const known = await store.knownEmails(tx, companyNo, emails)
  const ids = users.map(({ id }) => id)
  const taken = await store.knownIds(tx, companyNo, ids)
  const at = await companyTime(tx, companyNo, clock)
  let added = 0
  for (const { id, email, name } of users) {
    const address = email.toLowerCase()
    if (known.has(address) || taken.has(id)) continue
    known.add(address)
    taken.add(id)
    await addMember(tx, { companyNo, actor: 'system' }, at, { id, email: address, name })
    added += 1
  }
  return added
}

async function putCalls(
  deps: ConnectorDeps,
  tx: Tx,
  companyNo: CompanyNo,
  { newFrom }: Connector,
  calls: readonly Taken[],
  rejected: Rejected[],
): Promise<number> {
  const puts: Put[] = []
  for (const { call, crm } of new Map(calls.map((one) => [one.call.id, one])).values()) {
    const { id, history: _, ...asked } = call
    const history = newFrom === null || (call.startedAt ?? newFrom) < newFrom
    const accountId = await ownIdOf(tx, companyNo, 'account', crm.account)
    const dealId = await ownIdOf(tx, companyNo, 'deal', crm.deal)
    puts.push({ type: 'call', id, history, asked: { ...asked, ...accountId, ...dealId } })
  }
  const done = puts.length ? await putItems(deps, tx, companyNo, puts) : []
  for (const [place, put] of done.entries()) {
    if (put instanceof Problem) rejected.push({ id: puts[place]!.id!, error: put.message })
  }
  return done.filter((put) => !(put instanceof Problem)).length
}

/** The account or deal that the other server's CRM names, where we have it; else the rules find one. */
async function ownIdOf<Type extends 'account' | 'deal'>(
  tx: Tx,
  companyNo: CompanyNo,
  type: Type,
  crmId: string | undefined,
): Promise<{ [Field in `${Type}Id`]?: string }> {
  const entity = crmId && (await findEntityByCrmId(tx, companyNo, type, crmId))
  return entity ? ({ [`${type}Id`]: entity.id } as { [Field in `${Type}Id`]?: string }) : {}
}

async function waitOrFail(
  { db, clock }: ConnectorDeps,
  companyNo: CompanyNo,
  runId: string,
  { connector, place }: Standing,
  { message, retryAfterMs, means }: RemoteFailed,
): Promise<void> {
  await db.company(companyNo, async (tx) => {
    // A cursor may have lost its meaning; what is read a second time changes nothing.
    if (means === 'bad-request' && place.page !== null) {
      await store.updateConnector(tx, companyNo, { ...connector, place: { ...place, page: null } })
    }
    const run = await store.findRun(tx, companyNo, runId, true)
    if (run?.status !== 'running') return
    const failures = run.failures + 1
    const now = await companyTime(tx, companyNo, clock)
    const isOver = means === 'final' || failures >= FAILURES_MAX
    const failed: SyncRun = { ...run, failures, error: message }
    if (isOver) {
      // The place stays: the next run goes on there.
      await store.updateRun(tx, companyNo, { ...failed, status: 'failed', endedAt: now })
      return
    }
    await store.updateRun(tx, companyNo, failed)
    const { onTestClock } = await companyFacts(tx, companyNo)
    // Another server lives in real time, and a test clock does not move by itself.
    const from = onTestClock ? now : clock.now()
    await enqueueSync(
      tx,
      companyNo,
      run,
      new Date(from.getTime() + waitFor(failures, retryAfterMs)),
    )
  })
}
