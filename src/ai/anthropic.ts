import { boundedFetch } from './bounded-fetch.ts'
import { createLanguageModel } from './language-model.ts'
import type { Model } from './model.ts'
import { ANSWER_BYTES_MAX, type ProviderConfig, type ProviderDeps } from './openai-compatible.ts'
import { callThroughSdk } from './sdk-call.ts'

/** Claude, or a server that speaks Anthropic's messages protocol. */
export function createAnthropicModel(config: ProviderConfig, deps: ProviderDeps = {}): Model {
  const fetchAnswer = boundedFetch(deps.fetch ?? fetch, ANSWER_BYTES_MAX)
  const load = async () => {
    const { createAnthropic } = await import('@ai-sdk/anthropic')
    const provider = createAnthropic({
      ...(config.baseUrl === undefined ? {} : { baseURL: config.baseUrl }),
      ...(config.apiKey === undefined ? {} : { apiKey: config.apiKey }),
      fetch: fetchAnswer,
    })
    return provider(config.model)
  }
  return createLanguageModel(config.model, callThroughSdk(load, deps.now ?? Date.now), deps)
}
