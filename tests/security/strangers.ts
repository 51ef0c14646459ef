import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import pg from 'pg'
import { doctor } from '../../src/doctor/service.ts'
import { openDatabase } from '../../src/platform/database.ts'
import { ownerSnapshot } from '../../src/platform/owner-snapshot.ts'
import { type TestHouse, testHouse } from '../kit/house.ts'
import { type Route, routesOf } from '../kit/openapi.ts'
import { richCompany } from '../kit/rich-company.ts'
import { tableHashes } from '../kit/table-hashes.ts'
import { chosenOf, malformed, type Outcome, send } from './malformed.ts'

/** What is refused counts all the same: as a request, and as a try to sign in. */
const COUNTED = ['gong_use', 'sign_in_try']

/** Sent at once before it is looked whether anything changed. */
const CHUNK = 2_000

/**
 * Sends so many malformed requests with credentials that may do everything. First those that must be
 * refused: after them every table is as it was. Then the rest: the server still serves, its own ledger is
 * whole, and the company beside it is untouched.
 */
export async function meetStrangers(
  house: TestHouse,
  ops: number,
  seed: number,
): Promise<Outcome & { mustFail: number }> {
  const own = await richCompany(house, 'ours')
  const neighbour = await richCompany(house, 'neighbour')
  const before = await tableHashes(house.database, neighbour.no)
  const operator = { authorization: 'Bearer op_only-for-tests-0123456789' }
  const headersOf = ({ access }: Route) =>
    access === 'operator' ? operator : { authorization: `Bearer ${own.key}` }
  const met = { requests: 0, refused: 0, findings: [] as string[], mustFail: 0 }
  const all = [...malformed(routesOf(house.app), own.ids)]
  const chosen: typeof all = []
  for (let round = 0; chosen.length < ops; round += 1) {
    chosen.push(...chosenOf(all, ops - chosen.length, seed + round))
  }
  const add = (outcome: Outcome) => {
    met.requests += outcome.requests
    met.refused += outcome.refused
    met.findings.push(...outcome.findings)
  }
  const sure = chosen.filter(({ mustFail }) => mustFail)
  met.mustFail = sure.length
  for (let from = 0; from < sure.length; from += CHUNK) {
    const were = await tableHashes(house.database)
    add(await send(house.app, sure.slice(from, from + CHUNK), headersOf))
    const are = await tableHashes(house.database)
    const changed = Object.keys(are).filter(
      (name) => are[name] !== were[name] && !COUNTED.includes(name),
    )
    if (changed.length > 0) met.findings.push(`refused requests changed ${changed.join(', ')}`)
  }
  add(
    await send(
      house.app,
      chosen.filter(({ mustFail }) => !mustFail),
      headersOf,
    ),
  )
  const ready = await house.client().get('/healthz')
  if (ready.status !== 200) met.findings.push(`the server no longer serves: ${ready.status}`)
  const after = await tableHashes(house.database, neighbour.no)
  const touched = Object.keys(after).filter((name) => after[name] !== before[name])
  if (touched.length > 0) met.findings.push(`the neighbour's ${touched.join(', ')} changed`)
  const wrong = await ownerSnapshot(house.database.url, (run) => doctor({ run }))
  met.findings.push(...wrong.map(({ check, detail }) => `doctor: ${check}: ${detail}`))
  return met
}

/** The same on a database of one's own; with `control` the server writes its refusals in another form. */
export async function proveStrangers(
  url: string,
  { ops, seed, control }: { ops: number; seed: number; control: boolean },
): Promise<Outcome> {
  const owner = new pg.Pool({ connectionString: url, max: 2 })
  const on = {
    url,
    db: openDatabase({ url, connections: 12 }),
    asOwner: (text: string, values?: unknown[]) => owner.query(text, values),
    drop: async () => {},
  }
  const house = await testHouse({ on, resolve: async () => [] })
  if (control) {
    // Reads as JSON what the server calls a problem: every refusal has the wrong type.
    const { app } = house
    const inject = app.inject.bind(app) as (asked: InjectOptions) => Promise<LightMyRequestResponse>
    const spoilt = async (asked: InjectOptions) => {
      const answer = await inject(asked)
      if (answer.statusCode === 400) answer.headers['content-type'] = 'application/json'
      return answer
    }
    app.inject = spoilt as typeof app.inject
  }
  try {
    return await meetStrangers(house, ops, seed)
  } finally {
    await house.close()
    await on.db.close()
    await owner.end()
  }
}
