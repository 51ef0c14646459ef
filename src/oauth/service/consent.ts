import { readCompany } from '../../companies/service/companies.ts'
import { letClientIn } from '../../companies/service/integrations.ts'
import { memberOf } from '../../companies/service/members.ts'
import type { Caller } from '../../kit/caller.ts'
import { Problem } from '../../kit/problem.ts'
import type { AuthorizationServer, ConsentRequest } from '../../platform/authorization-server.ts'
import type { Clock } from '../../platform/clock.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Database } from '../../platform/database.ts'
import { newId } from '../../platform/ids.ts'
import { accountOf, nameOf, placeOf } from '../client.ts'
import { type ClientScope, within } from '../scopes.ts'
import * as store from '../store.ts'
import { hashOf } from './records.ts'

/** What a person reads before letting a client in. */
export async function describeConsent(
  { db }: { db: Database },
  caller: Caller,
  asked: ConsentRequest,
) {
  const { role } = signedIn(caller)
  const company = await readCompany({ db }, caller)
  const may = within(role, asked.scopes as ClientScope[])
  return {
    client: { name: nameOf(asked.clientName) ?? asked.clientId, uri: asked.clientUri ?? null },
    redirect: placeOf(asked.redirectUri),
    company: { id: company.id, name: company.name },
    scopes: asked.scopes.map((scope) => ({ scope, may: may.includes(scope as ClientScope) })),
  }
}

/**
 * Lets a client in for the person who is signed in, with no more than that person has: an integration of
 * theirs, whose name and member stand on every charge. Gives what the grant is known by.
 */
export async function agree(
  { db, clock, server }: { db: Database; clock: Clock; server: AuthorizationServer },
  caller: Caller,
  asked: ConsentRequest,
): Promise<{ accountId: string; grantId: string }> {
  const { memberId, role } = signedIn(caller)
  const { companyNo } = caller
  const scopes = within(role, asked.scopes as ClientScope[])
  if (scopes.length === 0) {
    throw new Problem('forbidden', 'Your role may do nothing of what the program asks for.')
  }
  const { clientId } = asked
  const accountId = accountOf(companyNo, memberId)
  const grantId = newId('ogr')
  const { payload, expiresAt } = await server.grantOf({ grantId, accountId, clientId, scopes })
  await db.company(companyNo, async (tx) => {
    await memberOf(tx, companyNo, memberId)
    const at = await companyTime(tx, companyNo, clock)
    const name = nameOf(asked.clientName) ?? clientId
    const client = { name, clientId, scopes }
    const integration = await letClientIn(tx, { ...caller, memberId }, at, client)
    await store.putToken(tx, companyNo, {
      ...{ hash: hashOf('Grant', grantId), kind: 'Grant', grantId, integrationId: integration.id },
      ...{ payload, expiresAt },
    })
  })
  return { accountId, grantId }
}

function signedIn({ kind, memberId, role }: Caller) {
  if (kind === 'session' && memberId && role) return { memberId, role }
  throw new Problem('unauthenticated', 'Only a person who is signed in can let a program in.')
}
