import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { integrationOut } from '../companies/present.ts'
import type { KeyRing } from '../companies/service/key-ring.ts'
import { Connections } from '../companies/shapes.ts'
import { baseOf, isOwnHost } from '../kit/origin.ts'
import { Problem } from '../kit/problem.ts'
import { answerHeaders } from '../platform/answer-headers.ts'
import type { App } from '../platform/app.ts'
import { oauthPaths } from '../platform/authorization-server.ts'
import type { Clock } from '../platform/clock.ts'
import { answers, id, nothing } from '../platform/shapes.ts'
import { isFault } from './client.ts'
import { clientScopes } from './scopes.ts'
import { listOwnClients, registerClient, removeOwnClient } from './service/clients.ts'
import { agree, describeConsent } from './service/consent.ts'
import type { ServerAt } from './service/servers.ts'

export interface OauthHouse {
  clock: Clock
  keys: KeyRing
  publicUrl: string | undefined
  isHttps: boolean
  oauthServerAt: ServerAt
}

const hidden = { config: { access: 'public', key: 'none' }, schema: { hide: true } } as const
const asPerson = { config: { access: 'data:read', key: 'none' }, schema: { hide: true } } as const
const params = z.strictObject({ id: z.string().regex(/^[\w-]{10,64}$/) })
const REGISTRATION_MAX = 32 * 1024

/** OAuth 2.1 for the MCP server: letting programs in, and what one let in oneself. */
export function oauthRoutes(app: App, house: OauthHouse): void {
  app.register(async (raw) => protocolRoutes(raw as unknown as App, house))
  consentRoutes(app, house)

  app.get(
    '/v1/connections',
    {
      config: { access: 'data:read' },
      schema: {
        summary: 'The programs that one let in by OAuth',
        tags: ['session'],
        response: answers({ 200: Connections }),
      },
    },
    async (request) => {
      const own = await listOwnClients(request, request.caller)
      return { data: own.map(integrationOut) }
    },
  )
  app.delete(
    '/v1/connections/:id',
    {
      config: { access: 'data:read' },
      schema: {
        summary: 'Take back what one let a program do, at once',
        tags: ['session'],
        params: z.strictObject({ id }),
        response: answers({ 204: nothing }),
      },
    },
    async (request, reply) => {
      await removeOwnClient({ ...house, db: request.db }, request.caller, request.params.id)
      return reply.code(204).send()
    },
  )
}

/** The protocol's own addresses; their bodies are read by the library, but for registrations. */
function protocolRoutes(app: App, house: OauthHouse): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _body, done) => done(null, undefined))
  const toLibrary = async (request: FastifyRequest, reply: FastifyReply) => {
    const server = serverFor(house, request)
    // The library sends its answers itself, past the server's own hook.
    const headers = { 'x-request-id': request.id, ...answerHeaders(house.isHttps) }
    for (const [name, value] of Object.entries(headers)) reply.raw.setHeader(name, value)
    reply.hijack()
    await server.answer(request.raw, reply.raw)
  }
  app.get(oauthPaths.authorization, hidden, async (request, reply) => {
    request.raw.url = withScopes(request.url)
    return toLibrary(request, reply)
  })
  app.get(`${oauthPaths.authorization}/:id`, hidden, toLibrary)
  for (const url of [oauthPaths.metadata, oauthPaths.jwks]) {
    app.get(url, hidden, toLibrary)
  }
  for (const url of [oauthPaths.token, oauthPaths.revocation]) {
    app.post(url, hidden, toLibrary)
  }
  app.register(async (parsed) => {
    parsed.removeAllContentTypeParsers()
    parsed.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) =>
      done(null, body),
    )
    const options = { ...hidden, bodyLimit: REGISTRATION_MAX }
    parsed.post(oauthPaths.registration, options, async (request, reply) => {
      const deps = { db: request.db, clock: house.clock, server: serverFor(house, request) }
      const made = await registerClient(deps, parsedJson(request.body), request.ip)
      return reply.code(isFault(made) ? 400 : 201).send(made)
    })
  })
}

/** What the page of consent asks, for the person who is signed in on the browser that began. */
function consentRoutes(app: App, house: OauthHouse): void {
  app.get(
    '/oauth/consent/:id/request',
    { ...asPerson, schema: { hide: true, params } },
    async (request, reply) => {
      const asked = await serverFor(house, request).consentOf(request.raw, reply.raw)
      if (!asked) throw gone()
      return describeConsent(request, request.caller, asked)
    },
  )
  const body = z.strictObject({ agree: z.boolean() })
  app.post(
    '/oauth/consent/:id/answer',
    { ...asPerson, schema: { hide: true, params, body } },
    async (request, reply) => {
      const server = serverFor(house, request)
      const asked = await server.consentOf(request.raw, reply.raw)
      if (!asked) throw gone()
      const deps = { db: request.db, clock: house.clock, server }
      const given = request.body.agree ? await agree(deps, request.caller, asked) : 'denied'
      return { next: await server.conclude(request.raw, reply.raw, given) }
    },
  )
}

function gone(): Problem {
  return new Problem(
    'not-found',
    'This was answered, has run out, or was begun on another browser. Begin again in the program.',
  )
}

function serverFor(house: OauthHouse, { protocol, headers: { host } }: FastifyRequest) {
  if (!isOwnHost(host, house.publicUrl)) {
    throw new Problem('forbidden', 'Requests may not come by this host name.')
  }
  return house.oauthServerAt(baseOf(house.publicUrl, protocol, host))
}

/** Who says nothing of scopes asks for all; what we do not know, as those of sign-in, is left out. */
function withScopes(url: string): string {
  const parsed = new URL(url, 'http://localhost')
  const asked = (parsed.searchParams.get('scope') ?? '').split(' ')
  const known = clientScopes.filter((scope) => asked.includes(scope))
  parsed.searchParams.set('scope', (known.length > 0 ? known : clientScopes).join(' '))
  return parsed.pathname + parsed.search
}

function parsedJson(text: unknown): unknown {
  try {
    return JSON.parse(String(text))
  } catch {
    return undefined
  }
}
