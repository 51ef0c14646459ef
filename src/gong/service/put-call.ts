import { ownOf, sideOf } from '../../conversations/domains.ts'
import type { Party, Sentence } from '../../conversations/items.ts'
import { putCall } from '../../conversations/service/items.ts'
import type { Caller } from '../../kit/caller.ts'
import { invalid, Problem } from '../../kit/problem.ts'
import { joined, type Tx } from '../../platform/database.ts'
import { itemIdOf, meant } from '../ids.ts'
import type { NewCall } from '../shapes.ts'
import { readUsers, type User } from '../store.ts'
import type { GongDeps } from './deps.ts'
import { workspaceOf } from './surroundings.ts'

/**
 * Puts a call in as any other: with a transcript, published trackers read it. `clientUniqueId` becomes its
 * id; a second time it is refused, whoever put the first one in and by whatever door.
 */
export async function postCall(deps: GongDeps, caller: Caller, asked: NewCall) {
  const { companyNo } = caller
  return deps.db.company(companyNo, async (tx) => {
    const workspace = await workspaceOf(tx, caller, asked)
    const parties = await partiesOf(tx, caller, asked, workspace.emailDomains)
    const within = { ...deps, db: joined(deps.db, companyNo, tx) }
    const { item, created } = await putCall(within, caller, {
      id: asked.clientUniqueId,
      title: asked.title || 'Untitled call',
      startedAt: asked.actualStart,
      durationSeconds: asked.duration ?? 0,
      direction: directions[asked.direction],
      scope: parties.every(({ affiliation }) => affiliation === 'company')
        ? 'internal'
        : 'external',
      private: asked.isPrivate ?? false,
      parties,
      transcript: asked.transcript ? sentencesOf(asked.transcript) : undefined,
    })
    // What the put has changed goes back with the transaction.
    if (!created) throw new Problem('conflict', 'There is a call with this clientUniqueId.')
    return { callId: itemIdOf(item, workspace.names), url: deps.urlOf('call', item.id) }
  })
}

const directions = {
  Inbound: 'inbound',
  Outbound: 'outbound',
  Conference: 'conference',
  Unknown: 'unknown',
} as const

/** The parties on their sides, the host first: from then on that is how a call's host is known. */
async function partiesOf(
  tx: Tx,
  { companyNo }: Caller,
  { parties, primaryUser }: NewCall,
  emailDomains: readonly string[],
): Promise<Party[]> {
  const users = await readUsers(tx, companyNo)
  const own = ownOf(
    users.map(({ email }) => email),
    emailDomains,
  )
  const host = userOf(users, primaryUser, 'primaryUser')
  const all = parties.map(({ partyId, name, emailAddress, userId }, place): Party => {
    const user = userId ? userOf(users, userId, `parties.${place}.userId`) : undefined
    const email = emailAddress ?? user?.email.toLowerCase() ?? null
    return {
      id: partyId ?? `party-${place + 1}`,
      name: name ?? user?.name ?? null,
      email,
      affiliation: user ? 'company' : sideOf(email, own),
    }
  })
  const address = host.email.toLowerCase()
  const known = all.find(({ email }) => email === address)
  const first: Party = known ?? {
    ...{ id: 'primary-user', name: host.name, email: address },
    affiliation: 'company',
  }
  return [first, ...all.filter((party) => party !== known)]
}

function userOf(users: readonly User[], asked: string, path: string): User {
  const ids = users.map(({ id }) => id)
  const id = meant('user', asked, ids)
  const user = users.find((one) => one.id === id)
  if (!user) throw invalid(path, 'is no user of the company')
  return user
}

function sentencesOf(stretches: NonNullable<NewCall['transcript']>): Sentence[] {
  return stretches.flatMap(({ speakerId, sentences }) =>
    sentences.map(({ start, end, text }) => ({
      partyId: speakerId,
      startSeconds: start / 1_000,
      endSeconds: end / 1_000,
      text,
    })),
  )
}
