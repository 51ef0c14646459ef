import type { z } from 'zod'
import type { AutomationDeps } from '../automations/service/deps.ts'
import type { Deps as UsageDeps } from '../insight/service/usage.ts'
import type { Caller, Scope } from '../kit/caller.ts'
import type { Credits } from '../kit/credits.ts'
import type { TrackerDeps } from '../trackers/service/deps.ts'

/** What the tools of the MCP server need: the services of the other doors. */
export type ToolDeps = TrackerDeps & AutomationDeps & UsageDeps

/** What a tool gives: for programs, for models that read text, and what it cost. */
export interface Given {
  structured: object
  text: string
  charged: Credits
  /** Undefined where a tool does not know; then the balance is asked. */
  available?: Credits | undefined
}

/**
 * A tool. Its name and description are the same for every company and never hold anything of anybody's
 * data; arguments that do not fit the schema never reach `run`.
 */
export interface Tool {
  name: string
  title: string
  description: string
  input: z.ZodObject
  output: z.ZodObject
  /** What the caller needs for it; undefined where that depends on the arguments. */
  scope?: Scope
  /** Whether it may charge: then it is not read-only. */
  spends: boolean
  run(deps: ToolDeps, caller: Caller, asked: never): Promise<Given>
}

/** Makes a tool whose `run` knows its arguments. */
export function tool<Input extends z.ZodObject>(
  made: Omit<Tool, 'input' | 'run'> & {
    input: Input
    run(deps: ToolDeps, caller: Caller, asked: z.output<Input>): Promise<Given>
  },
): Tool {
  return made as unknown as Tool
}
