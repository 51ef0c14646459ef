import { createMcpHandler } from '@modelcontextprotocol/server'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { openPace } from '../http/rate-limits.ts'
import { may, type Scope } from '../kit/caller.ts'
import { isOwnHost, isOwnOrigin } from '../kit/origin.ts'
import { Problem } from '../kit/problem.ts'
import type { App } from '../platform/app.ts'
import {
  askForScope,
  askForToken,
  type Bearer,
  type BearerDeps,
  bearerOf,
  METADATA,
  metadataOf,
} from './bearer.ts'
import { type McpDeps, makeMcpServer, tools, type Who } from './server.ts'

export interface McpHouse extends McpDeps, BearerDeps {
  /** How many requests a key or connection may send a minute to one process. */
  mcpPerMinute: number
}

const hidden = { config: { access: 'public', key: 'none' }, schema: { hide: true } } as const

/**
 * The MCP server over Streamable HTTP. Each request stands alone and brings its key or token: there are no
 * sessions, so any server can answer any of them.
 */
export function mcpRoutes(app: App, house: McpHouse): void {
  const handler = createMcpHandler(
    ({ authInfo }) => {
      const known = authInfo?.extra as Awaited<ReturnType<Who>>
      return makeMcpServer(house, async () => known)
    },
    {
      onerror: (error) => house.log.debug({ reason: error.message }, 'An MCP request was refused'),
    },
  )
  app.addHook('onClose', () => handler.close())
  const pace = openPace(house.mcpPerMinute / 60)
  app.route({
    method: ['GET', 'POST', 'DELETE'],
    url: '/mcp',
    ...hidden,
    handler: async (request, reply) => {
      requireOwnWay(house, request)
      const bearer = await authenticated(house, request, reply)
      if (!bearer) return reply
      const { caller } = bearer
      pace(caller)
      const missing = missingScope(request, bearer)
      if (missing) return askForScope(house, request, reply, caller, missing)
      const answer = await handler.fetch(webRequest(request), {
        parsedBody: request.body,
        // The key or token itself goes no further.
        authInfo: {
          token: '',
          clientId: caller.integrationId ?? '',
          scopes: [...caller.scopes],
          extra: { caller, requestId: request.id },
        },
      })
      return reply.send(answer)
    },
  })
  for (const url of [METADATA, `${METADATA}/mcp`]) {
    app.get(url, hidden, async (request, reply) => {
      requireOwnWay(house, request)
      return reply.type('application/json').send(metadataOf(house, request))
    })
  }
}

/** Refuses what comes by a name that somebody else can point at us, or from a page that is not ours. */
function requireOwnWay({ publicUrl }: McpHouse, { headers }: FastifyRequest): void {
  const { host, origin } = headers
  if (!isOwnHost(host, publicUrl) || !isOwnOrigin(origin, host, publicUrl)) {
    throw new Problem('forbidden', 'Requests may not come by this host name or from this page.')
  }
}

async function authenticated(
  house: McpHouse,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Bearer | undefined> {
  try {
    return await bearerOf(house, request)
  } catch (error) {
    if (!(error instanceof Problem && error.code === 'unauthenticated')) throw error
    askForToken(house, request, reply, error)
    return undefined
  }
}

/** The scope that the tool of a request needs and its client lacks, though its person could give it. */
function missingScope({ body }: FastifyRequest, { caller, mayHave }: Bearer): Scope | undefined {
  const { method, params } = (body ?? {}) as { method?: unknown; params?: { name?: unknown } }
  if (method !== 'tools/call') return undefined
  const needed = tools.find(({ name }) => name === params?.name)?.scope
  return needed && !may(caller, needed) && mayHave.includes(needed) ? needed : undefined
}

function webRequest({ method, url, headers, body }: FastifyRequest): Request {
  const given = new Headers()
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && name !== 'authorization' && name !== 'cookie') {
      given.set(name, [value].flat().join(', '))
    }
  }
  return new Request(new URL(url, `http://${headers.host ?? 'localhost'}`), {
    method,
    headers: given,
    ...(method === 'POST' ? { body: JSON.stringify(body ?? null) } : {}),
  })
}
