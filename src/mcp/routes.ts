import { createMcpHandler } from '@modelcontextprotocol/server'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { authenticateKey } from '../companies/service/authenticate.ts'
import type { KeyRing } from '../companies/service/key-ring.ts'
import { type Caller, scopes } from '../kit/caller.ts'
import { Problem } from '../kit/problem.ts'
import type { App } from '../platform/app.ts'
import { isOwnHost, isOwnOrigin } from './origin.ts'
import { type McpDeps, makeMcpServer, type Who } from './server.ts'

export interface McpHouse extends McpDeps {
  keys: KeyRing
  publicUrl: string | undefined
  /** Who issues tokens for this server; none until there is one. */
  authorizationServers?: string[] | undefined
}

const METADATA = '/.well-known/oauth-protected-resource'
const hidden = { config: { access: 'public', key: 'none' }, schema: { hide: true } } as const

/**
 * The MCP server over Streamable HTTP. Each request stands alone and brings its key: there are no
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
  app.route({
    method: ['GET', 'POST', 'DELETE'],
    url: '/mcp',
    ...hidden,
    handler: async (request, reply) => {
      const { host, origin } = request.headers
      const { publicUrl } = house
      if (!isOwnHost(host, publicUrl) || !isOwnOrigin(origin, host, publicUrl)) {
        throw new Problem('forbidden', 'Requests may not come by this host name or from this page.')
      }
      const caller = await authenticated(house, request, reply)
      if (!caller) return reply
      const answer = await handler.fetch(webRequest(request), {
        parsedBody: request.body,
        // The key itself goes no further.
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
    app.get(url, hidden, async (request, reply) =>
      reply.type('application/json').send(metadataOf(house, request)),
    )
  }
}

/** Who sends a request; answers 401 with where to find out how to get a token. */
async function authenticated(
  house: McpHouse,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Caller | undefined> {
  const { authorization } = request.headers
  try {
    const isBearer = /^bearer /i.test(authorization ?? '')
    return await authenticateKey({ ...house }, isBearer ? authorization : undefined)
  } catch (error) {
    if (!(error instanceof Problem && error.code === 'unauthenticated')) throw error
    const said = authorization === undefined ? '' : 'error="invalid_token", '
    reply
      .code(401)
      .header(
        'www-authenticate',
        `Bearer ${said}resource_metadata="${baseOf(house, request)}${METADATA}/mcp"`,
      )
      .send({
        jsonrpc: '2.0',
        id: null,
        error: { code: -32_001, message: error.message, data: { code: error.code } },
      })
    return undefined
  }
}

/** RFC 9728: what this server is, and who issues tokens for it. */
function metadataOf(house: McpHouse, request: FastifyRequest) {
  const { authorizationServers = [] } = house
  return {
    resource: `${baseOf(house, request)}/mcp`,
    resource_name: 'Sluice',
    bearer_methods_supported: ['header'],
    scopes_supported: scopes.filter((scope) => scope !== 'admin'),
    ...(authorizationServers.length ? { authorization_servers: authorizationServers } : {}),
  }
}

function baseOf({ publicUrl }: McpHouse, { protocol, headers }: FastifyRequest): string {
  return publicUrl ?? `${protocol}://${headers.host ?? 'localhost'}`
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
