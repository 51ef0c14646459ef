import { doctor } from '../../../src/doctor/service.ts'
import { ownerSnapshot } from '../../../src/platform/owner-snapshot.ts'
import { type TestCompany, type TestHouse, testHouse } from '../../../tests/kit/house.ts'
import { type Client, type ClientOptions, createClient, type Hold } from '../src/index.ts'

/** A server that listens, a company on it, and the key that an outside product would get. */
export interface Desk {
  house: TestHouse
  address: string
  company: TestCompany
  key: string
  /** A client of the product, on this company. */
  client(options?: Partial<ClientOptions>): Client
  fund(credits: number): Promise<void>
  balance(): Promise<{ available: number; held: number; used: number }>
  holds(): Promise<Hold['status'][]>
  /** What `sluice doctor` finds. */
  findings(): Promise<unknown[]>
}

export async function openDesk(house: TestHouse, address: string, credits: number): Promise<Desk> {
  const company = await house.newCompany({ name: 'Tern & Co' })
  const asked = { name: 'Scribe', kind: 'api', access: 'shared' }
  const scopes = ['credits:read', 'credits:write']
  const { key } = (await company.post('/v1/integrations', { ...asked, scopes })).body
  await company.post('/v1/rate-cards', { prices: { summary_page: 0.2, preview: 0 } })
  const desk: Desk = {
    ...{ house, address, company, key },
    client: (options = {}) => createClient({ url: address, key, ...options }),
    async fund(credits) {
      const grant = { source: 'purchased', credits }
      const { status, text } = await company.post('/v1/credits/grants', grant)
      if (status !== 201) throw new Error(text)
    },
    async balance() {
      const { available, held, used } = (await company.get('/v1/credits/balance')).body
      return { available, held, used }
    },
    holds: async () =>
      (await company.get('/v1/credits/holds')).body.data.map(({ status }: Hold) => status),
    findings: () => ownerSnapshot(house.database.url, (run) => doctor({ run })),
  }
  if (credits > 0) await desk.fund(credits)
  return desk
}

export async function listeningHouse(options: Parameters<typeof testHouse>[0] = {}) {
  const house = await testHouse(options)
  return { house, address: await house.app.listen({ port: 0, host: '127.0.0.1' }) }
}
