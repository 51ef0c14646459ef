import type { Role } from '../kit/caller.ts'

/** How many random bytes the id of a session and the token of an invitation have. */
export const TOKEN_BYTES = 32

/** How long people stay signed in. */
export interface SessionLimits {
  /** Without a request for so long, a session is over. */
  idleMs: number
  /** However busy, a session is over after this. */
  longestMs: number
}

/** A signed-in person, at the moment of a request. */
export interface Session {
  companyNo: number
  companyId: string
  /** Stands for it in lists. */
  id: string
  memberId: string
  role: Role
  lastUsedAt: Date
  expiresAt: Date
}

/** Where a session was begun from, as the request told; to recognise it by, and for nothing else. */
export interface SeenFrom {
  address: string | null
  /** What the browser calls itself. */
  userAgent: string | null
}

/** A session as its own person sees it. */
export interface OwnSession extends SeenFrom {
  /** Stands for the session in lists; it opens nothing. */
  id: string
  createdAt: Date
  lastUsedAt: Date
  expiresAt: Date
}

/** How the cookie is set: over https it can be neither set by a neighbour domain nor sent in the clear. */
export function cookieName(isHttps: boolean): string {
  return isHttps ? '__Host-sluice' : 'sluice'
}

/** The `Set-Cookie` of a session; with null the cookie goes away. */
export function sessionCookie(id: string | null, isHttps: boolean): string {
  const life = id === null ? '; Max-Age=0' : ''
  const secure = isHttps ? '; Secure' : ''
  return `${cookieName(isHttps)}=${id ?? ''}; Path=/; HttpOnly; SameSite=Lax${secure}${life}`
}

/** The session's id in a `Cookie` header. */
export function readSessionCookie(header: string | undefined, isHttps: boolean) {
  const start = `${cookieName(isHttps)}=`
  const found = (header ?? '').split(/; */).find((pair) => pair.startsWith(start))
  return found?.slice(start.length) || undefined
}

/** What a request says of where it came from; a browser writes it, and a page cannot. */
export interface Origin {
  method: string
  /** The server as the request names it. */
  host: string | undefined
  origin: string | undefined
  fetchSite: string | undefined
}

/**
 * Whether a request may act by its cookie: reading always, writing only from a page of this very server.
 * A cookie is sent by every page that makes a browser call us, so it alone proves nothing of the page.
 */
export function mayUseCookie({ method, host, origin, fetchSite }: Origin): boolean {
  if (method === 'GET' || method === 'HEAD') return true
  if (fetchSite !== undefined && fetchSite !== 'same-origin') return false
  return origin !== undefined && isSame(origin, host)
}

/** The same for signing in, which programs may do too: they name no origin. */
export function maySignIn(from: Origin): boolean {
  const isBrowser = from.origin !== undefined || from.fetchSite !== undefined
  return !isBrowser || mayUseCookie(from)
}

/** By host and port; a port that goes without saying may be said. */
function isSame(origin: string, host: string | undefined): boolean {
  if (!URL.canParse(origin)) return false
  const from = new URL(origin)
  const here = `${from.protocol}//${host}`
  return URL.canParse(here) && new URL(here).host === from.host && from.host !== ''
}

/** Something that tries are counted for: in a window only so many are let through. */
export interface TryLimit {
  subject: string
  most: number
}

export const TRY_WINDOW_MS = 15 * 60_000

/**
 * What one try to sign in counts for. An account tried from one address is closed to that address first,
 * so that whoever tries the wrong passwords does not lock its owner out.
 */
export function tryLimits(email: string, address: string): TryLimit[] {
  const account = email.toLowerCase()
  return [
    { subject: `account ${account} from ${address}`, most: 10 },
    { subject: `address ${address}`, most: 100 },
    { subject: `account ${account}`, most: 200 },
  ]
}
