import { randomUUID } from 'node:crypto'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { authenticateKey } from '../companies/service/authenticate.ts'
import type { McpHouse } from './routes.ts'
import { makeMcpServer } from './server.ts'

/**
 * The MCP server over standard input and output, for one key; ends when its input does. The key is looked
 * at for every call, so that one that is revoked meanwhile does nothing more.
 */
export async function serveMcpOnStdio(house: McpHouse, key: string): Promise<void> {
  const who = async () => ({
    caller: await authenticateKey(house, `Bearer ${key}`),
    requestId: `req_${randomUUID().replaceAll('-', '')}`,
  })
  await who()
  const ended = Promise.withResolvers<void>()
  const served = serveStdio(() => makeMcpServer(house, who), {
    onerror: (error) => house.log.debug({ reason: error.message }, 'An MCP request was refused'),
  })
  process.stdin.once('end', () => ended.resolve())
  process.stdin.once('close', () => ended.resolve())
  await ended.promise
  await served.close()
}
