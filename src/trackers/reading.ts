import type { Item as ModelItem, Reading } from '../ai/model.ts'
import type { Content, Item } from '../conversations/items.ts'
import { type Turn, turnsOf, wordsIn } from '../conversations/sides.ts'
import type { Definition } from './tracker.ts'

/** Where in an item something was found. */
export interface Evidence {
  /** The turn of the call; 0 for an email. */
  turn: number
  startSeconds?: number
  partyId: string
  quote: string
}

/** What of an item a tracker reads: the words of its side, in its part; undefined when there are none. */
export function readable(
  item: Item,
  content: Content,
  { side, part }: Pick<Definition, 'side' | 'part'>,
): ModelItem | undefined {
  const turns = turnsFor(item, content, side, part ?? undefined)
  if (!turns.some(({ text }) => wordsIn(text) > 0)) return undefined
  const parties = new Map(item.parties.map((party) => [party.id, party]))
  return {
    type: item.type,
    id: item.id,
    title: item.title,
    at: item.occurredAt.toISOString(),
    turns: turns.map(({ turn, partyId, text }) => {
      const party = parties.get(partyId)
      return { turn, speaker: party?.name ?? partyId, affiliation: party?.affiliation, text }
    }),
  }
}

/** The places of a reading's quotes in the item. */
export function evidenceOf(item: Item, content: Content, reading: Reading): Evidence[] {
  const turns = new Map(turnsFor(item, content, 'anyone').map((turn) => [turn.turn, turn]))
  return reading.occurrences.flatMap(({ turn, quote }) => {
    const found = turns.get(turn)
    if (!found) return []
    const { partyId, startSeconds } = found
    return [{ turn, ...(startSeconds === undefined ? {} : { startSeconds }), partyId, quote }]
  })
}

/** Finds whole words and phrases, whatever their case. */
export function matchKeywords(item: ModelItem, keywords: readonly string[]): Reading {
  const patterns = keywords.map(
    (keyword) => new RegExp(`(?<![\\p{L}\\p{N}])${escaped(keyword)}(?![\\p{L}\\p{N}])`, 'giu'),
  )
  const occurrences = item.turns.flatMap(({ turn, text }) =>
    patterns.flatMap((pattern) =>
      [...text.matchAll(pattern)].map((match) => ({
        turn,
        quote: around(text, match.index, match[0].length),
      })),
    ),
  )
  const answer = occurrences.length ? `Found ${occurrences.length} times.` : 'Not found.'
  return {
    found: occurrences.length > 0,
    answer,
    occurrences,
    usage: { inputTokens: 0, outputTokens: 0 },
  }
}

const QUOTE_AROUND = 60

/** The match with a few words on each side, cut at spaces. */
function around(text: string, start: number, length: number): string {
  const from = start <= QUOTE_AROUND ? 0 : text.indexOf(' ', start - QUOTE_AROUND) + 1
  const end = start + length + QUOTE_AROUND
  const to = end >= text.length ? text.length : text.lastIndexOf(' ', end)
  return text.slice(Math.min(from, start), Math.max(to, start + length))
}

function escaped(keyword: string): string {
  return keyword
    .trim()
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/\s+/g, '\\s+')
}

/** An email is one turn, said by its sender. */
function turnsFor(
  item: Item,
  content: Content,
  side: Definition['side'],
  part?: NonNullable<Definition['part']>,
): Turn[] {
  if ('transcript' in content) {
    return turnsOf({ ...item, transcript: content.transcript }, side, part)
  }
  const sender = item.parties.find((party) => party.role === 'from') ?? item.parties[0]
  if (side !== 'anyone' && sender?.affiliation !== side) return []
  return [{ turn: 0, partyId: sender?.id ?? '', text: content.body }]
}
