import { type CallToolResult, McpServer } from '@modelcontextprotocol/server'
import { readBalance } from '../charges/service/balance.ts'
import { problemOf } from '../http/problems.ts'
import { type Caller, requireScope } from '../kit/caller.ts'
import { toJson } from '../kit/credits.ts'
import type { Logger } from '../platform/log.ts'
import { chargedTools } from './charged-tools.ts'
import { freeTools } from './free-tools.ts'
import type { Given, Tool, ToolDeps } from './tool.ts'

/** Every tool, in the order in which clients see them. */
export const tools: readonly Tool[] = [...chargedTools, ...freeTools]

export type McpDeps = ToolDeps & { log: Logger }

const INSTRUCTIONS =
  'Answers questions from the calls and emails of a company, and tells of its pool of AI credits. ' +
  'ask_account, ask_deal and generate_brief spend credits; every other tool is free.'

/** Who calls, found out anew for each call, and by which name the call is known in the log. */
export type Who = () => Promise<{ caller: Caller; requestId: string }>

/** A server for one key. Everybody sees the same tools; the services decide who may what. */
export function makeMcpServer(deps: McpDeps, who: Who): McpServer {
  const server = new McpServer(
    { name: 'sluice', title: 'Sluice', version: '1' },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS, maxToolInputElements: 1_000 },
  )
  for (const tool of tools) {
    const { name, title, description, input, output, spends } = tool
    const annotations = {
      title,
      readOnlyHint: !spends,
      destructiveHint: false,
      idempotentHint: !spends,
      openWorldHint: false,
    }
    const config = { title, description, inputSchema: input, outputSchema: output, annotations }
    server.registerTool(name, config, (asked: unknown) => callTool(deps, who, tool, asked))
  }
  return server
}

/** Calls a tool; whatever is refused becomes a tool error that says why, and with which figures. */
async function callTool(
  deps: McpDeps,
  who: Who,
  tool: Tool,
  asked: unknown,
): Promise<CallToolResult> {
  let requestId = ''
  try {
    const { caller, requestId: known } = await who()
    requestId = known
    if (tool.scope) requireScope(caller, tool.scope)
    return await resultOf(deps, caller, await tool.run(deps, caller, asked as never))
  } catch (error) {
    const problem = problemOf(error)
    if (problem.status >= 500) deps.log.error({ err: error, tool: tool.name }, problem.message)
    const { errors: _, ...facts } = problem.facts
    const structured = { code: problem.code, detail: problem.message, ...facts, requestId }
    return {
      isError: true,
      content: [{ type: 'text', text: `${problem.code}: ${problem.message}` }],
      structuredContent: plain(structured),
    }
  }
}

async function resultOf(
  deps: McpDeps,
  { companyNo }: Caller,
  { structured, text, charged, available }: Given,
): Promise<CallToolResult> {
  const left = available ?? (await readBalance(deps, companyNo)).available
  return {
    content: [{ type: 'text', text }],
    structuredContent: plain(structured),
    _meta: plain({ credits: { charged: toJson(charged), available: toJson(left) } }),
  }
}

/** As it goes over the wire: plain numbers and texts only. */
function plain(value: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value))
}
