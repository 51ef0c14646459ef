import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import type { Route } from '../kit/openapi.ts'

/** What somebody sends; the address may hold `:id`s still. */
export interface Shot {
  path?: Record<string, string>
  query?: Record<string, string | string[]>
  body?: unknown
  headers?: Record<string, string>
  /** Sent as it is, in place of `body`. */
  raw?: string | Buffer
}

export interface Hit {
  status: number
  text: string
  /** Status line, headers and body: whatever can carry something out. */
  all: string
  type: string
  // biome-ignore lint/suspicious/noExplicitAny: an attack reads whatever comes back
  json: any
}

/** Sends a shot at a route, as it would come over a socket. */
export async function shoot(
  app: FastifyInstance,
  route: Pick<Route, 'method' | 'url'>,
  shot: Shot,
): Promise<Hit> {
  const { path = {}, query = {}, body, headers = {}, raw } = shot
  const url = route.url
    .replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(path[name] ?? 'none'))
    .replace('*', 'none')
  const search = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) =>
      [value].flat().map((one) => [name, one] as [string, string]),
    ),
  ).toString()
  const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body))
  const answer: LightMyRequestResponse = await app.inject({
    method: route.method as InjectOptions['method'],
    url: search ? `${url}?${search}` : url,
    headers: {
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
      host: 'localhost:4747',
      ...headers,
    },
    ...(payload === undefined ? {} : { payload }),
  } as InjectOptions)
  const type = String(answer.headers['content-type'] ?? '')
  const all = `${answer.statusCode} ${JSON.stringify(answer.headers)}\n${answer.body}`
  return {
    status: answer.statusCode,
    text: answer.body,
    all,
    type,
    json: parsed(answer.body, type),
  }
}

/** What is wrong with a refusal's form; undefined for one as the API promises them. */
export function formFault(
  route: Pick<Route, 'method' | 'url'>,
  { status, type, json, text }: Hit,
): string | undefined {
  if (status < 400) return undefined
  if (status >= 500) return `status ${status}: ${text.slice(0, 300)}`
  if (route.method === 'HEAD') return undefined
  if (route.url.startsWith('/mcp'))
    return json?.jsonrpc || json?.code ? undefined : 'no JSON-RPC error'
  if (route.url.startsWith('/v2/')) {
    const isGong =
      typeof json?.requestId === 'string' && Array.isArray(json?.errors) && json.errors.length > 0
    return isGong ? undefined : `not {requestId, errors}: ${text.slice(0, 200)}`
  }
  if (!type.startsWith('application/problem+json')) return `content type ${type}`
  if (json?.status !== status || typeof json.code !== 'string' || !json.requestId || !json.title) {
    return `no problem: ${text.slice(0, 200)}`
  }
  const names = json.errors as { path: string }[] | undefined
  if (status === 400 && !names?.length) return `names no field: ${text.slice(0, 200)}`
  if (names?.some(({ path }) => !path)) return `an error without a path: ${text.slice(0, 200)}`
  if (/\bat \S+ \(|node_modules|\bselect |\binsert into\b|violates|SQLSTATE/i.test(text)) {
    return `tells of the inside: ${text.slice(0, 300)}`
  }
  return undefined
}

function parsed(text: string, type: string): unknown {
  if (!/json/.test(type)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
