import { Problem } from '../kit/problem.ts'
import type { App } from '../platform/app.ts'
import { gongCallRoutes } from './routes/calls.ts'
import { gongEntityRoutes } from './routes/entities.ts'
import { gongSettingRoutes } from './routes/settings.ts'
import type { GongDeps } from './service/deps.ts'
import { countRequest } from './service/surroundings.ts'

/** The /v2 doors, which clients of Gong's public API know. */
export function gongRoutes(app: App, house: GongDeps): void {
  app.register(async (doors) => {
    const methods = new Map<string, string[]>()
    doors.addHook('onRequest', async (request) => {
      if (request.caller) await countRequest(request, request.caller)
    })
    doors.addHook('onRoute', ({ url, method }) => {
      methods.set(url, [...(methods.get(url) ?? []), ...[method].flat()])
    })
    gongCallRoutes(doors as App, house)
    gongSettingRoutes(doors as App)
    gongEntityRoutes(doors as App, house)
    for (const [url, known] of [...methods]) refuseOthers(doors as App, url, known)
  })
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Answers 405 to the methods that an address does not know. */
function refuseOthers(app: App, url: string, known: readonly string[]): void {
  app.route({
    method: METHODS.filter((method) => !known.includes(method)),
    url,
    config: { access: 'public', key: 'none' },
    schema: { hide: true },
    handler: async (request, reply) => {
      reply.header('allow', known.join(', '))
      throw new Problem('method-not-allowed', `This address does not know ${request.method}.`)
    },
  })
}
