import { describe, expect, test } from 'vitest'
import { realEngine, seedBug } from '../ledger/engine.ts'
import { pureMutants } from '../ledger/mutants.ts'
import { compareWithModel } from '../ledger/pure.ts'

test('the pure core agrees with the model on random histories', async () => {
  expect(compareWithModel(await realEngine(), 150_000, 1).failure).toBeUndefined()
}, 120_000)

describe('the random histories find', () => {
  test.each(pureMutants)(
    '$name',
    async (mutant) => {
      const source = await seedBug(mutant)
      try {
        expect(compareWithModel(await source.engine(), 200_000, 1).failure).toBeDefined()
      } finally {
        await source.remove()
      }
    },
    60_000,
  )
})
