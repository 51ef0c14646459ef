import { boundedFetch } from './bounded-fetch.ts'
import { createLanguageModel, type LanguageModelDeps } from './language-model.ts'
import type { Model } from './model.ts'
import { callThroughSdk } from './sdk-call.ts'

export const ANSWER_BYTES_MAX = 1_000_000

export type ProviderConfig = {
  model: string
  baseUrl?: string | undefined
  apiKey?: string | undefined
}
export type ProviderDeps = LanguageModelDeps & { fetch?: typeof fetch }

/** Any server that speaks OpenAI's chat protocol: OpenAI, vLLM, Ollama, llama.cpp, a gateway. */
export function createOpenAiCompatible(config: ProviderConfig, deps: ProviderDeps = {}): Model {
  const fetchAnswer = boundedFetch(deps.fetch ?? fetch, ANSWER_BYTES_MAX)
  const load = async () => {
    const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible')
    const provider = createOpenAICompatible({
      name: 'openai-compatible',
      baseURL: config.baseUrl ?? 'https://api.openai.com/v1',
      ...(config.apiKey === undefined ? {} : { apiKey: config.apiKey }),
      supportsStructuredOutputs: true,
      fetch: fetchAnswer,
    })
    return provider(config.model)
  }
  return createLanguageModel(config.model, callThroughSdk(load, deps.now ?? Date.now), deps)
}
