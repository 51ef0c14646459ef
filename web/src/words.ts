import type { Tracker } from './api/types.ts'

// The product's words for what the API names in its own.

const features: Record<string, string> = {
  ai_tracker: 'Trackers',
  ask_anything: 'Ask anything by API',
  ai_briefer: 'Briefs by API',
  mcp: 'MCP',
  automated_brief: 'Automated briefs',
}

export function featureName(feature: string | null): string {
  if (feature === null) return 'Not named'
  return features[feature] ?? plainName(feature)
}

/** What an outside product calls its own: `doc_summaries` reads `Doc summaries`. */
function plainName(name: string): string {
  const words = name.replaceAll(/[_-]+/g, ' ').trim()
  return words === '' ? name : words[0]!.toUpperCase() + words.slice(1)
}

const series: Record<string, string> = {
  ai_tracker: 'var(--series-1)',
  ask_anything: 'var(--series-2)',
  ai_briefer: 'var(--series-2)',
  mcp: 'var(--series-3)',
  automated_brief: 'var(--series-4)',
}

/** A series keeps its colour on every page; what is not one of the five takes a free one. */
export function seriesColour(key: string | null, place: number): string {
  return (key && series[key]) || `var(--series-${(place % 4) + 1})`
}

export const triggers: Record<string, string> = {
  continuous: 'New item',
  backfill: 'History',
  api: 'Request by API',
  mcp: 'MCP tool',
  automation: 'Automation',
}

export const sources: Record<string, string> = {
  default: 'Default',
  adjustment: 'Adjustment',
  purchased: 'Purchased',
}

export const seats: Record<string, string> = {
  foundation: 'Foundation',
  enable: 'Enable',
  enable_essentials: 'Enable Essentials',
  forecast: 'Forecast',
  forecast_essentials: 'Forecast Essentials',
  engage: 'Engage',
}

export const entryTypes: Record<string, string> = {
  grant: 'Grant',
  hold: 'Hold',
  release: 'Release',
  consume: 'Charge',
  refund: 'Refund',
  expire: 'Expiry',
  void: 'Void',
}

export const itemNames: Record<string, [one: string, many: string]> = {
  call_long: ['call over 10 min', 'calls over 10 min'],
  call_short: ['call up to 10 min', 'calls up to 10 min'],
  call: ['call', 'calls'],
  email: ['email', 'emails'],
  'call or email': ['call or email', 'calls and emails'],
  web_search: ['web search', 'web searches'],
}

/** `1 call`, `8,410 emails`. */
export function counted(count: number, type: string): string {
  const [one, many] = itemNames[type] ?? [type, type]
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`
}

export const sides: Record<string, string> = {
  anyone: 'anyone',
  company: 'our side',
  customer: 'the customer',
}

export function partText(part: Tracker['part']): string {
  if (!part) return 'the whole conversation'
  const which = part.from === 'start' ? 'first' : 'last'
  return `the ${which} ${part.amount} ${part.unit === 'percent' ? 'percent' : 'minutes'}`
}
