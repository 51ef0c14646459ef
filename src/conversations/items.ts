export const itemTypes = ['call', 'email'] as const
export type ItemType = (typeof itemTypes)[number]

export const directions = ['inbound', 'outbound', 'conference', 'unknown'] as const
export type Direction = (typeof directions)[number]

export const itemScopes = ['internal', 'external', 'unknown'] as const
export type ItemScope = (typeof itemScopes)[number]

/** The two sides of a conversation. */
export type Affiliation = 'company' | 'customer'

/** Somebody in a call or email. An address is lower case. */
export interface Party {
  id: string
  name: string | null
  email: string | null
  affiliation: Affiliation
  /** How somebody takes part in an email. */
  role?: 'from' | 'to' | 'cc'
}

/** One sentence or turn of a call. */
export interface Sentence {
  partyId: string
  startSeconds?: number | undefined
  endSeconds?: number | undefined
  text: string
}

/** What was said or written: a call's sentences or an email's text. */
export type Content = { transcript: Sentence[] } | { body: string }

/** A call or one email message, without its content. */
export interface Item {
  /** Its number in the company, in the order first put in; opaque, and never given to another item. */
  no: bigint
  type: ItemType
  id: string
  /** When the call began or the email was sent. */
  occurredAt: Date
  createdAt: Date
  updatedAt: Date
  /** When it could first be read (it has content and is not private); null until then. */
  arrivedAt: Date | null
  /** Its place in the order of arrivals. */
  arrivalNo: bigint | null
  /** Brought in as history: it started nothing. */
  history: boolean
  private: boolean
  /** A call's title, an email's subject. */
  title: string
  statedSeconds: number | null
  /** The larger of the stated duration and the end of the last sentence; 0 for an email. */
  durationSeconds: number
  direction: Direction
  scope: ItemScope
  companyWords: number
  customerWords: number
  hasContent: boolean
  parties: Party[]
  accountId: string | null
  accountGiven: boolean
  dealId: string | null
  dealGiven: boolean
  messageId: string | null
  threadId: string | null
  folders: string[]
  labels: string[]
  deletedAt: Date | null
  erasedAt: Date | null
}

/** A new item that can be read from now on: what trackers, streams and automations are told. */
export type Arrival = Pick<
  Item,
  | 'type'
  | 'id'
  | 'no'
  | 'title'
  | 'occurredAt'
  | 'durationSeconds'
  | 'direction'
  | 'scope'
  | 'companyWords'
  | 'customerWords'
  | 'accountId'
  | 'dealId'
> & { arrivedAt: Date; arrivalNo: bigint }

/** Names an item as the caller does. */
export interface ItemId {
  type: ItemType
  id: string
}

/** The addresses of an item's parties, each once. */
export function addressesOf(parties: readonly Party[]): string[] {
  return [...new Set(parties.flatMap(({ email }) => email ?? []))]
}
