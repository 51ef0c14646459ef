import { randomBytes } from 'node:crypto'
import Fastify, {
  type FastifyReply,
  type FastifyRequest,
  LogController,
  type RouteOptions,
} from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import type { Caller } from '../kit/caller.ts'
import { requireScope } from '../kit/caller.ts'
import { canonical } from '../kit/canonical.ts'
import { invalid, Problem } from '../kit/problem.ts'
import { answerHeaders } from '../platform/answer-headers.ts'
import type { App } from '../platform/app.ts'
import type { Database } from '../platform/database.ts'
import type { Logger } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import { addDocument } from './document.ts'
import { addJsonBody } from './json-body.ts'
import { addPage } from './page.ts'
import { addProbes } from './probes.ts'
import { addProblemPage } from './problem-page.ts'
import { sendProblem } from './problems.ts'
import type { Pace } from './rate-limits.ts'
import { joinKey } from './request-keys.ts'
import { type BodyTimes, cutSlowBodies } from './slow-bodies.ts'

export interface ServerOptions {
  db: Database
  log: Logger
  /** Tells who a request acts for, or throws `unauthenticated`. */
  authenticate: (request: FastifyRequest) => Promise<Caller>
  /** Throws unless the request carries the operator's key. */
  requireOperator: (request: FastifyRequest) => void
  metrics: Metrics
  /** What keeps this process from serving, a line each; empty when it is ready. */
  faults: () => Promise<string[]>
  /** Whether people reach the server by https, so that browsers may be told to insist on it. */
  isHttps: boolean
  /** Addresses of proxies whose `X-Forwarded-*` is believed; of nobody's unless given. */
  trustedProxies?: readonly string[]
  /** How fast one credential may send requests; as fast as it likes unless given. */
  pace?: Pace
  /** Adds the product's routes. */
  routes: (app: App) => void | Promise<void>
  /** Where the built page is; the product's own unless given. */
  pageFolder?: string
  /** How long bodies may take; a minute unless given. */
  bodyTimes?: BodyTimes
  /** Check answers against their schemas before they are sent: for tests. */
  checkAnswers?: boolean
}

const BODY_MAX = 10 * 1024 * 1024
const KEY_MAX = 255

/** Makes the HTTP server: credentials, keys, problems, the published document, and the given routes. */
export async function createServer(options: ServerOptions): Promise<App> {
  const headers = Object.entries(answerHeaders(options.isHttps))
  const app = Fastify({
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_MAX,
    trustProxy: options.trustedProxies?.length ? [...options.trustedProxies] : false,
    // Node's own limit is on the whole of a request, which would end long uploads: see cutSlowBodies.
    requestTimeout: 0,
    forceCloseConnections: 'idle',
    // What still comes on open connections while it closes is answered like the rest.
    return503OnClosing: false,
    // What the router itself cannot read never reaches a hook.
    frameworkErrors: (_error, request, reply) => {
      addHeaders(reply.header('x-request-id', request.id), headers)
      return sendProblem(request, reply, invalid('path', 'is not an address that can be read'))
    },
    genReqId: requestIds(),
    // A logger of its own for each request would be made for the few that are logged: they name the request.
    childLoggerFactory: (logger) => logger,
    routerOptions: { maxParamLength: 300 },
    ajv: { customOptions: { removeAdditional: false } },
  }) as unknown as App
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(
    options.checkAnswers ? serializerCompiler : () => (answer: unknown) => JSON.stringify(answer),
  )
  cutSlowBodies(app, options.bodyTimes)
  app.decorateRequest('caller')
  app.decorateRequest('db')
  app.decorateRequest('idempotencyKey', '')
  app.decorateRequest('asked', '')

  app.setErrorHandler((error, request, reply) => sendProblem(request, reply, error))
  // Deny by default: with a route that does not say who may call it, the server does not start.
  const routes: RouteOptions[] = []
  app.decorate('routeTable', routes)
  app.addHook('onRoute', (route) => void routes.push(route))
  app.addHook('onReady', async () => {
    const open = routes.filter(({ config }) => !config?.access)
    const names = open.map(({ method, url }) => `${String(method)} ${url}`)
    if (names.length > 0) throw new Error(`${names.join(', ')} do not say who may call them`)
  })
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
    request.db = options.db
    const { access } = request.routeOptions.config
    if (!access || access === 'public') return
    if (access === 'operator') return options.requireOperator(request)
    request.caller = await options.authenticate(request)
    options.pace?.(request.caller)
    requireScope(request.caller, access)
  })
  addJsonBody(app)
  // With callbacks, where nothing is waited for: a promise for each hook is felt on the hot path.
  app.addHook('preValidation', (request, _reply, done) => {
    // Who sends nothing asks for nothing in particular: what is missing is then named field by field.
    if (request.body === undefined && request.routeOptions.schema?.body) request.body = {}
    try {
      readKey(request)
      done()
    } catch (error) {
      done(error as Error)
    }
  })
  joinKey(app, options.db)
  // A kept-alive connection that is busy when the server closes would be waited for without end.
  let closing = false
  app.addHook('preClose', async () => {
    closing = true
  })
  app.addHook('onSend', (_request, reply, _payload, done) => {
    addHeaders(reply, headers)
    if (closing) reply.header('connection', 'close')
    done()
  })

  addProbes(app, options)
  await addDocument(app)
  await addProblemPage(app)
  const sendPage = await addPage(app, options.pageFolder)
  app.setNotFoundHandler((request, reply) => {
    if (sendPage(request, reply)) return reply
    const detail = `There is no ${request.method} ${pathOf(request)}.`
    return sendProblem(request, reply, new Problem('not-found', detail))
  })
  await options.routes(app)
  await app.ready()
  return app
}

/** Ids that no other request has, of this process or another: its own beginning, then a number. */
function requestIds(): () => string {
  const beginning = `req_${randomBytes(8).toString('hex')}`
  let requests = 0
  return () => `${beginning}${(requests++).toString(16).padStart(16, '0')}`
}

/** Headers of every answer; a route that set one of them itself knows better. */
function addHeaders(reply: FastifyReply, headers: readonly [string, string][]): void {
  for (const [name, value] of headers) {
    if (!reply.hasHeader(name)) reply.header(name, value)
  }
}

/** Reads Idempotency-Key and what was asked under it, before validation changes the body. */
function readKey(request: FastifyRequest): void {
  if (request.method !== 'POST') return
  const use = request.routeOptions.config.key ?? 'optional'
  const key = request.headers['idempotency-key']
  if (use === 'none') return
  if (key === undefined || key === '') {
    if (use !== 'required') return
    throw keyProblem('is required')
  }
  if (typeof key !== 'string' || key.length > KEY_MAX) {
    throw keyProblem(`must have 1 to ${KEY_MAX} characters`)
  }
  request.idempotencyKey = key
  request.asked = `POST ${pathOf(request)}\n${canonical(request.body)}`
}

function keyProblem(message: string): Problem {
  const errors = [{ path: 'Idempotency-Key', message }]
  return new Problem('invalid-request', `The header Idempotency-Key ${message}.`, { errors })
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? ''
}
