import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type TestHouse, testHouse } from '../kit/house.ts'
import { routesOf } from '../kit/openapi.ts'
import { chosenOf, malformed } from './malformed.ts'
import { meetStrangers } from './strangers.ts'

// Thousands of requests take as long as the machine is busy.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

let house: TestHouse
beforeAll(async () => {
  house = await testHouse({ resolve: async () => [] })
})
afterAll(() => house.close())

/** As many as fit into a minute; `npm run prove strangers` sends more. */
const OPS = 6_000
const seed = Number(process.env.SEED ?? 1)

test('whatever strangers send, they are refused in the promised form and nothing changes', async () => {
  const met = await meetStrangers(house, OPS, seed)
  console.log(`${met.requests} malformed requests, ${met.refused} refused, seed ${seed}`)
  expect(met.findings).toEqual([])
  expect(met.requests).toBe(OPS)
  // Most of what is said wrongly is refused; the rest is odd and right, such as a name that is markup.
  expect(met.refused).toBeGreaterThan(OPS * 0.8)
  expect(met.mustFail).toBeGreaterThan(OPS * 0.2)
})

test('there is something wrong to say at every place of every route', () => {
  const routes = routesOf(house.app).filter(
    ({ method, isPublished }) => method !== 'HEAD' && isPublished,
  )
  const ids = new Proxy({}, { get: () => 'none' }) as Record<string, string>
  const attempts = [...malformed(routes, ids)]
  const titles = new Set(
    attempts.map(({ route: { method, url } }) => `${method} ${url.split('?')[0]}`),
  )
  expect([...titles].sort()).toEqual(
    [...new Set(routes.map(({ method, url }) => `${method} ${url}`))].sort(),
  )
  expect(attempts.length).toBeGreaterThan(30_000)
  const [one, two] = [1, 2].map((from) => chosenOf(attempts, 20, from).map(({ what }) => what))
  expect(one).not.toEqual(two)
  expect(chosenOf(attempts, 20, 1).map(({ what }) => what)).toEqual(one)
})

test('a server that breaks, says it in another form, or takes what it forbids is caught', async () => {
  const { send } = await import('./malformed.ts')
  const Fastify = (await import('fastify')).default
  const broken = Fastify()
  broken.setErrorHandler((_error, _request, reply) => reply.code(500).send('at x (/src/a.ts:1)'))
  broken.post('/v1/teams', async (request) => {
    const { name } = request.body as { name: unknown }
    if (name === null) throw new TypeError('null')
    return { name }
  })
  const body = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] }
  const route = { method: 'POST', url: '/v1/teams', access: 'admin' as const, parameters: [] }
  const attempts = malformed([{ ...route, body, contentTypes: [], isPublished: true }], {})
  const { findings } = await send(broken, attempts, () => ({}))
  await broken.close()
  expect(findings).toContainEqual(expect.stringMatching('body name is null: status 500'))
  expect(findings).toContainEqual(expect.stringMatching('body name is zero: is taken: 200'))
})
