import type { App } from '../platform/app.ts'
import type { Metrics } from '../platform/metrics.ts'

const DURATIONS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export interface ProbeOptions {
  metrics: Metrics
  /** What keeps this process from serving, a line each; empty when it is ready. */
  faults: () => Promise<string[]>
}

/** For those who run it: whether the process lives, whether it can serve, and how it does. */
export function addProbes(app: App, { metrics, faults }: ProbeOptions): void {
  const durations = metrics.histogram(
    'http_request_seconds',
    'How long requests took, by route and status',
    ['method', 'route', 'status'],
    DURATIONS,
  )
  app.addHook('onResponse', (request, reply, done) => {
    const { url: route = 'none' } = request.routeOptions
    const labels = { method: request.method, route, status: String(reply.statusCode) }
    durations.observe(labels, reply.elapsedTime / 1000)
    done()
  })

  const hidden = { config: { access: 'public' }, schema: { hide: true } } as const
  app.get('/healthz', hidden, async () => ({ status: 'ok' }))
  app.get('/readyz', hidden, async (_request, reply) => {
    const found = await faults()
    const status = found.length === 0 ? 'ready' : 'not ready'
    return reply.code(found.length === 0 ? 200 : 503).send({ status, faults: found })
  })
  app.get('/metrics', hidden, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  )
}
