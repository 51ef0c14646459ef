import { noteUse } from '../../companies/service/integrations.ts'
import { livingMembers } from '../../companies/service/members.ts'
import type { Caller, Scope } from '../../kit/caller.ts'
import { Problem } from '../../kit/problem.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database.ts'
import { readAccount } from '../client.ts'
import { clientScopes, within } from '../scopes.ts'
import * as store from '../store.ts'
import { hashOf } from './records.ts'

/** Whether a text could be a token of ours, so that nothing else reaches the database. */
const TOKEN = /^[\w-]{43}$/
const NOTE_EVERY_MS = 60_000

/**
 * Tells who a token acts for at one address. It is looked up for each request, so that one whose
 * integration, member or grant ended is refused at once, on every server; and it may do no more than its
 * grant, its integration and its member's role of this very moment allow together. `mayHave` is what the
 * person could give it when asked again.
 */
export async function callerOfToken(
  { db, clock }: { db: Database; clock: Clock },
  token: string,
  audience: string,
): Promise<{ caller: Caller; mayHave: readonly Scope[] }> {
  const found = TOKEN.test(token)
    ? await db.shared((tx) => store.findToken(tx, hashOf('AccessToken', token)))
    : undefined
  const now = clock.now()
  if (!found || found.payload.aud !== audience) throw invalid('The token is not valid here.')
  if (found.expiresAt <= now) throw invalid('The token has expired.')
  if (found.integrationExpiresAt && found.integrationExpiresAt <= now) {
    throw invalid('The connection has expired.')
  }
  const { companyId: companyNo, publicId: companyId, integrationId, memberId, teamId } = found
  if (!found.lastUsedAt || now.getTime() - found.lastUsedAt.getTime() > NOTE_EVERY_MS) {
    await noteUse({ db }, companyNo, integrationId, now)
  }
  const granted = String(found.payload.scope ?? '').split(' ')
  const scopes = within(found.role, found.integrationScopes).filter((one) => granted.includes(one))
  const caller: Caller = {
    ...{ kind: 'key', companyNo, companyId, scopes, integrationId, access: 'personal', memberId },
    ...(teamId === null ? {} : { teamId }),
  }
  return { caller, mayHave: within(found.role, clientScopes) }
}

/** Whether somebody is still a member of their company. */
export async function isAccount({ db }: { db: Database }, accountId: string): Promise<boolean> {
  const { companyNo, memberId } = readAccount(accountId)
  const living = await db.company(companyNo, (tx) => livingMembers(tx, companyNo, [memberId]))
  return living.length === 1
}

function invalid(why: string): Problem {
  return new Problem('unauthenticated', why)
}
