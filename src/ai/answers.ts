import { z } from 'zod'
import type { Citation, Occurrence, Paragraph } from './model.ts'
import type { Passage } from './passages.ts'
import { findQuote } from './quotes.ts'
import { clean } from './untrusted.ts'

/** What a language model may say. Whatever else it says is left out. */
export const readAnswer = z.object({
  found: z.boolean(),
  answer: z.string(),
  occurrences: z.array(z.object({ turn: z.number().int(), quote: z.string() })),
})
export const composeAnswer = z.object({
  paragraphs: z.array(
    z.object({
      text: z.string(),
      citations: z.array(z.object({ passage: z.string(), quote: z.string() })),
    }),
  ),
})

const ANSWER_MAX = 2_000
const OCCURRENCES_MAX = 10
const PARAGRAPHS_MAX = 20
const CITATIONS_MAX = 20
const QUOTE_MAX = 600

/** An answer that stands on the text, or undefined when all it stands on was made up. */
export function checkReading(
  said: z.infer<typeof readAnswer>,
  passages: Passage[],
  fence: string,
): { found: boolean; answer: string; occurrences: Occurrence[] } | undefined {
  const answer = visible(said.answer, fence, ANSWER_MAX)
  if (answer === '') return undefined
  if (!said.found) return { found: false, answer, occurrences: [] }
  const occurrences = said.occurrences
    .slice(0, OCCURRENCES_MAX)
    .flatMap(({ turn, quote }): Occurrence[] => {
      const exact = firstQuote(
        passages.filter((each) => each.turn.turn === turn),
        quote,
      )
      return exact === undefined ? [] : [{ turn, quote: exact }]
    })
  return occurrences.length === 0
    ? undefined
    : { found: true, answer, occurrences: unique(occurrences) }
}

/** Paragraphs whose citations are real. A text that cited only inventions is refused as a whole. */
export function checkComposition(
  said: z.infer<typeof composeAnswer>,
  passages: Passage[],
  fence: string,
): Paragraph[] | undefined {
  const byId = new Map(passages.map((each) => [each.id, each]))
  const paragraphs = said.paragraphs
    .slice(0, PARAGRAPHS_MAX)
    .map(({ text, citations }) => ({
      text: visible(text, fence, ANSWER_MAX),
      citations: unique(
        citations.slice(0, CITATIONS_MAX).flatMap(({ passage, quote }): Citation[] => {
          const source = byId.get(passage)
          const exact = source === undefined ? undefined : firstQuote([source], quote)
          if (source === undefined || exact === undefined) return []
          return [
            {
              itemType: source.item.type,
              itemId: source.item.id,
              turn: source.turn.turn,
              quote: exact,
            },
          ]
        }),
      ),
    }))
    .filter(({ text }) => text !== '')
  if (paragraphs.length === 0) return undefined
  const cited = said.paragraphs.some(({ citations }) => citations.length > 0)
  const stands = paragraphs.some(({ citations }) => citations.length > 0)
  return cited && !stands ? undefined : paragraphs
}

function firstQuote(passages: Passage[], quote: string): string | undefined {
  if (quote.length > QUOTE_MAX) return undefined
  for (const { text } of passages) {
    const exact = findQuote(text, quote)
    if (exact !== undefined) return exact
  }
  return undefined
}

/** The fence never leaves with an answer, nor does what cannot be seen. */
function visible(text: string, fence: string, lengthMax: number): string {
  return clean(text, fence).trim().slice(0, lengthMax)
}

function unique<Value>(values: Value[]): Value[] {
  const seen = new Set<string>()
  return values.filter(
    (value) => !seen.has(JSON.stringify(value)) && seen.add(JSON.stringify(value)),
  )
}
