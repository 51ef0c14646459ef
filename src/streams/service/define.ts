import { recordAudit } from '../../companies/service/audit.ts'
import { type Caller, requireScope } from '../../kit/caller.ts'
import { notFound, unprocessable } from '../../kit/problem.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Tx } from '../../platform/database.ts'
import { newId } from '../../platform/ids.ts'
import { missingOf } from '../../trackers/service/currency.ts'
import * as store from '../store.ts'
import { type Stream, type StreamFilter, trackersIn } from '../stream.ts'
import type { StreamDeps } from './deps.ts'

export interface NewStream {
  name: string
  filter: StreamFilter
  notifyBackfilled?: boolean | undefined
}

/** Saves a filter under a name; what fits it is in the stream at once. */
export async function makeStream(
  deps: Pick<StreamDeps, 'db' | 'clock'>,
  caller: Caller,
  asked: NewStream,
): Promise<Stream> {
  requireScope(caller, 'trackers:write')
  return deps.db.company(caller.companyNo, async (tx) => {
    await checkFilter(tx, caller, asked.filter)
    const now = await companyTime(tx, caller.companyNo, deps.clock)
    const stream: Stream = {
      id: newId('str'),
      name: asked.name,
      filter: asked.filter,
      since: now,
      notifyBackfilled: asked.notifyBackfilled ?? false,
      createdBy: caller.memberId ?? null,
      createdAt: now,
    }
    await store.insertStream(tx, caller.companyNo, stream)
    await recordAudit(
      tx,
      caller,
      'stream.create',
      { type: 'stream', id: stream.id },
      null,
      said(stream),
    )
    return stream
  })
}

/** Changes a stream; a changed filter holds from now on. */
export async function changeStream(
  deps: Pick<StreamDeps, 'db' | 'clock'>,
  caller: Caller,
  id: string,
  asked: Partial<NewStream>,
): Promise<Stream> {
  requireScope(caller, 'trackers:write')
  return deps.db.company(caller.companyNo, async (tx) => {
    const before = await lockStream(tx, caller, id)
    const { name = before.name, filter, notifyBackfilled = before.notifyBackfilled } = asked
    if (filter) await checkFilter(tx, caller, filter)
    const since = filter ? await companyTime(tx, caller.companyNo, deps.clock) : before.since
    const after = { ...before, name, notifyBackfilled, filter: filter ?? before.filter, since }
    await store.updateStream(tx, caller.companyNo, after)
    await recordAudit(
      tx,
      caller,
      'stream.change',
      { type: 'stream', id },
      said(before),
      said(after),
    )
    return after
  })
}

/** Deletes a stream; its calls and emails are where they were. */
export async function removeStream(
  deps: Pick<StreamDeps, 'db'>,
  caller: Caller,
  id: string,
): Promise<void> {
  requireScope(caller, 'trackers:write')
  await deps.db.company(caller.companyNo, async (tx) => {
    const before = await lockStream(tx, caller, id)
    await store.deleteStream(tx, caller.companyNo, id)
    await recordAudit(tx, caller, 'stream.delete', { type: 'stream', id }, said(before), null)
  })
}

async function lockStream(tx: Tx, { companyNo }: Caller, id: string): Promise<Stream> {
  const stream = await store.readStream(tx, companyNo, id, true)
  if (!stream) throw notFound('stream', id)
  return stream
}

async function checkFilter(tx: Tx, { companyNo }: Caller, filter: StreamFilter): Promise<void> {
  const missing = await missingOf(tx, companyNo, trackersIn(filter))
  if (missing === undefined) return
  throw unprocessable('filter.trackers', `there is no tracker ${JSON.stringify(missing)}`)
}

function said({ name, filter, notifyBackfilled }: Stream) {
  return { name, filter, notifyBackfilled }
}
