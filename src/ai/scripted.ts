import { setTimeout as pause } from 'node:timers/promises'
import {
  type ComposeRequest,
  type Composition,
  type Model,
  ModelFailed,
  type Reading,
  type ReadRequest,
} from './model.ts'

export type ScriptedReading = Partial<Reading> | ModelFailed | 'hang'
export type ScriptedComposition = Partial<Composition> | ModelFailed | 'hang'

export type Script = {
  name?: string
  /** By item id, or decided from the request; "no" where nothing is said. */
  read?: Record<string, ScriptedReading> | ((request: ReadRequest) => ScriptedReading | undefined)
  compose?: ScriptedComposition | ((request: ComposeRequest) => ScriptedComposition | undefined)
  latencyMs?: number
}

export type ScriptedCall =
  | { task: 'read'; request: ReadRequest }
  | { task: 'compose'; request: ComposeRequest }

/** A model for tests: says what it was told to say, and remembers what it was asked. */
export type ScriptedModel = Model & { calls: ScriptedCall[]; script: Script }

export function createScripted(script: Script = {}): ScriptedModel {
  const usage = { inputTokens: 10, outputTokens: 5 }
  const scripted: ScriptedModel = {
    name: script.name ?? 'scripted',
    calls: [],
    script,
    async read(request, signal) {
      scripted.calls.push({ task: 'read', request })
      const { read, latencyMs } = scripted.script
      const said = typeof read === 'function' ? read(request) : read?.[request.item.id]
      const reading = await perform(said ?? {}, latencyMs ?? 0, signal)
      return { found: false, answer: 'Nothing was found.', occurrences: [], usage, ...reading }
    },
    async compose(request, signal) {
      scripted.calls.push({ task: 'compose', request })
      const { compose, latencyMs } = scripted.script
      const said = typeof compose === 'function' ? compose(request) : compose
      const composition = await perform(said ?? {}, latencyMs ?? 0, signal)
      return { paragraphs: [{ text: 'Scripted.', citations: [] }], usage, ...composition }
    },
  }
  return scripted
}

async function perform<Answer extends object>(
  said: Answer | ModelFailed | 'hang',
  latencyMs: number,
  signal: AbortSignal,
): Promise<Answer> {
  const tooLate = (): ModelFailed =>
    new ModelFailed('timeout', 'The scripted model was given up on.')
  if (signal.aborted) throw tooLate()
  if (latencyMs > 0)
    await pause(latencyMs, undefined, { signal }).catch(() => {
      throw tooLate()
    })
  if (said instanceof ModelFailed) throw said
  if (said !== 'hang') return said
  return new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(tooLate()), { once: true }),
  )
}
