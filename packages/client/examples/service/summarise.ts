/** So many characters are a page; the rate card has a price for each. */
const PAGE = 1_800

/** The text has no sentence that could be kept. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'
}

export function pagesOf(text: string): number {
  return Math.max(1, Math.ceil(text.length / PAGE))
}

/**
 * The two sentences that have most of the words the whole text keeps using, in their order. It stands where
 * a language model would: the same text always gives the same summary, offline.
 */
export function summarise(text: string): string {
  const sentences = text.match(/[^.!?]+[.!?]/g)?.map((sentence) => sentence.trim()) ?? []
  if (sentences.length === 0) throw new Unreadable('There is no whole sentence in this text.')
  const counts = new Map<string, number>()
  for (const word of wordsOf(text)) counts.set(word, (counts.get(word) ?? 0) + 1)
  const weightOf = (sentence: string) => {
    const words = new Set(wordsOf(sentence))
    return [...words].reduce((sum, word) => sum + counts.get(word)! - 1, 0)
  }
  const kept = sentences
    .map((sentence, place) => ({ sentence, place, weight: weightOf(sentence) }))
    .sort((a, b) => b.weight - a.weight || a.place - b.place)
    .slice(0, 2)
    .sort((a, b) => a.place - b.place)
  return kept.map(({ sentence }) => sentence).join(' ')
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/\p{L}{4,}/gu) ?? []
}
