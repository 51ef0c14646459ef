import { isInvisible } from './untrusted.ts'

/**
 * Finds what a model says it quotes, and gives back the source's own words.
 * White space and invisible characters may differ; nothing else may.
 */
export function findQuote(source: string, quote: string): string | undefined {
  const wanted = settle(quote).text.trim()
  if (wanted === '') return undefined
  if (source.includes(quote.trim())) return quote.trim()
  const { text, places } = settle(source)
  const at = text.indexOf(wanted)
  if (at < 0) return undefined
  const last = at + wanted.length - 1
  return source.slice(places[at], places[last]! + 1)
}

/** One space for any run of white space, nothing for what cannot be seen; and where each came from. */
function settle(source: string): { text: string; places: number[] } {
  let text = ''
  const places: number[] = []
  let at = 0
  for (const character of source) {
    const isSpace = /\s/.test(character)
    if (isSpace || !isInvisible(character)) {
      if (!(isSpace && text.endsWith(' '))) {
        text += isSpace ? ' ' : character
        for (let i = 0; i < (isSpace ? 1 : character.length); i += 1) places.push(at + i)
      }
    }
    at += character.length
  }
  return { text, places }
}
