/** A refusal of the server, as application/problem+json says it. */
export class ApiProblem extends Error {
  readonly status: number
  readonly code: string
  readonly requestId: string
  readonly errors: { path: string; message: string }[]
  /** Whatever else the problem says: `needed`, `available`, `usedBy`. */
  readonly facts: Record<string, unknown>

  constructor(status: number, body: Record<string, unknown>) {
    super(String(body.detail ?? body.title ?? 'The server did not answer usefully.'))
    this.status = status
    this.code = String(body.code ?? 'unknown')
    this.requestId = String(body.requestId ?? '')
    this.errors = (body.errors as ApiProblem['errors']) ?? []
    this.facts = body
  }

  /** The server knows no such route: a part of the product that this server does not have. */
  get isMissingRoute(): boolean {
    return this.status === 404 && /^There is no (GET|POST|PUT|PATCH|DELETE) \//.test(this.message)
  }

  /** What is wrong with one field, in words. */
  field(path: string): string | undefined {
    return this.errors.find((error) => error.path === path)?.message
  }
}

/** The network failed, so nobody knows whether the server did it. */
export class Offline extends Error {
  override message = 'The server cannot be reached.'
}

export type Query = Record<string, string | number | boolean | undefined | null>

export const api = {
  get: <T>(path: string, query?: Query) => ask<T>('GET', path + search(query)),
  /** Under a key of its own, so that a repeated click or a broken line does it once. */
  post: <T>(path: string, body?: unknown, key: string = crypto.randomUUID()) =>
    ask<T>('POST', path, body, { 'idempotency-key': key }),
  put: <T>(path: string, body: unknown) => ask<T>('PUT', path, body),
  patch: <T>(path: string, body: unknown) => ask<T>('PATCH', path, body),
  del: (path: string, body?: unknown) => ask<undefined>('DELETE', path, body),
}

/** One of several answers in which a signed-in person turns out to be none. */
let onSignedOut = () => {}
export function whenSignedOut(tell: () => void): void {
  onSignedOut = tell
}

export async function ask<T>(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<T> {
  const isRaw = typeof body === 'string' || body instanceof Blob
  const response = await fetch(path, {
    method,
    headers: {
      accept: 'application/json',
      ...(body === undefined || isRaw ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isRaw ? (body as string) : JSON.stringify(body) }),
  }).catch(() => {
    throw new Offline()
  })
  if (response.ok) return response.status === 204 ? (undefined as T) : response.json()
  const problem = new ApiProblem(response.status, await response.json().catch(() => ({})))
  if (problem.status === 401 && path !== '/v1/session') onSignedOut()
  throw problem
}

export function search(query: Query = {}): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== null)
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString()
  return text ? `?${text}` : ''
}
