import { promises as dns, type LookupAddress } from 'node:dns'
import http from 'node:http'
import https from 'node:https'
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import ipaddr from 'ipaddr.js'

/** What an address outside answered. */
export interface OutboundAnswer {
  status: number
  /** What `Retry-After` asks for. */
  retryAfterMs: number | undefined
  /** The beginning of the body. */
  excerpt: string
}

/** A document from outside. */
export interface OutboundDocument {
  status: number
  body: string
  /** Those that say how long it may be kept. */
  headers: Record<string, string>
}

/** A request to somebody's API; without a body it is a GET. */
export interface OutboundQuestion {
  url: string
  headers: Record<string, string>
  body?: string | undefined
}

export interface OutboundReply {
  status: number
  /** What `Retry-After` asks for. */
  retryAfterMs: number | undefined
  body: string
}

/** The way to addresses that customers chose, none of which may lead into our own network. */
export interface Outbound {
  /** Why nothing may be sent to an address; undefined when it may. Names are looked up only when it is sent. */
  faultOf(url: string): string | undefined
  /**
   * Sends once and follows no redirect. Rejects with an `OutboundError` when there was no answer; says
   * `busy`, and sends nothing, when enough others are on their way.
   */
  post(url: string, headers: Record<string, string>, body: string): Promise<OutboundAnswer | 'busy'>
  /** Reads a small document, 64 kB at most; the rest is as with `post`. */
  read(url: string): Promise<OutboundDocument | 'busy'>
  /** Asks an API and reads its whole answer, up to 64 MB; the rest is as with `post`. */
  ask(asked: OutboundQuestion): Promise<OutboundReply | 'busy'>
  /** Whether private addresses and plain connections may be used. */
  readonly allowsPrivate: boolean
  /** Why no connection may be made to a host, other than by HTTP; undefined when it may. */
  hostFaultOf(host: string): string | undefined
  /** The address to connect to for a host. Rejects with an `OutboundError` when there is none that may be. */
  addressOf(host: string): Promise<string>
}

/** Why a message did not arrive: a text for those who manage the address. */
export class OutboundError extends Error {
  override name = 'OutboundError'
}

export type Resolve = (host: string) => Promise<LookupAddress[]>

export interface OutboundOptions {
  /** Lets private addresses, plain http and any port through: for one's own network and for tests. */
  allowPrivate: boolean
  resolve?: Resolve
  timeoutMs?: number
}

/** So many messages are on their way at once from one process; slow receivers must not hold up all workers. */
const AT_ONCE = 4
const TIMEOUT_MS = 15_000
const PORTS = ['', '443', '8443']
const BODY_MAX = 64 * 1024
const EXCERPT_MAX = 1_000
/** Whoever has said that it took the message may go on talking for so long. */
const BODY_MS = 2_000

/** How much of a body is read, and for how long. */
interface Reading {
  max: number
  ms: number
}
const BEGINNING: Reading = { max: BODY_MAX, ms: BODY_MS }
const REPLY_MAX = 64 * 1024 * 1024
const REPLY_MS = 60_000

export function openOutbound(options: OutboundOptions): Outbound {
  const { allowPrivate, timeoutMs = TIMEOUT_MS } = options
  const resolve = options.resolve ?? ((host) => dns.lookup(host, { all: true }))
  let underWay = 0

  /** Looks a name up for a socket: the very addresses that were checked are those it connects to. */
  async function addressesOf(host: string): Promise<LookupAddress[]> {
    const found = await resolve(host).catch((error: NodeJS.ErrnoException) => {
      throw new OutboundError(`The name ${host} was not found (${error.code ?? error.message}).`)
    })
    const refused = allowPrivate ? undefined : found.find(({ address }) => !isPublic(address))
    if (refused || found.length === 0) {
      throw new OutboundError(`The name ${host} leads to an address that is not public.`)
    }
    return found
  }

  function faultOf(url: string): string | undefined {
    const parsed = URL.parse(url)
    if (!parsed) return 'must be a URL'
    const { protocol, hostname, username, password, port } = parsed
    if (protocol !== 'https:' && !(allowPrivate && protocol === 'http:'))
      return 'must begin with https:'
    if (username || password) return 'must not carry a user name or password'
    if (allowPrivate) return undefined
    if (!PORTS.includes(port)) return 'must use port 443 or 8443'
    return hostFaultOf(bare(hostname))
  }

  function hostFaultOf(host: string): string | undefined {
    if (allowPrivate) return undefined
    const isLocalName = !isIP(host) && /(?:^|\.)(?:localhost|internal|local)\.?$/i.test(host)
    if (isLocalName || (isIP(host) && !isPublic(host))) return 'must lead to a public address'
    return undefined
  }

  return {
    faultOf,
    hostFaultOf,
    allowsPrivate: allowPrivate,
    async addressOf(host) {
      const fault = hostFaultOf(host)
      if (fault) throw new OutboundError(`The host ${fault}.`)
      if (isIP(host)) return host
      const found = await addressesOf(host)
      // One address only is tried, and IPv4 is the one that works everywhere.
      return (found.find(({ family }) => family === 4) ?? found[0]!).address
    },
    async post(url, headers, body) {
      const found = await limited(url, 'POST', headers, body)
      if (found === 'busy') return found
      const { status, retryAfterMs, text } = found
      return { status, retryAfterMs, excerpt: text.slice(0, EXCERPT_MAX) }
    },
    async ask({ url, headers, body }) {
      const method = body === undefined ? 'GET' : 'POST'
      const found = await limited(url, method, headers, body ?? '', {
        max: REPLY_MAX,
        ms: REPLY_MS,
      })
      if (found === 'busy') return found
      return { status: found.status, retryAfterMs: found.retryAfterMs, body: found.text }
    },
    async read(url) {
      const found = await limited(url, 'GET', { accept: 'application/json' }, '')
      if (found === 'busy') return found
      return { status: found.status, body: found.text, headers: found.headers }
    },
  }

  async function limited(
    url: string,
    method: 'GET' | 'POST',
    headers: Record<string, string>,
    body: string,
    reading = BEGINNING,
  ) {
    const fault = faultOf(url)
    if (fault) throw new OutboundError(`The URL ${fault}.`)
    if (underWay >= AT_ONCE) return 'busy'
    underWay += 1
    try {
      return await request(new URL(url), method, headers, body, reading)
    } finally {
      underWay -= 1
    }
  }

  function request(
    url: URL,
    method: 'GET' | 'POST',
    headers: Record<string, string>,
    body: string,
    reading: Reading,
  ) {
    return new Promise<Received>((done, fail) => {
      const { request: open } = url.protocol === 'https:' ? https : http
      const sent = open(url, {
        method,
        headers:
          method === 'GET' ? headers : { ...headers, 'content-length': Buffer.byteLength(body) },
        agent: false,
        lookup: (host, _options, answer) => {
          addressesOf(host).then(
            (found) => answer(null, found),
            (error) => answer(error, []),
          )
        },
      })
      const deadline = setTimeout(() => {
        sent.destroy(new OutboundError(`There was no answer within ${timeoutMs / 1000} s.`))
      }, timeoutMs)
      sent.on('error', (error: NodeJS.ErrnoException) => {
        clearTimeout(deadline)
        const isOurs = error instanceof OutboundError
        fail(
          isOurs ? error : new OutboundError(`The connection failed (${error.code ?? 'error'}).`),
        )
      })
      sent.on('response', (response) => {
        clearTimeout(deadline)
        void beginningOf(response, reading).then((text) => {
          sent.destroy()
          done({
            status: response.statusCode ?? 0,
            retryAfterMs: retryAfterOf(response.headers['retry-after']),
            text,
            headers: ageHeaders(response.headers),
          })
        })
      })
      sent.end(body)
    })
  }
}

interface Received {
  status: number
  retryAfterMs: number | undefined
  text: string
  headers: Record<string, string>
}

function ageHeaders(headers: http.IncomingHttpHeaders): Record<string, string> {
  const { 'cache-control': cacheControl, expires } = headers
  return {
    ...(cacheControl === undefined ? {} : { 'cache-control': cacheControl }),
    ...(expires === undefined ? {} : { expires }),
  }
}

/** Reads the beginning of a body, and no longer than a moment. */
function beginningOf(response: http.IncomingMessage, { max, ms }: Reading): Promise<string> {
  return new Promise((done) => {
    const chunks: Buffer[] = []
    let size = 0
    const end = () => {
      clearTimeout(deadline)
      done(Buffer.concat(chunks).subarray(0, max).toString('utf8').replaceAll('\0', '\ufffd'))
    }
    const deadline = setTimeout(end, ms)
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size >= max) end()
    })
    response.on('end', end)
    response.on('error', end)
    response.on('close', end)
  })
}

/** Whether an address belongs to the public internet, and not to this machine. */
export function isPublic(address: string): boolean {
  try {
    const parsed = ipaddr.process(address)
    return parsed.range() === 'unicast' && !isOwn(parsed.toNormalizedString())
  } catch {
    return false
  }
}

function isOwn(address: string): boolean {
  return Object.values(networkInterfaces()).some((all) =>
    all?.some((own) => ipaddr.process(own.address).toNormalizedString() === address),
  )
}

/** A host as sockets want it: an IPv6 address without its brackets. */
function bare(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}

function retryAfterOf(header: string | undefined): number | undefined {
  if (header === undefined) return undefined
  const seconds = /^\d{1,9}$/.test(header) ? Number(header) * 1_000 : undefined
  const until = Date.parse(header) - Date.now()
  return seconds ?? (until > 0 ? until : undefined)
}
