import { execFile } from 'node:child_process'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { openHouse } from '../../src/house.ts'
import { tools } from '../../src/mcp/server.ts'
import { createLog } from '../../src/platform/log.ts'

/** Scenarios of the official suite that ask nothing but MCP itself; the others want tools of the suite's own. */
export const scenarios = ['server-initialize', 'ping', 'tools-list', 'dns-rebinding-protection']
const protocols = [
  ['legacy', '2025-11-25'],
  ['auto', '2026-07-28'],
] as const

export interface McpResult {
  passed: string[]
  failed: string[]
}

/**
 * Runs the official conformance suite and the official client, in both protocols, against a real server.
 * With `control` the way there hides from which page and by which name a request came, so that the server
 * cannot refuse it: the suite must notice.
 */
export async function proveMcp(
  databaseUrl: string,
  { control }: { control: boolean },
): Promise<McpResult> {
  const operatorKey = 'op_only-for-proofs-0123456789'
  const house = await openHouse(
    {
      ...{ databaseUrl, databasePool: 8, operatorKey, publicUrl: undefined },
      sessions: { idleMs: 60_000, longestMs: 60_000 },
      ai: { provider: 'local' },
      spoolDir: '.',
    },
    { log: createLog('silent') },
  )
  const address = await house.app.listen({ port: 0, host: '127.0.0.1' })
  const key = await newKey(address, operatorKey)
  const way = await openWay(address, key, control)
  const result: McpResult = { passed: [], failed: [] }
  const note = (name: string, ok: boolean) => (ok ? result.passed : result.failed).push(name)
  try {
    for (const scenario of scenarios) {
      note(`conformance ${scenario}`, await conforms(scenario, `${way.address}/mcp`))
    }
    for (const [mode, version] of protocols) {
      note(`client ${version}`, await clientWorks(address, key, mode, version))
    }
  } finally {
    way.close()
    await house.close()
  }
  return result
}

async function newKey(address: string, operatorKey: string): Promise<string> {
  const answer = await fetch(new URL('/v1/companies', address), {
    method: 'POST',
    headers: { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Proof' }),
  })
  const { apiKey } = (await answer.json()) as { apiKey: { key: string } }
  return apiKey.key
}

/** The suite knows no keys, so its requests go by a way that adds one and changes nothing else. */
async function openWay(address: string, key: string, control: boolean) {
  const { hostname, port } = new URL(address)
  const server = createServer((asked, answer) => {
    const headers: NodeJS.Dict<string | string[]> = {
      ...asked.headers,
      authorization: `Bearer ${key}`,
    }
    if (control) {
      delete headers.origin
      headers.host = `${hostname}:${port}`
    }
    const { method, url: path } = asked
    const onward = httpRequest({ hostname, port, method, path, headers }, (given) => {
      answer.writeHead(given.statusCode ?? 502, given.headers)
      given.pipe(answer)
    })
    onward.on('error', () => answer.destroy())
    asked.pipe(onward)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port: own } = server.address() as AddressInfo
  return {
    address: `http://localhost:${own}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** The suite ends with 0 when every check of a scenario passed. */
function conforms(scenario: string, url: string): Promise<boolean> {
  const suite = fileURLToPath(
    new URL('../../node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url),
  )
  const asked = ['server', '--url', url, '--scenario', scenario]
  return new Promise((done) => {
    execFile(process.execPath, [suite, ...asked], { timeout: 120_000 }, (error, said) => {
      if (error) console.log(said.trim().split('\n').slice(-8).join('\n'))
      done(!error)
    })
  })
}

async function clientWorks(
  address: string,
  key: string,
  mode: 'legacy' | 'auto',
  version: string,
): Promise<boolean> {
  const options = mode === 'auto' ? { versionNegotiation: { mode } } : {}
  const client = new Client({ name: 'proof', version: '1' }, options)
  const headers = { authorization: `Bearer ${key}` }
  const url = new URL('/mcp', address)
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }))
  const listed = (await client.listTools()).tools.map(({ name }) => name)
  const balance = await client.callTool({ name: 'get_credit_balance', arguments: {} })
  const isRight =
    client.getNegotiatedProtocolVersion() === version &&
    listed.join() === tools.map(({ name }) => name).join() &&
    (balance.structuredContent as { available?: number }).available === 0
  await client.close()
  return isRight
}
