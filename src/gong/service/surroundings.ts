import type { Limits } from '../../companies/company.ts'
import { companyFacts } from '../../companies/service/companies.ts'
import type { Caller } from '../../kit/caller.ts'
import { notFound, Problem } from '../../kit/problem.ts'
import type { Database, Tx } from '../../platform/database.ts'
import { workspaceIdOf } from '../ids.ts'
import type { Names } from '../names.ts'
import { takeOne } from '../pace.ts'
import * as store from '../store.ts'

/** The company as these doors show it. */
export interface Workspace {
  id: string
  name: string
  emailDomains: string[]
  names: Names
}

/**
 * The company's one workspace, and by what names the answer calls things; refuses another workspace's id.
 * `named` are ids in the request: what is named by its own id is answered under that.
 */
export async function workspaceOf(
  tx: Tx,
  { companyNo, companyId }: Caller,
  asked: { workspaceId?: string | undefined; named?: readonly string[] | undefined } = {},
): Promise<Workspace> {
  const { name, settings } = await companyFacts(tx, companyNo)
  const id = workspaceIdOf(companyId)
  if (asked.workspaceId !== undefined && asked.workspaceId !== id) {
    throw notFound('workspace', asked.workspaceId)
  }
  const names = { style: settings.gongIds, asked: new Set(asked.named) }
  return { id, name, emailDomains: settings.emailDomains, names }
}

/** Counts one request of a company on these doors; refuses with `rate-limited` when there were too many. */
export async function countRequest({ db }: { db: Database }, caller: Caller): Promise<void> {
  // A person's session has limits of its own, and a page could be made to send it here.
  if (caller.kind === 'session') throw new Problem('unauthenticated', 'Send a key.')
  const { companyNo } = caller
  await db.company(companyNo, async (tx) => {
    const { limits } = (await companyFacts(tx, companyNo)).settings
    const { use, now } = await store.takeUse(tx, companyNo)
    const taken = takeOne(use, paceOf(limits), now)
    if ('retryAfter' in taken) {
      const { gongPerSecond, gongPerDay } = limits
      const most = `${gongPerSecond} requests a second and ${gongPerDay} a day`
      throw new Problem('rate-limited', `The company may send ${most}.`, taken)
    }
    await store.writeUse(tx, companyNo, taken.use)
  })
}

function paceOf({ gongPerSecond: perSecond, gongPerDay: perDay }: Limits) {
  return { perSecond, perDay }
}
