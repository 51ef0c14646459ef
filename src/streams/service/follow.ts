import { recordAudit } from '../../companies/service/audit.ts'
import { memberOf } from '../../companies/service/members.ts'
import { type Caller, may, requireScope } from '../../kit/caller.ts'
import { notFound, Problem, unprocessable } from '../../kit/problem.ts'
import type { Database, Tx } from '../../platform/database.ts'
import * as store from '../store.ts'

type Deps = { db: Database }

/** Lets a member follow a stream; following twice is following. Members follow and leave by themselves. */
export async function follow(
  { db }: Deps,
  caller: Caller,
  streamId: string,
  memberId: string,
): Promise<void> {
  await db.company(caller.companyNo, async (tx) => {
    await requireOwnOrWrite(tx, caller, streamId, memberId)
    await memberOf(tx, caller.companyNo, memberId).catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error
      throw unprocessable('memberId', `there is no member ${JSON.stringify(memberId)}`)
    })
    await store.insertFollower(tx, caller.companyNo, streamId, memberId)
    const object = { type: 'stream', id: streamId }
    await recordAudit(tx, caller, 'stream.follow', object, null, { memberId })
  })
}

/** Lets a member follow a stream no more. */
export async function unfollow(
  { db }: Deps,
  caller: Caller,
  streamId: string,
  memberId: string,
): Promise<void> {
  await db.company(caller.companyNo, async (tx) => {
    await requireOwnOrWrite(tx, caller, streamId, memberId)
    await store.deleteFollower(tx, caller.companyNo, streamId, memberId)
    const object = { type: 'stream', id: streamId }
    await recordAudit(tx, caller, 'stream.unfollow', object, { memberId }, null)
  })
}

async function requireOwnOrWrite(
  tx: Tx,
  caller: Caller,
  streamId: string,
  memberId: string,
): Promise<void> {
  requireScope(caller, 'trackers:read')
  if (caller.memberId !== memberId && !may(caller, 'trackers:write')) {
    throw new Problem('forbidden', 'Members follow streams by themselves.')
  }
  // Locked: a stream that is deleted at this moment is gone for both or for neither.
  const stream = await store.readStream(tx, caller.companyNo, streamId, true)
  if (!stream) throw notFound('stream', streamId)
}
