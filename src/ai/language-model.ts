import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { z } from 'zod'
import { checkComposition, checkReading, composeAnswer, readAnswer } from './answers.ts'
import {
  admit,
  afterFailure,
  afterNothing,
  afterSuccess,
  type BreakerRules,
  closedBreaker,
} from './breaker.ts'
import { type Model, ModelFailed, type ModelFailure, type Usage } from './model.ts'
import { choosePassages } from './passages.ts'
import { composePrompt, type Prompt, readPrompt, repaired } from './prompts.ts'
import { type RetryRules, waitBefore } from './retry.ts'
import { type Call, CallFailed } from './sdk-call.ts'

/** One call to a provider, as figures: no word of the prompt or the answer. */
export type Observation = {
  model: string
  task: 'read' | 'compose'
  outcome: 'answered' | ModelFailure
  attempt: number
  latencyMs: number
} & Usage

export type Limits = {
  /** What one attempt may take. */
  attemptMs: number
  /** How much of the items one prompt may hold. */
  promptCharactersMax: number
  retry: RetryRules
  breaker: BreakerRules
}

export const defaultLimits: Limits = {
  attemptMs: 60_000,
  promptCharactersMax: 240_000,
  retry: { attemptsMax: 3, backoffMs: 500, waitMaxMs: 10_000 },
  breaker: { failuresMax: 5, restMs: 30_000 },
}

export type LanguageModelDeps = {
  observe?: (observation: Observation) => void
  now?: () => number
  /** Unguessable; the marks around untrusted text. */
  newFence?: () => string
  limits?: Partial<Limits>
}

/** The two tasks on top of any provider: prompts, checks, one repair, retries, circuit breaker. */
export function createLanguageModel(name: string, call: Call, deps: LanguageModelDeps = {}): Model {
  const { observe = () => undefined, now = Date.now, newFence = randomFence } = deps
  const limits = { ...defaultLimits, ...deps.limits }
  let breaker = closedBreaker

  return {
    name,
    async read(request, signal) {
      const fence = newFence()
      const passages = choosePassages([request.item], request.question, limits.promptCharactersMax)
      if (passages.length === 0)
        return {
          found: false,
          answer: 'There was nothing to read.',
          occurrences: [],
          usage: { inputTokens: 0, outputTokens: 0 },
        }
      const prompt = readPrompt(request, passages, fence)
      const { value, usage } = await askTwice(
        'read',
        prompt,
        readAnswer,
        (said) => checkReading(said, passages, fence),
        signal,
      )
      return { ...value, usage }
    },
    async compose(request, signal) {
      const fence = newFence()
      const passages = choosePassages(request.items, request.question, limits.promptCharactersMax)
      if (passages.length === 0)
        return {
          paragraphs: [{ text: 'There was nothing to read.', citations: [] }],
          usage: { inputTokens: 0, outputTokens: 0 },
        }
      const prompt = composePrompt(request, passages, fence)
      const { value, usage } = await askTwice(
        'compose',
        prompt,
        composeAnswer,
        (said) => checkComposition(said, passages, fence),
        signal,
      )
      return { paragraphs: value, usage }
    },
  }

  /** An answer that cannot be used gets one more try; then there is none. */
  async function askTwice<Answer, Value>(
    task: Observation['task'],
    prompt: Prompt,
    schema: z.ZodType<Answer>,
    check: (answer: Answer) => Value | undefined,
    signal: AbortSignal,
  ): Promise<{ value: Value; usage: Usage }> {
    const usage = { inputTokens: 0, outputTokens: 0 }
    for (const each of [prompt, repaired(prompt)]) {
      try {
        const { answer, usage: used } = await askPatiently(task, each, schema, signal)
        add(usage, used)
        const value = check(answer)
        if (value !== undefined) return { value, usage }
      } catch (error) {
        if (!(error instanceof CallFailed)) throw error
        if (error.kind !== 'invalid-answer')
          throw new ModelFailed(error.kind, error.message, retryAfter(error))
        add(usage, error.usage)
      }
    }
    throw new ModelFailed(
      'invalid-answer',
      'The model answered twice, and neither answer could be used.',
    )
  }

  async function askPatiently<Answer>(
    task: Observation['task'],
    prompt: Prompt,
    schema: z.ZodType<Answer>,
    signal: AbortSignal,
  ): Promise<{ answer: Answer; usage: Usage }> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await askOnce(task, prompt, schema, attempt, signal)
      } catch (error) {
        if (!(error instanceof CallFailed) || signal.aborted) throw error
        const wait = waitBefore(limits.retry, attempt, error, Math.random())
        if (wait === undefined) throw error
        try {
          await pause(wait, undefined, { signal })
        } catch {
          throw new CallFailed('timeout', 'The time for this answer was up.', error.usage)
        }
      }
    }
  }

  async function askOnce<Answer>(
    task: Observation['task'],
    prompt: Prompt,
    schema: z.ZodType<Answer>,
    attempt: number,
    signal: AbortSignal,
  ): Promise<{ answer: Answer; usage: Usage }> {
    const nothing = { inputTokens: 0, outputTokens: 0 }
    if (signal.aborted) throw new CallFailed('timeout', 'The time for this answer was up.', nothing)
    const admission = admit(breaker, limits.breaker, now())
    if (!admission.allowed) {
      throw new ModelFailed(
        'unavailable',
        'The model has failed repeatedly and is left alone for a while.',
        {
          retryAfterMs: Math.max(1, breaker.openUntil - now()),
        },
      )
    }
    breaker = admission.next
    const started = now()
    const tell = (outcome: Observation['outcome'], usage: Usage): void =>
      observe({ model: name, task, outcome, attempt, latencyMs: now() - started, ...usage })
    try {
      const answered = await inTime(call, prompt, schema, signal, limits.attemptMs)
      breaker = afterSuccess()
      tell('answered', answered.usage)
      return answered
    } catch (error) {
      const failure =
        error instanceof CallFailed
          ? error
          : new CallFailed('unavailable', 'The model could not be asked.', nothing)
      breaker = judged(failure)
      tell(failure.kind, failure.usage)
      throw failure
    }

    function judged(failure: CallFailed): typeof breaker {
      if (signal.aborted) return afterNothing(breaker)
      // It answered, if badly, or is merely busy: that is no outage.
      if (failure.kind === 'invalid-answer') return afterSuccess()
      if (failure.kind === 'rate-limited') return afterNothing(breaker)
      return afterFailure(breaker, limits.breaker, now())
    }
  }
}

/** Gives up at the deadline even when the provider's client does not; a late answer meets nobody. */
async function inTime<Answer>(
  call: Call,
  prompt: Prompt,
  schema: z.ZodType<Answer>,
  signal: AbortSignal,
  attemptMs: number,
): Promise<{ answer: Answer; usage: Usage }> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(attemptMs)])
  const { promise: late, reject } = Promise.withResolvers<never>()
  const giveUp = (): void =>
    reject(
      new CallFailed('timeout', 'The model did not answer in time.', {
        inputTokens: 0,
        outputTokens: 0,
      }),
    )
  deadline.addEventListener('abort', giveUp, { once: true })
  const answered = call(prompt, schema, deadline)
  answered.catch(() => undefined)
  try {
    return await Promise.race([answered, late])
  } finally {
    deadline.removeEventListener('abort', giveUp)
  }
}

function retryAfter(error: CallFailed): { retryAfterMs?: number } {
  return error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }
}

function add(total: Usage, more: Usage): void {
  total.inputTokens += more.inputTokens
  total.outputTokens += more.outputTokens
}

function randomFence(): string {
  return randomBytes(16).toString('hex')
}
