/** What features may ask a model, whatever answers: local rules, a language model, or a script. */
export type Model = {
  /** Shown to people beside each result. */
  readonly name: string
  /** Answers a yes/no question about one item. */
  read(request: ReadRequest, signal: AbortSignal): Promise<Reading>
  /** Answers an open question over many items, and says where the answer stands. */
  compose(request: ComposeRequest, signal: AbortSignal): Promise<Composition>
}

export type ItemType = 'call' | 'email'
export type Affiliation = 'company' | 'customer'
export type Side = 'company' | 'customer' | 'anyone'

/** A call or an email. The caller has left out what may not be read; turns keep their numbers. */
export type Item = {
  type: ItemType
  id: string
  title: string
  /** ISO 8601. */
  at: string
  turns: Turn[]
}

/** An email has one turn per message. */
export type Turn = {
  turn: number
  speaker: string
  affiliation: Affiliation | undefined
  text: string
}

export type ReadRequest = { item: Item; question: string; instructions?: string; side: Side }

export type ComposeRequest = {
  question: string
  instructions?: string
  items: Item[]
  /** What the caller knows and the items do not say: whose account it is, the period. Untrusted. */
  context?: string
}

/** A quote is an exact substring of the turn's text. */
export type Occurrence = { turn: number; quote: string }

export type Usage = { inputTokens: number; outputTokens: number }

export type Reading = { found: boolean; answer: string; occurrences: Occurrence[]; usage: Usage }

export type Citation = { itemType: ItemType; itemId: string; turn: number; quote: string }

export type Paragraph = { text: string; citations: Citation[] }

export type Composition = { paragraphs: Paragraph[]; usage: Usage }

export type ModelFailure = 'timeout' | 'unavailable' | 'rate-limited' | 'invalid-answer'

/** The only error a model throws. Its message holds nothing of the prompt or the answer. */
export class ModelFailed extends Error {
  readonly kind: ModelFailure
  /** How long the provider asked us to wait, where it said so. */
  readonly retryAfterMs: number | undefined

  constructor(kind: ModelFailure, message: string, options: { retryAfterMs?: number } = {}) {
    super(message)
    this.name = 'ModelFailed'
    this.kind = kind
    this.retryAfterMs = options.retryAfterMs
  }
}
