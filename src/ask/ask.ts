import type { Citation } from '../ai/model.ts'
import type { Item, ItemType } from '../conversations/items.ts'
import type { EntityType } from '../conversations/selection.ts'
import type { AskedPeriod } from './period.ts'

/** The most calls and emails that one question reads, newest first. */
export const CALLS_MAX = 60
export const EMAILS_MAX = 500

/** What a question is about: an entity in a period, named calls and emails, or a stream. */
export interface Subject extends AskedPeriod {
  entity?: { type: EntityType; id: string } | undefined
  callIds?: string[] | undefined
  emailIds?: string[] | undefined
  streamId?: string | undefined
}

/** Why a subject names too little or too much, or undefined. */
export function subjectFault({ entity, callIds, emailIds, streamId }: Subject): string | undefined {
  const named = callIds !== undefined || emailIds !== undefined
  const given = [entity !== undefined, named, streamId !== undefined].filter(Boolean).length
  return given === 1 ? undefined : 'name either entity, or callIds and emailIds, or streamId'
}

/** What was chosen to be read. */
export interface Chosen {
  calls: Item[]
  emails: Item[]
  /** Whether there were more. */
  truncated: boolean
}

export function itemsIn({ calls, emails }: Chosen): Item[] {
  return [...calls, ...emails]
}

/** Takes the newest calls and emails up to the limits, from one more of each than they allow. */
export function newest(calls: Item[], emails: Item[]): Chosen {
  return {
    calls: calls.slice(0, CALLS_MAX),
    emails: emails.slice(0, EMAILS_MAX),
    truncated: calls.length > CALLS_MAX || emails.length > EMAILS_MAX,
  }
}

/** A call or email that an answer stands on, with its own words. */
export interface Finding {
  id: string
  title: string
  at: string
  url: string
  quotes: string[]
}

export interface Findings {
  callFindings: Finding[]
  emailFindings: Finding[]
}

/** What was cited, by item in the order of the items; of each the quotes, each once. */
export function findingsOf(
  citations: readonly Pick<Citation, 'itemType' | 'itemId' | 'quote'>[],
  items: readonly Item[],
  urlOf: (type: ItemType, id: string) => string,
): Findings {
  const quotes = new Map<string, Set<string>>()
  for (const { itemType, itemId, quote } of citations) {
    const name = `${itemType} ${itemId}`
    quotes.set(name, (quotes.get(name) ?? new Set()).add(quote))
  }
  const of = (type: ItemType) =>
    items.flatMap((item): Finding[] => {
      const found = item.type === type && quotes.get(`${type} ${item.id}`)
      if (!found) return []
      const { id, title, occurredAt } = item
      return [{ id, title, at: occurredAt.toISOString(), url: urlOf(type, id), quotes: [...found] }]
    })
  return { callFindings: of('call'), emailFindings: of('email') }
}
