import type { House } from '../house.ts'

// biome-ignore lint/suspicious/noExplicitAny: what the doors answer is checked by their own schemas
type Answer = { status: number; body: any }

/** Speaks to a house through its own doors, as any program would. */
export interface Client {
  /** Throws when it is refused, but for the statuses that are said to be fine. */
  send(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH',
    url: string,
    body?: unknown,
    may?: May,
  ): Promise<Answer>
}

interface May {
  be?: number
  key?: string
  type?: string
}

export function clientOf(house: House, credential: string): Client {
  return {
    async send(method, url, body, { be, key, type = 'application/json' } = {}) {
      const response = await house.app.inject({
        ...{ method, url },
        headers: {
          authorization: `Bearer ${credential}`,
          ...(body === undefined ? {} : { 'content-type': type }),
          ...(key === undefined ? {} : { 'idempotency-key': key }),
        },
        ...(body === undefined
          ? {}
          : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const { statusCode: status } = response
      if (status >= 400 && status !== be) {
        throw new Error(`${method} ${url} was refused: ${response.body}`)
      }
      return { status, body: response.body === '' ? undefined : response.json() }
    },
  }
}
