import type { Operations } from './generated/operations.gen.ts'
import { type CallOptions, newKey, type Transport } from './transport.ts'

/** A route as the document names it: `'GET /v1/credits/balance'`. */
export type Route = keyof Operations

/** What a route takes: its body, and what stands in its path and query. */
export type Asked<R extends Route> = Pick<
  Operations[R]['data'],
  Extract<keyof Operations[R]['data'], 'body' | 'path' | 'query'>
>

/** What a route answers. */
export type AnswerOf<R extends Route> = Operations[R]['answer']

/** The routes that answer a page of a list. */
export type ListRoute = {
  [R in Route]: AnswerOf<R> extends { data: unknown[]; nextCursor: string | null } ? R : never
}[Route]

/** One row of a list. */
export type RowOf<R extends ListRoute> = AnswerOf<R> extends { data: (infer Row)[] } ? Row : never

export interface KeyOptions extends CallOptions {
  /**
   * The Idempotency-Key: a name of what is done, the same whenever the same thing is asked for again. A new
   * one for each call unless given, which covers its own repetitions but not those of your program.
   */
  key?: string
}

/** Sends one request and gives the answer with how it came about. */
export async function call<R extends Route>(
  transport: Transport,
  route: R,
  asked: Asked<R>,
  { key, ...options }: KeyOptions = {},
): Promise<{ body: AnswerOf<R>; isReplay: boolean }> {
  const [method = '', template = ''] = route.split(' ')
  const { body, path, query } = asked as {
    body?: unknown
    path?: Record<string, string>
    query?: Record<string, unknown>
  }
  const answer = await transport.ask(
    {
      method,
      path: fill(template, path) + search(query),
      body,
      key: key ?? (method === 'POST' ? newKey() : undefined),
    },
    options,
  )
  return answer as { body: AnswerOf<R>; isReplay: boolean }
}

/** The rows of a list, page after page, each page when it is needed. */
export async function* list<R extends ListRoute>(
  transport: Transport,
  route: R,
  asked: Asked<R>,
  options: CallOptions = {},
): AsyncGenerator<RowOf<R>, void, undefined> {
  const { query, ...rest } = asked as { query?: Record<string, unknown> }
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = { ...rest, query: { limit: 200, ...query, ...(cursor ? { cursor } : {}) } }
    const { body } = await call(transport, route, page as Asked<R>, options)
    const { data, nextCursor } = body as { data: RowOf<R>[]; nextCursor: string | null }
    yield* data
    cursor = nextCursor
  }
}

function fill(template: string, path: Record<string, string> = {}): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = path[name]
    if (value === undefined || value === '') throw new TypeError(`${template} needs path.${name}`)
    return encodeURIComponent(value)
  })
}

function search(query: Record<string, unknown> = {}): string {
  const pairs = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) pairs.set(name, String(value))
  }
  return pairs.size > 0 ? `?${pairs}` : ''
}
