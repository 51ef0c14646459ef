import { createAnthropicModel } from './anthropic.ts'
import { createLocal } from './local.ts'
import type { Model } from './model.ts'
import { createOpenAiCompatible, type ProviderDeps } from './openai-compatible.ts'

export type ModelConfig = {
  provider: 'local' | 'openai-compatible' | 'anthropic'
  model?: string | undefined
  baseUrl?: string | undefined
  apiKey?: string | undefined
}

/** The model an installation is set up with. Nothing is loaded or asked before its first use. */
export function createModel(config: ModelConfig, deps: ProviderDeps = {}): Model {
  const { provider, model, baseUrl, apiKey } = config
  if (provider === 'local') return createLocal()
  if (model === undefined || model === '')
    throw new Error(`The provider ${provider} needs the name of a model.`)
  if (provider === 'anthropic') return createAnthropicModel({ model, baseUrl, apiKey }, deps)
  return createOpenAiCompatible({ model, baseUrl, apiKey }, deps)
}
