import { clientsOf, removeIntegration } from '../../companies/service/integrations.ts'
import type { KeyRing } from '../../companies/service/key-ring.ts'
import { countTries } from '../../companies/service/tries.ts'
import type { Caller } from '../../kit/caller.ts'
import { notFound, Problem } from '../../kit/problem.ts'
import type { AuthorizationServer } from '../../platform/authorization-server.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database.ts'
import { newId } from '../../platform/ids.ts'
import { type Fault, isFault, registrationOf } from '../client.ts'
import * as store from '../store.ts'

/** So many clients may be registered from one address in a quarter of an hour. */
const REGISTRATIONS_MAX = 30

/**
 * Registers a client that nobody knows yet (RFC 7591), and gives what was registered. It may do nothing
 * until a person lets it in; one that nobody lets in is forgotten after a month.
 */
export async function registerClient(
  { db, clock, server }: { db: Database; clock: Clock; server: AuthorizationServer },
  asked: unknown,
  address: string,
): Promise<Record<string, unknown> | Fault> {
  const at = clock.now()
  const limit = { subject: `registration from ${address}`, most: REGISTRATIONS_MAX }
  await countTries(db, [limit], at)
  const made = registrationOf(asked)
  if (isFault(made)) return made
  const id = newId('app')
  const metadata = { ...made, client_id: id, client_id_issued_at: Math.floor(at.getTime() / 1000) }
  const fault = await server.clientFault(metadata)
  if (fault) return { error: 'invalid_client_metadata', error_description: fault }
  await db.shared(async (tx) => {
    await store.insertClient(tx, id, metadata, at)
    await store.forgetEnded(tx, at)
  })
  return metadata
}

/** The programs that the person who is signed in has let in, newest first. */
export async function listOwnClients({ db }: { db: Database }, caller: Caller) {
  return clientsOf({ db }, caller, signedIn(caller))
}

/** Takes back what one let a program do: its tokens are refused from the next request on. */
export async function removeOwnClient(
  deps: { db: Database; clock: Clock; keys: KeyRing },
  caller: Caller,
  id: string,
): Promise<void> {
  const own = await clientsOf(deps, caller, signedIn(caller))
  if (!own.some((integration) => integration.id === id)) throw notFound('connection', id)
  await removeIntegration(deps, caller, id)
}

function signedIn({ kind, memberId }: Caller): string {
  if (kind === 'session' && memberId) return memberId
  throw new Problem('unauthenticated', 'This is for people who signed in; a key is a program.')
}
