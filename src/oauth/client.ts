import { Problem } from '../kit/problem.ts'

/** The longest name a client may give itself. */
const NAME_MAX = 80
const REDIRECTS_MAX = 10
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])$/

/**
 * What is registered of what a client says of itself: its name and where its codes go. It gets no secret,
 * whatever it asks for, since nothing keeps one safe in a program that anybody can install; PKCE stands
 * in its place. A fault of it is told in the words of RFC 7591.
 */
export function registrationOf(asked: unknown): Record<string, unknown> | Fault {
  if (typeof asked !== 'object' || asked === null || Array.isArray(asked)) {
    return fault('invalid_client_metadata', 'The registration must be a JSON object.')
  }
  const { client_name: name, client_uri: uri, redirect_uris: redirects } = asked as Fields
  if (!Array.isArray(redirects) || redirects.length === 0 || redirects.length > REDIRECTS_MAX) {
    return fault('invalid_redirect_uri', `redirect_uris must name 1 to ${REDIRECTS_MAX} addresses.`)
  }
  const wrong = redirects.map((one) => redirectFault(one)).find(Boolean)
  if (wrong) return fault('invalid_redirect_uri', wrong)
  const types = (asked as Fields).grant_types
  return {
    client_name: nameOf(name) ?? 'A program without a name',
    ...(typeof uri === 'string' && isWebAddress(uri) ? { client_uri: uri } : {}),
    redirect_uris: redirects,
    application_type: redirects.every(isWebAddress) ? 'web' : 'native',
    token_endpoint_auth_method: 'none',
    response_types: ['code'],
    grant_types:
      Array.isArray(types) && !types.includes('refresh_token')
        ? ['authorization_code']
        : ['authorization_code', 'refresh_token'],
  }
}

type Fields = Record<string, unknown>

/** Why a registration is refused, as RFC 7591 has it. */
export interface Fault {
  error: 'invalid_client_metadata' | 'invalid_redirect_uri'
  error_description: string
}

export function isFault(made: Record<string, unknown> | Fault): made is Fault {
  return 'error' in made
}

/** What people read of where a code goes: a host, this very machine, or an app on it. */
export function placeOf(redirectUri: string): { host: string; isThisMachine: boolean } {
  const { protocol, host, hostname } = new URL(redirectUri)
  if (protocol !== 'https:' && protocol !== 'http:') {
    return { host: `${protocol}//${host}`, isThisMachine: true }
  }
  return { host, isThisMachine: LOOPBACK.test(hostname) }
}

/** A client's name, as it may be shown: nothing in it that hides or turns what stands beside it. */
export function nameOf(name: unknown): string | undefined {
  if (typeof name !== 'string') return undefined
  const plain = name.replace(/[\p{C}\p{Z}]+/gu, ' ').trim()
  return [...plain].slice(0, NAME_MAX).join('') || undefined
}

function redirectFault(uri: unknown): string | undefined {
  const parsed = typeof uri === 'string' && uri.length <= 1_000 ? URL.parse(uri) : null
  if (!parsed) return 'A redirect URI is no address.'
  const { protocol, hostname, hash, username, password } = parsed
  if (hash !== '' || (uri as string).includes('#')) return 'A redirect URI has a fragment.'
  if (username || password) return 'A redirect URI carries a user name or password.'
  if (protocol === 'https:') return undefined
  if (protocol === 'http:') {
    return LOOPBACK.test(hostname) ? undefined : 'Only this very machine is reached by http.'
  }
  // An app's own scheme; those that run or read something here are none.
  return /^(javascript|data|file|vbscript|blob|about|view-source|ws|wss|ftp):$/.test(protocol)
    ? `A redirect URI cannot begin with ${protocol}`
    : undefined
}

function isWebAddress(uri: unknown): boolean {
  const parsed = typeof uri === 'string' ? URL.parse(uri) : null
  return parsed?.protocol === 'https:' && !LOOPBACK.test(parsed.hostname)
}

function fault(error: Fault['error'], why: string): Fault {
  return { error, error_description: why }
}

/** Who a grant acts for, as the protocol carries it. */
export function accountOf(companyNo: number, memberId: string): string {
  return `${companyNo}/${memberId}`
}

export function readAccount(accountId: string): { companyNo: number; memberId: string } {
  const slash = accountId.indexOf('/')
  const companyNo = Number(accountId.slice(0, slash))
  if (slash < 1 || !Number.isSafeInteger(companyNo)) {
    throw new Problem('unauthenticated', 'The token is not valid.')
  }
  return { companyNo, memberId: accountId.slice(slash + 1) }
}
