import { createHash, randomBytes } from 'node:crypto'

// A program and a browser, as far as OAuth is concerned.

/** What a program keeps while it waits for its code. */
export interface Flow {
  verifier: string
  state: string
  redirectUri: string
  clientId: string
}

export const REDIRECT = 'http://127.0.0.1:7777/callback'

/** A browser at one server: it keeps cookies by path, and follows no redirect by itself. */
export function browserAt(address: string) {
  const jar = new Map<string, { value: string; path: string }>()
  async function send(path: string, init: RequestInit & { headers?: Record<string, string> } = {}) {
    const url = new URL(path, address)
    const cookies = [...jar]
      .filter(
        ([, { path: at }]) =>
          url.pathname === at || url.pathname.startsWith(at.replace(/\/?$/, '/')) || at === '/',
      )
      .map(([name, { value }]) => `${name}=${value}`)
    const answer = await fetch(url, {
      redirect: 'manual',
      ...init,
      headers: { ...init.headers, ...(cookies.length ? { cookie: cookies.join('; ') } : {}) },
    })
    for (const set of answer.headers.getSetCookie()) {
      const [pair = '', ...attributes] = set.split('; ')
      const name = pair.slice(0, pair.indexOf('='))
      const value = pair.slice(name.length + 1)
      const at = attributes.find((one) => /^path=/i.test(one))?.slice(5) ?? '/'
      if (value === '') jar.delete(name)
      else jar.set(name, { value, path: at })
    }
    return answer
  }
  const origin = new URL(address).origin
  return {
    get: (path: string) => send(path),
    post: (path: string, body: unknown) =>
      send(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin },
        body: JSON.stringify(body),
      }),
    del: (path: string) => send(path, { method: 'DELETE', headers: { origin } }),
    jar,
  }
}

export type Browser = ReturnType<typeof browserAt>

/** Registers a program, and gives the answer. */
export async function register(address: string, asked: Record<string, unknown> = {}) {
  const answer = await fetch(new URL('/oauth/register', address), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_name: 'Test program', redirect_uris: [REDIRECT], ...asked }),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

/** The address a program opens in the browser, and what it keeps meanwhile. */
export function beginFlow(
  address: string,
  clientId: string,
  more: Record<string, string | undefined> = {},
) {
  const verifier = randomBytes(32).toString('base64url')
  const state = randomBytes(8).toString('hex')
  const redirectUri = more.redirect_uri ?? REDIRECT
  const asked = {
    ...{ response_type: 'code', client_id: clientId, redirect_uri: redirectUri, state },
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    ...{ code_challenge_method: 'S256', resource: `${address}/mcp` },
    ...more,
  }
  const given = Object.entries(asked).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  )
  const path = `/oauth/authorize?${new URLSearchParams(given)}`
  return { path, flow: { verifier, state, redirectUri, clientId } }
}

/** Opens the address in a browser, answers the question, and gives what the program is called back with. */
export async function answerConsent(browser: Browser, path: string, agree = true) {
  const asked = await browser.get(path)
  const page = asked.headers.get('location') ?? ''
  const said = await browser.get(`${page}/request`)
  if (said.status !== 200) throw new Error(await said.text())
  const question = (await said.json()) as Record<string, never>
  const answered = await browser.post(`${page}/answer`, { agree })
  if (answered.status !== 200) throw new Error(await answered.text())
  const { next } = (await answered.json()) as { next: string }
  const back = await browser.get(next)
  return { question, page, callback: new URL(back.headers.get('location') ?? 'about:blank') }
}

/** Asks the token endpoint. */
export async function tokenRequest(address: string, form: Record<string, string | undefined>) {
  const given = Object.entries(form).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  )
  const answer = await fetch(new URL('/oauth/token', address), {
    method: 'POST',
    body: new URLSearchParams(given),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, string> }
}

/** Gives a code for tokens. */
export function exchange(
  address: string,
  flow: Flow,
  code: string,
  more: Record<string, string | undefined> = {},
) {
  return tokenRequest(address, {
    ...{ grant_type: 'authorization_code', code, client_id: flow.clientId },
    ...{ redirect_uri: flow.redirectUri, code_verifier: flow.verifier, resource: `${address}/mcp` },
    ...more,
  })
}
