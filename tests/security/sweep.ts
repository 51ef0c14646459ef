import type { FastifyInstance } from 'fastify'
import { type Role, type Scope, scopesOfRole } from '../../src/kit/caller.ts'
import { type Route, sampleOf } from '../kit/openapi.ts'
import type { Ids } from '../kit/rich-company.ts'
import { type IdPlace, idPlaces, pathOf } from './ids.ts'
import { formFault, type Hit, type Shot, shoot } from './stranger.ts'

/** What a sweep did, and what it found wrong, a line each. */
export interface Swept {
  requests: number
  findings: string[]
}

/** A credential as headers. */
export type Headers = Record<string, string>

export function titleOf({ method, url }: Pick<Route, 'method' | 'url'>): string {
  return `${method} ${url}`
}

/** Routes that say who may call them, without those that belong to everybody. */
export function guarded(routes: readonly Route[]): Route[] {
  return routes.filter(({ access }) => access !== 'public')
}

/**
 * Sends each credential to each route that is not public, with ids that exist: every one of them must be
 * answered 401, in the right form, and with nothing of what is there.
 */
export async function sweepCredentials(
  app: FastifyInstance,
  routes: readonly Route[],
  credentials: Record<string, Headers>,
  ids: Ids,
  secrets: readonly string[],
): Promise<Swept> {
  const swept: Swept = { requests: 0, findings: [] }
  for (const route of guarded(routes)) {
    for (const [name, headers] of Object.entries(credentials)) {
      const shot = { path: pathOf(route, ids), headers, ...bodyOf(route) }
      const hit = await shoot(app, route, shot)
      note(swept, `${titleOf(route)} with ${name}`, [
        hit.status === 401 ? undefined : `status ${hit.status}, not 401: ${hit.text.slice(0, 200)}`,
        formFault(route, hit),
        leak(hit, secrets),
      ])
    }
  }
  return swept
}

/** Each route with a key that has every scope but its own, and with one that has only that. */
export async function sweepScopes(
  app: FastifyInstance,
  routes: readonly Route[],
  keyWithout: (scope: Scope) => Headers,
  keyWithOnly: (scope: Scope) => Headers,
): Promise<Swept> {
  const swept: Swept = { requests: 0, findings: [] }
  for (const route of guarded(routes)) {
    if (route.access === 'operator') continue
    const scope = route.access as Scope
    const less = await shoot(app, route, { headers: keyWithout(scope), ...bodyOf(route) })
    const isNamed =
      less.json?.scope === scope || route.method === 'HEAD' || route.url.startsWith('/v2')
    note(swept, `${titleOf(route)} without ${scope}`, [
      less.status === 403 && isNamed
        ? undefined
        : `not refused: ${less.status} ${less.text.slice(0, 200)}`,
      formFault(route, less),
    ])
    const enough = await shoot(app, route, { headers: keyWithOnly(scope) })
    // Some are for people, and a key is told so.
    const isForPeople = route.method === 'HEAD' || /people who signed in/.test(enough.text)
    const isRefused = enough.status === 403 || (enough.status === 401 && !isForPeople)
    note(swept, `${titleOf(route)} with ${scope} only`, [
      isRefused ? `refused: ${enough.status} ${enough.text.slice(0, 200)}` : undefined,
      formFault(route, enough),
    ])
  }
  return swept
}

/** Each route with a signed-in person of each role: what the table of roles says, and nothing else. */
export async function sweepRoles(
  app: FastifyInstance,
  routes: readonly Route[],
  people: Record<Role, Headers>,
): Promise<Swept> {
  const swept: Swept = { requests: 0, findings: [] }
  for (const route of guarded(routes)) {
    for (const [role, headers] of Object.entries(people) as [Role, Headers][]) {
      const hit = await shoot(app, route, { headers })
      const has = scopesOfRole[role]
      const may = has.includes('admin') || has.includes(route.access as Scope)
      const isRight =
        route.access === 'operator' || route.url.startsWith('/v2')
          ? [401, 403].includes(hit.status)
          : may === ![401, 403].includes(hit.status)
      note(swept, `${titleOf(route)} as ${role}`, [
        isRight
          ? undefined
          : `${may ? 'may, but' : 'may not, but'} ${hit.status} ${hit.text.slice(0, 200)}`,
        formFault(route, hit),
      ])
    }
  }
  return swept
}

/** Each writing route with a session, from pages that are not ours. */
export async function sweepOrigins(
  app: FastifyInstance,
  routes: readonly Route[],
  cookie: string,
): Promise<Swept> {
  const swept: Swept = { requests: 0, findings: [] }
  const pages: Record<string, Headers> = {
    'no origin': {},
    'another origin': { origin: 'https://evil.test' },
    'a neighbour': { origin: 'http://localhost:4748' },
    'a name that begins alike': { origin: 'http://localhost:4747.evil.test' },
    'a null origin': { origin: 'null' },
    'another site': { origin: 'http://localhost:4747', 'sec-fetch-site': 'cross-site' },
    'a sub-domain': { origin: 'http://localhost:4747', 'sec-fetch-site': 'same-site' },
  }
  for (const route of guarded(routes)) {
    if (['GET', 'HEAD'].includes(route.method) || route.access === 'operator') continue
    for (const [name, headers] of Object.entries(pages)) {
      const hit = await shoot(app, route, { headers: { ...headers, cookie }, ...bodyOf(route) })
      const isRefused = hit.status === 403 || (route.url.startsWith('/v2') && hit.status === 401)
      note(swept, `${titleOf(route)} from ${name}`, [
        isRefused ? undefined : `status ${hit.status}, not 403`,
        formFault(route, hit),
      ])
    }
  }
  return swept
}

export interface Wall {
  /** The credential of somebody in another company who may do everything there. */
  headers: Headers
  /** What that company has itself. */
  own: Ids
  /** The ids of the victim's things. */
  victim: Ids
  /** What must not be seen: the victim's texts, secrets, and ids that were not sent. */
  secrets: readonly string[]
  /** Only places at which the caller names something new: they come last, for they leave such names behind. */
  isChosen: boolean
  /** Ids that were sent already, and may be read again in what was made with them. */
  sent: Set<string>
}

/**
 * Puts the victim's ids at every place of every route where an id can stand. The answer must be that of an
 * id that does not exist, so that not even its existence is told.
 */
export async function sweepIds(
  app: FastifyInstance,
  routes: readonly Route[],
  wall: Wall,
): Promise<Swept & { places: number; passed: number }> {
  const swept = { requests: 0, findings: [] as string[], places: 0, passed: 0 }
  for (const route of guarded(routes)) {
    if (route.access === 'operator') continue
    for (const place of idPlaces(route)) {
      if (place.isChosen !== wall.isChosen) continue
      const victim = wall.victim[place.kind]
      if (!victim) {
        swept.findings.push(`${titleOf(route)}: the victim has no id of the kind ${place.kind}`)
        continue
      }
      swept.places += 1
      const nobody = unknownLike(victim)
      wall.sent.add(victim)
      // The unknown one first: whatever it leaves behind, it leaves in the company of the attacker.
      const unknown = await shoot(app, route, aim(route, place, nobody, wall))
      const known = await shoot(app, route, aim(route, place, victim, wall))
      swept.requests += 1
      if (known.status !== 400) swept.passed += 1
      const isPath = place.in === 'path'
      const same = blurred(known, victim) === blurred(unknown, nobody)
      const isComparable = !wall.isChosen && (known.status >= 400 || route.method === 'GET')
      note(
        swept,
        `${titleOf(route)} with the victim's ${place.kind} at ${place.in} ${place.path.join('.')}`,
        [
          formFault(route, known),
          leak(
            known,
            wall.secrets.filter((secret) => !wall.sent.has(secret)),
          ),
          isPath && known.status < 400
            ? `is done: ${known.status} ${known.text.slice(0, 200)}`
            : undefined,
          known.status !== unknown.status && !wall.isChosen
            ? `${known.status}, but ${unknown.status} for an unknown one: ${known.text.slice(0, 200)}`
            : undefined,
          isComparable && !same
            ? `tells that it exists: ${known.text.slice(0, 300)} beside ${unknown.text.slice(0, 300)}`
            : undefined,
        ],
      )
    }
  }
  return swept
}

/** A request for one route with an id at one place; everything else in it is small and fits. */
function aim(route: Route, place: IdPlace, id: string, { headers, own }: Wall): Shot {
  const path = pathOf(route, own)
  const query: Record<string, string> = {}
  for (const { in: where, name, required, schema } of route.parameters) {
    if (where === 'query' && required) query[name] = String(sampleOf(schema, undefined, []))
  }
  if (place.in === 'path') path[String(place.path[0])] = id
  if (place.in === 'query') query[String(place.path[0])] = id
  const key = { 'idempotency-key': crypto.randomUUID() }
  const include = place.in === 'body' ? place.path : []
  const put = place.in === 'body' ? { value: id } : undefined
  const body = route.body && completed(route, sampleOf(route.body, freshly, include, put))
  return { path, query, headers: { ...headers, ...key }, ...(body === undefined ? {} : { body }) }
}

/** Addresses that no other request has. */
function freshly(name: string): string | undefined {
  return name === 'email' ? `${crypto.randomUUID()}@theirs.test` : undefined
}

/** What some routes want beyond their schema, so that a request comes as far as it can. */
export function completed(route: Route, body: unknown): unknown {
  const { url, method } = route
  const whole = body as Record<string, unknown>
  if (url === '/v1/ask' && !whole.entity && !whole.callIds && !whole.emailIds) {
    return { streamId: 'none', ...whole }
  }
  if (url === '/v1/briefs' || (url === '/v1/briefs/:id' && method === 'PATCH')) {
    const sections = (whole.sections as Record<string, unknown>[] | undefined)?.map((section) =>
      section.trackerIds ? section : { ...section, source: 'conversations', question: 'What?' },
    )
    return { ...whole, ...(sections ? { sections } : {}) }
  }
  if (url === '/v1/credits/holds') return { credits: 1, ...whole }
  if (url === '/v1/credits/holds/:id/capture') return { credits: 1, ...whole }
  if (url === '/v1/credits/charges/batch') {
    const [charge] = whole.charges as Record<string, unknown>[]
    const fits = { feature: 'outside', items: [{ type: 'email' }] }
    return { charges: [{ ...fits, ...charge, idempotencyKey: crypto.randomUUID() }] }
  }
  return body
}

/** The smallest body that fits, where a route has one. */
function bodyOf(route: Route): Shot {
  return route.body === undefined ? {} : { body: completed(route, sampleOf(route.body)) }
}

/** An id of the same kind and length that belongs to nobody. */
function unknownLike(id: string): string {
  if (/^\d+$/.test(id))
    return String((BigInt(id) * 7n + 13n) % 10n ** BigInt(id.length)).padStart(id.length, '7')
  const end = id.at(-1) === '0' ? '1' : '0'
  return `${id.slice(0, -3)}zz${end}`
}

/** An answer without what differs from request to request. */
function blurred({ text }: Hit, id: string): string {
  return text
    .replaceAll(id, '<id>')
    .replace(/\breq_[0-9a-f]+/g, '<request>')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
}

export function leak({ all }: Hit, secrets: readonly string[]): string | undefined {
  const found = secrets.find((secret) => all.includes(secret))
  return found && `tells ${found}: ${all.slice(0, 300)}`
}

export function note(swept: Swept, what: string, faults: (string | undefined)[]): void {
  swept.requests += 1
  for (const fault of faults) if (fault) swept.findings.push(`${what}: ${fault}`)
}
