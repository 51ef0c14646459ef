import type { Item } from '../../src/ai/model.ts'

/** What a search box would do: no knowledge of English beyond a list of small words. */

const SMALL = new Set(
  `a an and are as at be but by can did do does for from had has have he her his how i if in into is it its me my
   of on or our she so some that the their them there these they this those to was we were what when where which
   who why will with would you your about any email meeting call customer agent discuss following topic`.split(
    /\s+/,
  ),
)

const cache = new WeakMap<Item, { turns: string[][]; all: Set<string> }>()

export function contentWords(text: string): string[] {
  return (text.toLowerCase().match(/[a-z0-9]+/g) ?? [])
    .filter((word) => !SMALL.has(word))
    .map(stripped)
}

/** The share of the question's words that the item has. */
export function overlapScore(item: Item, question: string): number {
  const words = [...new Set(contentWords(question))]
  const { all } = readItem(item)
  return words.length === 0 ? 0 : words.filter((word) => all.has(word)).length / words.length
}

/** The share of the question's words that one turn has, for every turn. */
export function overlapByTurn(item: Item, question: string): number[] {
  const words = [...new Set(contentWords(question))]
  return readItem(item).turns.map(
    (turn) => words.filter((word) => turn.includes(word)).length / (words.length || 1),
  )
}

/** Okapi BM25 of every turn, with document frequencies of a corpus or of the item itself. */
export function bm25ByTurn(item: Item, question: string, idf?: Map<string, number>): number[] {
  const words = [...new Set(contentWords(question))]
  const { turns } = readItem(item)
  const average = turns.reduce((sum, turn) => sum + turn.length, 0) / turns.length || 1
  return turns.map((turn) => {
    let score = 0
    for (const word of words) {
      const count = turn.filter((each) => each === word).length
      if (count === 0) continue
      const holding = turns.filter((each) => each.includes(word)).length
      const weight =
        idf === undefined
          ? Math.log(1 + (turns.length - holding + 0.5) / (holding + 0.5))
          : (idf.get(word) ?? 8)
      score += (weight * count * 2.2) / (count + 1.2 * (0.25 + (0.75 * turn.length) / average))
    }
    return score
  })
}

/** BM25 of the whole item, as a share of what the question could reach. */
export function bm25Score(item: Item, question: string, idf: Map<string, number>): number {
  const words = [...new Set(contentWords(question))]
  const { turns } = readItem(item)
  const counts = new Map<string, number>()
  for (const word of turns.flat())
    if (words.includes(word)) counts.set(word, (counts.get(word) ?? 0) + 1)
  let score = 0
  let reach = 0
  for (const word of words) {
    const weight = idf.get(word) ?? 8
    const count = counts.get(word) ?? 0
    score += (weight * count * 2.2) / (count + 1.2)
    reach += weight * 2.2
  }
  return reach === 0 ? 0 : score / reach
}

export function inverseFrequencies(items: Item[]): Map<string, number> {
  const holding = new Map<string, number>()
  for (const item of items)
    for (const word of readItem(item).all) holding.set(word, (holding.get(word) ?? 0) + 1)
  return new Map(
    [...holding].map(([word, count]) => [
      word,
      Math.log(1 + (items.length - count + 0.5) / (count + 0.5)),
    ]),
  )
}

function readItem(item: Item): { turns: string[][]; all: Set<string> } {
  let read = cache.get(item)
  if (read === undefined) {
    const turns = item.turns.map((turn) => contentWords(turn.text))
    read = { turns, all: new Set([...turns.flat(), ...contentWords(item.title)]) }
    cache.set(item, read)
  }
  return read
}

function stripped(word: string): string {
  return word.length > 4 ? word.replace(/(?:ing|ed|es|s)$/, '') : word
}
