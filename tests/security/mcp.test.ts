import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { keyOf } from '../../src/companies/keys.ts'
import { scopes } from '../../src/kit/caller.ts'
import { randomText } from '../../src/platform/ids.ts'
import { type TestHouse, testHouse } from '../kit/house.ts'
import { placesIn, type Schema, sampleOf } from '../kit/openapi.ts'
import { type RichCompany, richCompany } from '../kit/rich-company.ts'
import { tableHashes } from '../kit/table-hashes.ts'
import { type Hit, shoot } from './stranger.ts'

// Thousands of requests take as long as the machine is busy.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

let house: TestHouse
let victim: RichCompany
let attacker: RichCompany
let secrets: string[]
beforeAll(async () => {
  house = await testHouse({ resolve: async () => [] })
  victim = await richCompany(house, 'victim')
  attacker = await richCompany(house, 'attacker')
  secrets = [
    victim.canary,
    ...victim.secrets,
    ...Object.values(victim.ids).filter((id) => id !== 'none'),
  ]
})
afterAll(() => house.close())

interface Tool {
  name: string
  inputSchema: Schema
}

/** Speaks JSON-RPC to the MCP door. */
async function speak(
  method: string,
  params: unknown,
  headers: Record<string, string>,
): Promise<Hit> {
  const body = { jsonrpc: '2.0', id: 1, method, params }
  const accept = 'application/json, text/event-stream'
  const hit = await shoot(
    house.app,
    { method: 'POST', url: '/mcp' },
    { body, headers: { accept, ...headers } },
  )
  const data = /^data: (.*)$/m.exec(hit.text)?.[1]
  return data ? { ...hit, json: JSON.parse(data) } : hit
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
const listTools = async (key: string): Promise<Tool[]> => {
  const { json, text } = await speak('tools/list', {}, bearer(key))
  if (!json?.result) throw new Error(text)
  return json.result.tools
}

test('two companies are told of the very same tools, in words of this repository only', async () => {
  const tools = await listTools(attacker.key)
  expect(await listTools(victim.key)).toEqual(tools)
  expect(tools.length).toBeGreaterThan(5)
  // Nothing invisible that a model reads and a person does not.
  expect(JSON.stringify(tools)).not.toMatch(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}]/u)
})

test('nobody comes in without a key that counts', async () => {
  const tools = await listTools(attacker.key)
  const revoked = (
    await attacker.post('/v1/integrations', {
      name: 'K',
      kind: 'mcp',
      access: 'shared',
      scopes: ['admin'],
    })
  ).body
  await attacker.del(`/v1/integrations/${revoked.id}`)
  const credentials = {
    'no key': {},
    'a wrong key': bearer(keyOf(victim.keyId, randomText(32))),
    'a key with a wrong checksum': bearer(`${victim.key.slice(0, -1)}x`),
    'a revoked key': bearer(revoked.key),
    'a session': attacker.people.tech_admin,
    'a key in basic': { authorization: `Basic ${btoa(`${victim.keyId}:${victim.key}`)}` },
  }
  for (const [name, headers] of Object.entries(credentials)) {
    for (const tool of tools) {
      const asked = { name: tool.name, arguments: sampleOf(tool.inputSchema) }
      const hit = await speak('tools/call', asked, headers)
      expect(hit.status, `${tool.name} with ${name}`).toBe(401)
      expect(secrets.filter((secret) => hit.all.includes(secret))).toEqual([])
    }
  }
})

test('a page of another origin, or another name for this server, is refused', async () => {
  for (const headers of [
    { origin: 'https://evil.test' },
    { origin: 'null' },
    { origin: 'http://localhost.evil.test' },
    { host: 'rebound.evil.test' },
    { host: 'localhost.evil.test:4747' },
  ]) {
    const hit = await speak('tools/list', {}, { ...bearer(attacker.key), ...headers })
    expect(hit.status, JSON.stringify(headers)).toBe(403)
  }
})

test('a key without the scope of a tool gets nothing of it', async () => {
  const made = await attacker.post('/v1/integrations', {
    name: 'K',
    kind: 'mcp',
    access: 'shared',
    scopes: ['data:write'],
  })
  const before = await tableHashes(house.database, attacker.no)
  for (const tool of await listTools(attacker.key)) {
    const asked = { name: tool.name, arguments: withIds(tool, attacker) }
    const { json, text } = await speak('tools/call', asked, bearer(made.body.key))
    expect(json?.result?.isError ?? json?.error !== undefined, `${tool.name}: ${text}`).toBe(true)
    expect(text).toMatch(/scope|forbidden|Unknown|not found/i)
  }
  expect(scopes).toContain('data:write')
  expect(await tableHashes(house.database, attacker.no)).toEqual(before)
})

test("another company's ids are to every tool like ids of nobody", async () => {
  const before = await tableHashes(house.database, victim.no)
  let places = 0
  for (const tool of await listTools(attacker.key)) {
    for (const { path } of [...placesIn(tool.inputSchema)].filter(({ path }) => isId(path))) {
      places += 1
      const shown = async (ids: RichCompany) =>
        speak(
          'tools/call',
          { name: tool.name, arguments: withIds(tool, ids) },
          bearer(attacker.key),
        )
      const hit = await shown(victim)
      const sent = JSON.stringify(withIds(tool, victim))
      const leaked = secrets.filter((secret) => hit.all.includes(secret) && !sent.includes(secret))
      expect(leaked, `${tool.name} ${path.join('.')}`).toEqual([])
      const { json } = hit
      const isEmpty = JSON.stringify(json).includes('"data":[]')
      expect(json.error !== undefined || json.result.isError === true || isEmpty, hit.text).toBe(
        true,
      )
      // The same with one's own is answered.
      expect((await shown(attacker)).json.result.isError, tool.name).not.toBe(true)
    }
  }
  expect(places).toBeGreaterThan(4)
  expect(await tableHashes(house.database, victim.no)).toEqual(before)
})

function isId(path: readonly (string | number)[]): boolean {
  return ['id', 'entityId', 'trackerId', 'itemId', 'briefName'].includes(String(path.at(-1)))
}

/** Arguments of a tool with the ids of a company wherever it takes any. */
function withIds({ name, inputSchema }: Tool, { ids, canary }: RichCompany): unknown {
  const args = sampleOf(inputSchema) as Record<string, unknown>
  const { properties = {} } = inputSchema
  if ('id' in properties)
    args.id = name.includes('deal')
      ? ids.deals
      : name.includes('tracker')
        ? ids.trackers
        : ids.accounts
  if ('trackerId' in properties) args.trackerId = ids.trackers
  if ('entityId' in properties)
    Object.assign(args, { entityType: 'account', entityId: ids.accounts })
  if ('briefName' in properties) args.briefName = `Brief ${canary}`
  return args
}
