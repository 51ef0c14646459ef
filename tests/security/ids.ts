import { nameOf, type Path, placesIn, type Route } from '../kit/openapi.ts'
import type { Ids } from '../kit/rich-company.ts'

/** A place in a request at which an id of somebody else can stand. */
export interface IdPlace {
  in: 'path' | 'query' | 'body'
  path: Path
  /** Of what it is the id, as `RichCompany.ids` has it. */
  kind: string
  /** Whether the caller names something new by it, so that any name does. */
  isChosen: boolean
}

const kinds: Record<string, string> = {
  accountId: 'accounts',
  accountIds: 'accounts',
  alertRecipients: 'members',
  backfillId: 'backfillId',
  briefId: 'briefs',
  callIds: 'calls',
  chargeId: 'charges',
  companyId: 'company',
  contactId: 'contacts',
  dealId: 'deals',
  deliverTo: 'members',
  deliveryId: 'deliveryId',
  emailIds: 'emails',
  entityId: 'accounts',
  externalId: 'externalId',
  generatedId: 'generatedId',
  grantId: 'grants',
  holdId: 'holds',
  instanceId: 'instances',
  integrationId: 'integrations',
  itemId: 'calls',
  leadId: 'leads',
  memberId: 'members',
  memberIds: 'members',
  messageId: 'messageId',
  objectId: 'calls',
  primaryTeamId: 'teams',
  streamId: 'streams',
  teamId: 'teams',
  teamIds: 'teams',
  threadId: 'messageId',
  trackerId: 'trackers',
  trackerIds: 'trackers',
}

/** The /v2 doors have names and ids of their own for the same things. */
const gongKinds: Record<string, string> = {
  callIds: 'gongCalls',
  clientUniqueId: 'calls',
  crmEntityId: 'accounts',
  primaryUser: 'gongUsers',
  primaryUserIds: 'gongUsers',
  userId: 'gongUsers',
  workspaceId: 'gongWorkspaces',
}

/** Of an `id` inside a body: by what holds it. */
const held: Record<string, string> = {
  entity: 'accounts',
  instance: 'instances',
  items: 'calls',
  scope: 'teams',
}

/** Names that end as ids do and are none of a company's things. */
const others = new Set(['pretrainedId', 'partyId', 'speakerId', 'parties', 'idempotencyKey'])

/** What an outside program may call as it likes. */
const chosen = new Set(['externalId', 'instances', 'messageId'])

/** Every place of a route at which an id stands; throws for one whose kind nobody has told. */
export function idPlaces(route: Route): IdPlace[] {
  const places: IdPlace[] = []
  for (const { in: where, name, schema } of route.parameters) {
    if (schema.enum) continue
    const isOwn = name === 'id' && where === 'path'
    const kind = isOwn ? segmentBefore(route.url) : kindOf(name, [name], route.url)
    const isChosen = !isOwn && route.method === 'POST'
    if (kind) places.push({ in: where, path: [name], kind, isChosen })
  }
  for (const { path, schema } of route.body ? placesIn(route.body) : []) {
    const isText = schema.type === 'string' && !schema.enum
    const kind = isText ? kindOf(nameOf(path), path, route.url) : undefined
    const isChosen = chosen.has(kind ?? '') || isTop(path, 'id') || isTop(path, 'clientUniqueId')
    if (kind) places.push({ in: 'body', path, kind, isChosen })
  }
  return places
}

function kindOf(name: string, path: Path, url = ''): string | undefined {
  if (url.startsWith('/v2/') && gongKinds[name]) return gongKinds[name]
  if (kinds[name]) return kinds[name]
  if (others.has(name)) return undefined
  if (name === 'id') {
    const names = namesIn(path)
    const holder = String(names.at(-2) ?? '')
    // What a program names itself: the thing that is made, or read from a file.
    if (names.length === 1) return url === '/v1/import' ? 'calls' : /\/(\w+)$/.exec(url)?.[1]
    if (others.has(holder)) return undefined
    if (held[holder]) return held[holder]
  } else if (!/Ids?$/.test(name)) return undefined
  throw new Error(
    `${url}: nobody has told of what ${path.join('.') || name} is the id; see tests/security/ids.ts`,
  )
}

function isTop(path: Path, name: string): boolean {
  const names = namesIn(path)
  return names.length === 1 && names[0] === name
}

function namesIn(path: Path) {
  return path.filter((step) => typeof step === 'string' && !/^[[{]/.test(step))
}

function segmentBefore(url: string): string {
  const [, door, segment = ''] = /^\/(\w+).*?\/([\w-]+)\/:id/.exec(url) ?? []
  return door === 'v2' ? `gong${segment.replace(/^./, (letter) => letter.toUpperCase())}` : segment
}

/** The ids of a company at a route's address: its own thing of each kind. */
export function pathOf(route: Route, ids: Ids): Record<string, string> {
  const names = [...route.url.matchAll(/:(\w+)/g)].map(([, name]) => name!)
  return Object.fromEntries(
    names.map((name) => {
      if (name === 'report') return [name, 'usage']
      const kind = name === 'id' ? segmentBefore(route.url) : name
      const id = ids[kind] ?? ids[kinds[name] ?? '']
      if (!id) throw new Error(`${route.url}: the rich company has no id of the kind ${kind}`)
      return [name, id]
    }),
  )
}
