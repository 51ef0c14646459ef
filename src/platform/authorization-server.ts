import { generateKeyPairSync } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type Adapter,
  type ClientMetadata,
  errors,
  interactionPolicy,
  Provider,
} from 'oidc-provider'

/**
 * Where the protocol keeps what it must, by kind. `consume` throws `AlreadyUsed` when somebody else was
 * faster, and so does `upsert` when what a token came from has ended meanwhile.
 */
export type Records = (kind: string) => Adapter

/** A code or token was used a second time, at the same moment as the first. */
export class AlreadyUsed extends Error {
  override name = 'AlreadyUsed'
}

/** What is asked of a person: which client wants to do what, and how it is answered. */
export interface ConsentRequest {
  clientId: string
  clientName: string
  /** Where the code goes when the person agrees. */
  redirectUri: string
  /** A page about the client, where it names one. */
  clientUri: string | undefined
  scopes: string[]
}

export interface Document {
  status: number
  body: string
  headers: Record<string, string>
}

export interface AuthorizationServerOptions {
  /** The address of this server, without a slash at its end. */
  issuer: string
  /** The one resource that tokens are for. */
  resource: string
  scopes: readonly string[]
  records: Records
  /** Whether somebody may still act: tokens of those who may not are refused. */
  isAccount: (accountId: string) => Promise<boolean>
  /** Where a person answers a request. */
  consentPath: (id: string) => string
  /** Reads what a client says of itself at the address that is its id; refuses addresses that are not public. */
  readDocument: (url: string) => Promise<Document>
  /** Told of what went wrong inside, which nobody outside is. */
  onError: (error: Error) => void
}

/** An OAuth 2.1 authorization server for one issuer; the paths are those of `oauthPaths`. */
export interface AuthorizationServer {
  /** Why a client cannot be registered with what it says of itself; undefined when it can. */
  clientFault(metadata: Record<string, unknown>): Promise<string | undefined>
  /** Answers a request of the protocol. */
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** What the browser behind a request is asked; undefined when it is not, or not any more. */
  consentOf(request: IncomingMessage, response: ServerResponse): Promise<ConsentRequest | undefined>
  /** Notes the person's answer, and gives the address at which the browser goes on. */
  conclude(
    request: IncomingMessage,
    response: ServerResponse,
    answer: { accountId: string; grantId: string } | 'denied',
  ): Promise<string>
  /** What is kept of a grant, and until when; its codes and tokens follow by themselves. */
  grantOf(asked: {
    grantId: string
    accountId: string
    clientId: string
    scopes: readonly string[]
  }): Promise<{ payload: Record<string, unknown>; expiresAt: Date }>
}

export const oauthPaths = {
  authorization: '/oauth/authorize',
  token: '/oauth/token',
  registration: '/oauth/register',
  revocation: '/oauth/revoke',
  jwks: '/oauth/jwks',
  metadata: '/.well-known/oauth-authorization-server',
} as const

/** How long things last, in seconds. */
export const oauthLives = {
  Interaction: 15 * 60,
  AuthorizationCode: 60,
  AccessToken: 10 * 60,
  /** Each use gives a new one, so this is how long a client may stay away. */
  RefreshToken: 30 * 24 * 3600,
  /** After this the person is asked again. */
  Grant: 180 * 24 * 3600,
  /** Who is signed in is decided by our own cookie, at the page of consent. */
  Session: 60,
  IdToken: 60,
} as const

const DOCUMENT_MAX = 5 * 1024

/**
 * Opens the server. The protocol is the library's (oidc-provider); ours is what it may do: authorization
 * codes with PKCE S256 for public clients, one resource, opaque tokens, refresh tokens that are used once.
 */
export function openAuthorizationServer(options: AuthorizationServerOptions): AuthorizationServer {
  const { issuer, resource } = options
  const scopes = options.scopes.join(' ')
  const { metadata: _, ...routes } = oauthPaths
  const provider = new Provider(issuer, {
    adapter: (kind) => refusingTwice(options.records(kind)),
    routes,
    scopes: [...options.scopes],
    claims: {},
    responseTypes: ['code'],
    clientAuthMethods: ['none'],
    clientDefaults: {
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      id_token_signed_response_alg: 'ES256',
    },
    pkce: { required: () => true },
    // Nobody gets ID tokens, so this key signs nothing; without one the library would bring its own.
    jwks: { keys: [unusedKey()] },
    ttl: { ...oauthLives },
    cookies: {
      names: { session: 'sluice_oauth', interaction: 'sluice_consent', resume: 'sluice_resume' },
      short: { httpOnly: true, sameSite: 'lax', signed: false },
      long: { httpOnly: true, sameSite: 'lax', signed: false },
    },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
      // Named in the metadata; `clientFault` is what is used of it.
      registration: { enabled: true, issueRegistrationAccessToken: false },
      revocation: {
        enabled: true,
        allowedPolicy: (_context, client, token) => token.clientId === client.clientId,
      },
      clientIdMetadataDocument: { enabled: true, ack: 'draft-02' },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, asked) => {
          if (asked !== resource) throw new errors.InvalidTarget()
          return {
            ...{ scope: scopes, audience: resource, accessTokenFormat: 'opaque' as const },
            accessTokenTTL: oauthLives.AccessToken,
          }
        },
      },
    },
    interactions: {
      url: (_context, { uid }) => options.consentPath(uid),
      policy: askAlways(),
    },
    findAccount: async (_context, accountId) =>
      (await options.isAccount(accountId))
        ? { accountId, claims: async () => ({ sub: accountId }) }
        : undefined,
    // What was agreed to before counts for nothing: each request is asked anew.
    loadExistingGrant: async ({ oidc }) => {
      const { consent } = oidc.result ?? {}
      return consent?.grantId ? oidc.provider.Grant.find(consent.grantId) : undefined
    },
    issueRefreshToken: async (_context, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    expiresWithSession: async () => false,
    fetch: async (url) => {
      const { status, body, headers } = await options.readDocument(String(url))
      return new Response([204, 304].includes(status) ? null : body, { status, headers })
    },
    fetchResponseBodyLimits: { 'client_id metadata document': DOCUMENT_MAX },
    renderError: (context, { error, error_description: why }) => {
      context.type = 'text/html; charset=utf-8'
      context.body = errorPage(String(error), String(why ?? ''))
    },
  })
  // Behind a proxy the address is the configured one, which `answer` writes into the request.
  provider.proxy = true
  provider.use(async (context, next) => {
    await next()
    if (context.path === oauthPaths.metadata)
      context.body = metadataOf(context.body, options.scopes)
  })
  provider.on('server_error', (_context, error) => options.onError(error))
  const answer = provider.callback()

  return {
    async clientFault(metadata) {
      try {
        await provider.Client.validate(metadata as unknown as ClientMetadata)
        return undefined
      } catch (error) {
        if (error instanceof errors.OIDCProviderError) return error.error_description ?? error.error
        throw error
      }
    },
    async answer(request, response) {
      becomeOurs(request, issuer)
      await answer(request, response)
    },
    async consentOf(request, response) {
      const details = await provider.interactionDetails(request, response).catch(unlessGone)
      if (!details || details.result) return undefined
      const { client_id: clientId, redirect_uri: redirectUri, scope = '' } = details.params
      const client = await provider.Client.find(String(clientId))
      if (!client) return undefined
      const asked = String(scope).split(' ')
      return {
        clientId: client.clientId,
        clientName: client.clientName ?? client.clientId,
        redirectUri: String(redirectUri),
        clientUri: client.clientUri,
        scopes: options.scopes.filter((one) => asked.includes(one)),
      }
    },
    async conclude(request, response, given) {
      const result =
        given === 'denied'
          ? { error: 'access_denied', error_description: 'The person did not agree.' }
          : { login: { accountId: given.accountId }, consent: { grantId: given.grantId } }
      return provider.interactionResult(request, response, result, {
        mergeWithLastSubmission: false,
      })
    },
    async grantOf({ grantId, accountId, clientId, scopes: granted }) {
      const grant = new provider.Grant({ accountId, clientId })
      grant.jti = grantId
      grant.addResourceScope(resource, granted.join(' '))
      const exp = Math.floor(Date.now() / 1000) + oauthLives.Grant
      grant.exp = exp
      const { resources, kind } = grant
      const payload = { accountId, clientId, resources, kind, iat: exp - oauthLives.Grant, exp }
      return { payload, expiresAt: new Date(exp * 1000) }
    },
  }
}

/** RFC 8414, and nothing of OpenID Connect, which is not offered. */
function metadataOf(said: unknown, scopes: readonly string[]): unknown {
  if (typeof said !== 'object' || said === null) return said
  const isOthers = /^(jwks_uri|subject_types|id_token|claims?_|request_|userinfo|acr_)/
  const own = Object.entries(said).filter(([name]) => !isOthers.test(name))
  return { ...Object.fromEntries(own), scopes_supported: scopes }
}

/** One question, asked of everybody and each time: what of it is granted is decided by the person. */
function askAlways() {
  const { Check, Prompt } = interactionPolicy
  const check = new Check('consent_needed', 'the person must agree', ({ oidc }) =>
    oidc.result?.consent ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT,
  )
  return [
    new Prompt({ name: 'login', requestable: true }),
    new Prompt({ name: 'consent', requestable: true }, check),
  ]
}

/** The library makes its addresses from the request: this one came by ours, whatever a proxy or client says. */
function becomeOurs({ headers }: IncomingMessage, issuer: string): void {
  const { protocol, host } = new URL(issuer)
  headers.host = host
  headers['x-forwarded-host'] = host
  headers['x-forwarded-proto'] = protocol.slice(0, -1)
  delete headers['x-forwarded-for']
}

/** What lost a race is refused in the protocol's words. */
function refusingTwice(adapter: Adapter): Adapter {
  const refuse = (error: Error): never => {
    throw error instanceof AlreadyUsed ? new errors.InvalidGrant(error.message) : error
  }
  return {
    ...adapter,
    consume: async (id) => adapter.consume(id).catch(refuse),
    upsert: async (id, payload, seconds) => adapter.upsert(id, payload, seconds).catch(refuse),
  }
}

function unlessGone(error: Error): undefined {
  if (error instanceof errors.SessionNotFound) return undefined
  throw error
}

function unusedKey() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { kty, crv, x, y, d } = privateKey.export({ format: 'jwk' })
  return { kty: kty!, crv: crv!, x: x!, y: y!, d: d!, use: 'sig', alg: 'ES256' }
}

function errorPage(error: string, why: string): string {
  const escaped = (text: string) =>
    text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`).slice(0, 2_000)
  return (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Sluice</title>' +
    '<h1>The program cannot be let in</h1>' +
    `<p>${escaped(why || error)} (${escaped(error)})</p><p>Go back to it and begin again.</p></html>`
  )
}
