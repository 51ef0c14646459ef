import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type TestHouse, testHouse } from '../../tests/kit/house.ts'
import { CLOCK, fund } from '../../tests/kit/samples.ts'

// Each test starts a whole program, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

let house: TestHouse
beforeAll(async () => {
  house = await testHouse()
})
afterAll(() => house.close())

/** Starts the command as a client on the same machine does. */
function start(key: string | undefined) {
  return new StdioClientTransport({
    command: process.execPath,
    args: ['src/main.ts', 'mcp'],
    env: {
      DATABASE_URL: house.database.url,
      SLUICE_LOG_LEVEL: 'error',
      ...(key === undefined ? {} : { SLUICE_MCP_KEY: key }),
    },
    stderr: 'pipe',
  })
}

test('a client on the same machine speaks with it over standard input and output', async () => {
  const company = await house.newCompany({ testClock: CLOCK })
  await fund(company, 7)
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(start(company.key))
  const balance = async () => client.callTool({ name: 'get_credit_balance', arguments: {} })
  expect((await balance()).structuredContent).toMatchObject({ available: 7 })
  // A key that is taken back does nothing more, on an open connection either.
  await company.del(`/v1/integrations/${company.keyId}`)
  await expect
    .poll(async () => (await balance()).structuredContent, { timeout: 30_000 })
    .toMatchObject({ code: 'unauthenticated' })
  await client.close()
})

test.each([undefined, 'nonsense'])('with the key %s it does not start', async (key) => {
  const client = new Client({ name: 'test', version: '1' })
  await expect(client.connect(start(key))).rejects.toThrow()
})
