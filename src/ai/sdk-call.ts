import type { LanguageModel } from 'ai'
import type { z } from 'zod'
import { AnswerTooLarge } from './bounded-fetch.ts'
import type { ModelFailure, Usage } from './model.ts'
import type { Prompt } from './prompts.ts'
import { retryAfterOf } from './retry.ts'

export type Call = <Answer>(
  prompt: Prompt,
  schema: z.ZodType<Answer>,
  signal: AbortSignal,
) => Promise<{ answer: Answer; usage: Usage }>

/** Why one call gave no answer, and what it used nevertheless. */
export class CallFailed extends Error {
  readonly kind: ModelFailure
  readonly retryAfterMs: number | undefined
  readonly usage: Usage

  constructor(kind: ModelFailure, message: string, usage: Usage, retryAfterMs?: number) {
    super(message)
    this.kind = kind
    this.retryAfterMs = retryAfterMs
    this.usage = usage
  }
}

const OUTPUT_TOKENS_MAX = 4_096
const NOTHING: Usage = { inputTokens: 0, outputTokens: 0 }

/** One request through the AI SDK, which retries nothing by itself and is given no tools. */
export function callThroughSdk(loadModel: () => Promise<LanguageModel>, now: () => number): Call {
  return async (prompt, schema, signal) => {
    // Loaded at the first call: a server that never asks never pays for it.
    const sdk = await import('ai')
    // The SDK prints its warnings, and a warning may hold part of a request.
    globalThis.AI_SDK_LOG_WARNINGS = false
    try {
      const result = await sdk.generateText({
        model: await loadModel(),
        system: prompt.system,
        prompt: prompt.user,
        output: sdk.Output.object({ schema }),
        temperature: 0,
        maxOutputTokens: OUTPUT_TOKENS_MAX,
        maxRetries: 0,
        abortSignal: signal,
      })
      return {
        answer: result.output as Awaited<z.infer<typeof schema>>,
        usage: usageOf(result.totalUsage),
      }
    } catch (error) {
      throw failureOf(error, sdk, signal, now())
    }
  }
}

function failureOf(
  error: unknown,
  sdk: typeof import('ai'),
  signal: AbortSignal,
  now: number,
): CallFailed {
  if (signal.aborted) return new CallFailed('timeout', 'The model did not answer in time.', NOTHING)
  if (sdk.NoObjectGeneratedError.isInstance(error)) {
    const used = error.usage === undefined ? NOTHING : usageOf(error.usage)
    return new CallFailed('invalid-answer', 'The model did not answer in the form asked for.', used)
  }
  if (
    sdk.NoOutputGeneratedError.isInstance(error) ||
    causes(error).some((each) => each instanceof AnswerTooLarge)
  ) {
    return new CallFailed('invalid-answer', 'The model gave no usable answer.', NOTHING)
  }
  if (!sdk.APICallError.isInstance(error)) {
    return new CallFailed('unavailable', 'The model could not be reached.', NOTHING)
  }
  const { statusCode = 0, responseHeaders } = error
  const retryAfterMs = retryAfterOf(responseHeaders?.['retry-after'], now)
  if (statusCode === 429)
    return new CallFailed(
      'rate-limited',
      'The model takes no more requests for now.',
      NOTHING,
      retryAfterMs,
    )
  if (statusCode >= 200 && statusCode < 300)
    return new CallFailed(
      'invalid-answer',
      'The model did not answer in its own protocol.',
      NOTHING,
    )
  const what = statusCode === 0 ? 'could not be reached' : `refused with status ${statusCode}`
  return new CallFailed('unavailable', `The model ${what}.`, NOTHING, retryAfterMs)
}

function causes(error: unknown): unknown[] {
  const chain: unknown[] = []
  for (let each = error; each instanceof Error && chain.length < 8; each = each.cause)
    chain.push(each)
  return chain
}

function usageOf(usage: {
  inputTokens?: number | undefined
  outputTokens?: number | undefined
}): Usage {
  return { inputTokens: usage.inputTokens ?? 0, outputTokens: usage.outputTokens ?? 0 }
}
