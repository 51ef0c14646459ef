import type { Sentence } from './text.ts'

const QUOTE_MAX = 300

/** The sentence, or as much of its beginning as reads well. Always an exact part of the turn. */
export function quoteOf(sentence: Sentence): string {
  if (sentence.text.length <= QUOTE_MAX) return sentence.text
  const cut = sentence.text.slice(0, QUOTE_MAX)
  const space = cut.search(/\s\S*$/)
  return (space > QUOTE_MAX / 2 ? cut.slice(0, space) : cut).trimEnd()
}
