import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { authenticate } from '../../src/companies/service/authenticate.ts'
import { credentialsOf } from '../../src/http/credentials.ts'
import { createServer } from '../../src/http/server.ts'
import { Problem } from '../../src/kit/problem.ts'
import type { App } from '../../src/platform/app.ts'
import { createMetrics } from '../../src/platform/metrics.ts'
import { id } from '../../src/platform/shapes.ts'
import { type TestHouse, testHouse } from '../kit/house.ts'
import { type Route, routesOf } from '../kit/openapi.ts'
import { type RichCompany, richCompany } from '../kit/rich-company.ts'
import * as sweep from './sweep.ts'

// Thousands of requests take as long as the machine is busy.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

// The sweeps find nothing in the product; here is what they find in routes with a fault planted in them.

let house: TestHouse
let victim: RichCompany
let attacker: RichCompany
beforeAll(async () => {
  house = await testHouse({ resolve: async () => [] })
  victim = await richCompany(house, 'victim')
  attacker = await richCompany(house, 'attacker')
})
afterAll(() => house.close())

const params = z.strictObject({ id })
const schema = { summary: 'Planted', params }
const anyTeam = async (teamId: string) =>
  (await house.database.asOwner('select name from team where id = $1', [teamId])).rows[0]

/** A server of the given routes, before the same database and with the same credentials. */
async function serverOf(routes: (app: App) => void): Promise<{ app: App; routes: Route[] }> {
  const sessions = { idleMs: 60_000, longestMs: 60_000 }
  const app = await createServer({
    ...house,
    metrics: createMetrics(),
    ...{ isHttps: false, faults: async () => [], routes, pageFolder: '/nowhere' },
    authenticate: (request) =>
      authenticate({ ...house, sessions, isHttps: false }, credentialsOf(request)),
    requireOperator: () => {
      throw new Problem('unauthenticated', 'No.')
    },
  })
  return { app, routes: routesOf(app).filter(({ url }) => url.startsWith('/v1/')) }
}

const wall = () => ({
  headers: { authorization: `Bearer ${attacker.key}` },
  ...{ own: attacker.ids, victim: victim.ids, secrets: [victim.canary] },
  ...{ isChosen: false, sent: new Set<string>() },
})

test('a route that does not say who may call it keeps the server from starting', async () => {
  const forgetful = serverOf((app) => void app.get('/v1/teams/:id', { schema }, async () => ({})))
  await expect(forgetful).rejects.toThrow(/GET \/v1\/teams\/:id.* do not say who may call them/)
})

test("a route that shows another company's things is caught", async () => {
  const { app, routes } = await serverOf((server) => {
    const open = { config: { access: 'data:read' }, schema } as const
    server.get('/v1/teams/:id', open, async ({ params }) => anyTeam(params.id))
  })
  const { findings } = await sweep.sweepIds(app, routes, wall())
  await app.close()
  expect(findings.join('\n')).toMatch(new RegExp(`GET /v1/teams/:id .* tells ${victim.canary}`))
})

test('a route that refuses, but says that the thing exists, is caught', async () => {
  const { app, routes } = await serverOf((server) => {
    const open = { config: { access: 'data:read' }, schema } as const
    server.get('/v1/teams/:id', open, async ({ params }) => {
      const found = await anyTeam(params.id)
      throw new Problem('not-found', found ? 'It is not yours.' : `There is no ${params.id}.`)
    })
  })
  const { findings } = await sweep.sweepIds(app, routes, wall())
  await app.close()
  expect(findings.join('\n')).toMatch('tells that it exists')
})

test('a route that says it is for somebody, and answers everybody, is caught', async () => {
  const { app, routes } = await serverOf((server) => {
    server.get('/v1/teams/:id', { config: { access: 'public' }, schema }, async () => ({}))
  })
  const claimed = routes.map((route) => ({ ...route, access: 'admin' as const }))
  const nobody = { 'no key': {} }
  const { findings } = await sweep.sweepCredentials(app, claimed, nobody, victim.ids, [])
  const { tech_admin: admin, business_admin, member } = attacker.people
  const roles = await sweep.sweepRoles(app, claimed, { tech_admin: admin, business_admin, member })
  const key = () => ({ authorization: `Bearer ${attacker.key}` })
  const scopes = await sweep.sweepScopes(app, claimed, key, key)
  await app.close()
  expect(findings).toContainEqual(
    expect.stringMatching('GET /v1/teams/:id with no key: status 200'),
  )
  expect(roles.findings).toContainEqual(expect.stringMatching('as member: may not, but 200'))
  expect(scopes.findings).toContainEqual(expect.stringMatching('without admin: not refused: 200'))
})

test('a parameter whose kind nobody has told of is caught', async () => {
  const { app, routes } = await serverOf((server) => {
    const query = z.strictObject({ widgetId: id.optional() })
    const open = {
      config: { access: 'data:read' },
      schema: { summary: 'Planted', querystring: query },
    } as const
    server.get('/v1/widgets', open, async () => ({}))
  })
  await expect(sweep.sweepIds(app, routes, wall())).rejects.toThrow(
    'nobody has told of what widgetId is the id',
  )
  await app.close()
})
