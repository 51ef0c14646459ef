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
  be?: number | readonly number[]
  key?: string
  type?: string
}

export function clientOf(house: House, credential: string): Client {
  return speaking(house, { authorization: `Bearer ${credential}` })
}

const SITE = { host: 'localhost', origin: 'http://localhost' }

/** A person at the page. */
export async function signIn(house: House, email: string, password: string): Promise<Client> {
  const { statusCode, headers } = await house.app.inject({
    ...{ method: 'POST', url: '/v1/session', headers: SITE, payload: { email, password } },
  })
  if (statusCode !== 204) throw new Error(`${email} cannot sign in`)
  const cookie = String(headers['set-cookie']).split(';', 1)[0]!
  return speaking(house, { ...SITE, cookie })
}

function speaking(house: House, credential: Record<string, string>): Client {
  return {
    async send(method, url, body, { be, key, type = 'application/json' } = {}) {
      const response = await house.app.inject({
        ...{ method, url },
        headers: {
          ...credential,
          ...(body === undefined ? {} : { 'content-type': type }),
          ...(key === undefined ? {} : { 'idempotency-key': key }),
        },
        ...(body === undefined
          ? {}
          : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const { statusCode: status } = response
      if (status >= 400 && ![be].flat().includes(status)) {
        throw new Error(`${method} ${url} was refused: ${response.body}`)
      }
      return { status, body: response.body === '' ? undefined : response.json() }
    },
  }
}
