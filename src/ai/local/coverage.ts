import type { Evidence, Verdict } from './judge.ts'
import type { Term } from './question.ts'
import type { Sentence } from './text.ts'
import { loadVectors } from './vectors.ts'

const WINDOW_WORDS = 400
const NEAR = 0.6
const TOGETHER = 0.2
/** A second thing that never comes up speaks louder than one other word for it. */
const MISSING = 0.35

/** How much another form of a word counts, and how much it takes for a yes. */
type Manner = { inflected: number; needed: number }
const loosely: Manner = { inflected: 1, needed: 0.53 }

/** The title of a topic is written in the words of the talk: in long talk, forms that differ are chance. */
export const literally: Manner = { inflected: 0.55, needed: 0.435 }

/** How much of what the terms say is said, anywhere and close together. */
export function coverageOf(
  terms: Term[],
  sentences: Sentence[],
  manner: Manner = loosely,
): Verdict {
  const total = terms.reduce((sum, term) => sum + term.weight, 0)
  if (total === 0 || sentences.length === 0) return { score: 0, evidence: [] }
  const kin = kinOf(terms, sentences, manner)
  const places = sentences.map((sentence) => strengths(sentence, kin, terms.length))
  const anywhere = terms.map((_, i) => saying(places, i))
  const together = densest(sentences, places, terms)
  const overall = terms.reduce((sum, term, i) => sum + term.weight * anywhere[i]!, 0) / total
  const unsaid = terms.map((term, i) =>
    anywhere[i]! >= 0.64 ? 0 : term.weight * (1 - anywhere[i]!),
  )
  const missing = (unsaid.sort((a, b) => b - a)[1] ?? 0) / total
  const said = (1 - TOGETHER) * overall + TOGETHER * (together / total) - MISSING * missing
  const score = said / manner.needed
  const evidence: Evidence[] = sentences
    .map((sentence, at) => ({
      sentence,
      points: terms.reduce((sum, term, i) => sum + term.weight * places[at]![i]!, 0) / total,
    }))
    .filter(({ points }) => points > 0.15)
  return { score, evidence }
}

/** Said once, or often: from four times on it counts in full. */
function saying(places: number[][], term: number): number {
  let strongest = 0
  let times = 0
  for (const row of places) {
    strongest = Math.max(strongest, row[term]!)
    if (row[term]! >= 0.5) times += 1
  }
  return strongest >= 0.5 ? strongest * (0.65 + 0.35 * Math.min(1, times / 4)) : strongest
}

/** For every word of the text, which terms it stands for and how well. */
function kinOf(
  terms: Term[],
  sentences: Sentence[],
  { inflected }: Manner,
): Map<string, [number, number][]> {
  const vectors = loadVectors()
  const kin = new Map<string, [number, number][]>()
  for (const sentence of sentences) {
    for (const [i, stem] of sentence.stems.entries()) {
      const word = sentence.words[i]!
      if (kin.has(word)) continue
      const pairs: [number, number][] = []
      for (const [t, term] of terms.entries()) {
        if (term.word === word) pairs.push([t, 1])
        else if (term.stem === stem) pairs.push([t, inflected])
        else if (sameRoot(term.word, word)) pairs.push([t, 0.35])
        else {
          const near = vectors.similarity(term.word, word)
          if (near > NEAR) pairs.push([t, near * 0.3])
        }
      }
      kin.set(word, pairs)
    }
  }
  return kin
}

/** "recordings" and "recorder", "transcribe" and "transcription". */
function sameRoot(a: string, b: string): boolean {
  if (a.length < 5 || b.length < 5) return false
  const shorter = Math.min(a.length, b.length)
  const shared = Math.max(5, Math.ceil(shorter * 0.75))
  return a.slice(0, shared) === b.slice(0, shared)
}

function strengths(
  sentence: Sentence,
  kin: Map<string, [number, number][]>,
  size: number,
): number[] {
  const row = new Array<number>(size).fill(0)
  for (const word of sentence.words) {
    for (const [term, strength] of kin.get(word) ?? []) row[term] = Math.max(row[term]!, strength)
  }
  return row
}

/** The best sum of weights within one stretch of talk. */
function densest(sentences: Sentence[], places: number[][], terms: Term[]): number {
  let best = 0
  let from = 0
  let words = 0
  for (let to = 0; to < sentences.length; to += 1) {
    words += sentences[to]!.words.length
    while (words > WINDOW_WORDS && from < to) {
      words -= sentences[from]!.words.length
      from += 1
    }
    if (!places[to]!.some((strength) => strength > 0)) continue
    let sum = 0
    for (const [t, term] of terms.entries()) {
      let strongest = 0
      for (let at = from; at <= to && strongest < 1; at += 1)
        strongest = Math.max(strongest, places[at]![t]!)
      sum += term.weight * strongest
    }
    best = Math.max(best, sum)
  }
  return best
}
