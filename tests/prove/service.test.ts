import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { doctor } from '../../src/doctor/service.ts'
import { ownerSnapshot } from '../../src/platform/owner-snapshot.ts'
import { type TestDatabase, testDatabase } from '../kit/database.ts'
import { compareParallel, compareSequential } from '../ledger/commands.ts'
import { seedBug } from '../ledger/engine.ts'
import { serviceMutants } from '../ledger/mutants.ts'
import { openServer, type Server } from '../ledger/servers.ts'

let database: TestDatabase
let servers: Server[]

beforeAll(async () => {
  database = await testDatabase()
  servers = [await openServer(database.url), await openServer(database.url)]
})

afterAll(async () => {
  for (const server of servers) await server.close()
  await database.drop()
})

test('the service agrees with the model, one command after another, on two servers in turn', async () => {
  const { failure } = await compareSequential(servers, database.asOwner, {
    commands: 3_000,
    seed: 1,
  })
  expect(failure).toBeUndefined()
}, 180_000)

test('the service agrees with the model when two servers race', async () => {
  const { failure } = await compareParallel(servers, database.asOwner, { commands: 3_000, seed: 1 })
  expect(failure).toBeUndefined()
}, 180_000)

test('the doctor finds nothing after all of that', async () => {
  expect(await ownerSnapshot(database.url, (run) => doctor({ run }))).toEqual([])
})

describe('the commands find', () => {
  test.each(serviceMutants)(
    '$name',
    async (mutant) => {
      const source = await seedBug(mutant)
      const broken = [
        await openServer(database.url, source.url),
        await openServer(database.url, source.url),
      ]
      try {
        const compare = mutant.shownBy === 'side by side' ? compareParallel : compareSequential
        const { failure } = await compare(broken, database.asOwner, {
          ...{ commands: 15_000, seed: 1, shrinks: false },
        })
        expect(failure).toBeDefined()
      } finally {
        for (const server of broken) await server.close()
        await source.remove()
      }
    },
    180_000,
  )
})
