import type { Item, Turn } from '../model.ts'
import { type Concept, concept } from './lexicon.ts'
import { conceptsIn, type Term, termsOf } from './question.ts'
import { plainOf, type Sentence, sentencesOf, stemOf, wordsOf } from './text.ts'
import { loadVectors } from './vectors.ts'

/** A stretch of one item: a turn of a call, a few sentences of an email. */
export type Passage = { item: Item; turn: Turn; sentences: Sentence[]; score: number }

const K1 = 1.2
const B = 0.6
const NEAR = 0.55
const PASSAGE_WORDS = 60

/** What open questions ask for that no word of theirs says. */
const openings: { asked: RegExp; said: Concept; early: boolean }[] = [
  {
    asked:
      /\b(?:main|chief|presenting) (?:problem|complaint|issue)|calling about|reason for (?:the |their )?call|what brings/,
    said: concept(
      'complaint',
      '',
      `i(?:'ve| have) (?:been|got|had|a|this|some)|having|hurts?|pain\\w*|ach(?:e|es|ing)|calling (?:about|because)|problem*|trouble|feel(?:ing)?|symptom*|cough*|sick|struggl*|can't|worr(?:y|ied)|diarrh\\w+|itch\\w+|rash|since|started`,
    ),
    early: true,
  },
  {
    asked:
      /\b(?:which|what) company|who (?:is|are) (?:holding|hosting|organi[sz]ing)|company is holding/,
    said: concept(
      'host',
      '',
      `welcome to|earnings (?:conference )?call|conference call|results (?:conference )?call|on behalf of|thank you for (?:joining|standing by)|earnings release|\\w+ (?:inc|corporation|corp|company|group|holdings|limited|ltd|plc|ag|sa|international|technologies|industries|pharmaceuticals|therapeutics|partners|bank|energy|media)`,
    ),
    early: true,
  },
]

/** The passages that bear on a question, best first, spread over the conversation. */
export function rankPassages(items: Item[], question: string): Passage[] {
  const plain = plainOf(question)
  const terms = termsOf(question)
  const passages = items.flatMap(passagesOf)
  if (passages.length === 0) return []
  const spoken = [...new Set(items.flatMap((item) => item.turns.map((turn) => turn.speaker)))]
  const named = new Set(spoken.filter((speaker) => isNamed(speaker, plain)))
  const namedStems = new Set([...named].flatMap((name) => wordsOf(name).map(stemOf)))
  const sought = terms.filter((term) => !namedStems.has(term.stem))
  const own = lexical(sought.length > 0 ? sought : terms, passages)
  const concepts = conceptsIn(plain).map((each) => each.strong)
  const opening = openingOf(question)
  for (const [at, passage] of passages.entries()) {
    let score =
      own[at]! +
      0.55 * neighbour(own, passages, at, 1) +
      0.35 * neighbour(own, passages, at, 2) +
      0.2 * neighbour(own, passages, at, 3)
    const said = passage.sentences.map((each) => each.plain).join(' ')
    for (const pattern of concepts) score += 0.4 * Math.min(3, said.match(pattern)?.length ?? 0)
    if (named.has(passage.turn.speaker)) score *= 1.35
    if (opening !== undefined) {
      const place = at / passages.length
      score =
        (score * 0.1 + Math.min(2, said.match(opening.said.strong)?.length ?? 0)) *
        (opening.early ? Math.exp(-8 * place) : 1)
    }
    passage.score =
      score *
      Math.min(1, 0.4 + passage.sentences.reduce((sum, each) => sum + each.words.length, 0) / 20)
  }
  return passages.filter(({ score }) => score > 0).sort((a, b) => b.score - a.score)
}

/** The first of them that do not crowd each other. */
export function spread(ranked: Passage[], count: number, question: string): Passage[] {
  // What a conversation opens with stands close together.
  const apart = openingOf(question) === undefined ? 6 : 1
  const isOne = ranked.every((each) => each.item === ranked[0]!.item)
  const chosen: Passage[] = []
  for (const passage of ranked) {
    if (chosen.length === count) break
    const siblings = chosen.filter((each) => each.item === passage.item)
    const crowded = siblings.some(
      (each) =>
        passage.item.turns.length > 12 && Math.abs(each.turn.turn - passage.turn.turn) < apart,
    )
    // A mail forwarded is the same words again.
    const repeated = chosen.some((each) => each.sentences[0]!.text === passage.sentences[0]!.text)
    if (!crowded && !repeated && (isOne || siblings.length < 2)) chosen.push(passage)
  }
  return chosen
}

function openingOf(question: string): (typeof openings)[number] | undefined {
  return openings.find((each) => each.asked.test(plainOf(question)))
}

/** Which sentences of a passage to quote. */
export function relevanceTo(question: string): (sentence: Sentence) => number {
  const plain = plainOf(question)
  const terms = termsOf(question)
  const patterns = conceptsIn(plain).map((each) => each.strong)
  const opening = openingOf(question)
  if (opening !== undefined) patterns.push(opening.said.strong)
  return (sentence) => {
    let relevance = Math.min(20, sentence.words.length) / 20
    for (const term of terms)
      if (sentence.stems.includes(term.stem)) relevance += 0.3 + term.weight / 4
    for (const pattern of patterns)
      relevance += Math.min(3, sentence.plain.match(pattern)?.length ?? 0)
    return relevance
  }
}

function passagesOf(item: Item): Passage[] {
  const passages: Passage[] = []
  for (const sentence of sentencesOf(item)) {
    const last = passages.at(-1)
    const words = last?.sentences.reduce((sum, each) => sum + each.words.length, 0) ?? 0
    const turn = item.turns[sentence.place]!
    const limit = item.type === 'call' ? 4 * PASSAGE_WORDS : PASSAGE_WORDS
    if (last !== undefined && last.turn === turn && words < limit) last.sentences.push(sentence)
    else passages.push({ item, turn, sentences: [sentence], score: 0 })
  }
  return passages
}

function lexical(terms: Term[], passages: Passage[]): number[] {
  const vectors = loadVectors()
  const kin = new Map<string, [number, number][]>()
  const lengths = passages.map((each) =>
    each.sentences.reduce((sum, one) => sum + one.words.length, 0),
  )
  const average = lengths.reduce((sum, each) => sum + each, 0) / lengths.length || 1
  const counts = passages.map((passage) => {
    const row = new Array<number>(terms.length).fill(0)
    for (const sentence of passage.sentences) {
      for (const [i, stem] of sentence.stems.entries()) {
        let pairs = kin.get(stem)
        if (pairs === undefined) {
          pairs = []
          for (const [t, term] of terms.entries()) {
            const near = term.stem === stem ? 1 : vectors.similarity(term.word, sentence.words[i]!)
            if (near === 1) pairs.push([t, 1])
            else if (near > NEAR) pairs.push([t, near * 0.4])
          }
          kin.set(stem, pairs)
        }
        for (const [t, strength] of pairs) row[t]! += strength
      }
    }
    return row
  })
  const idf = terms.map((_, t) => {
    const holding = counts.filter((row) => row[t]! >= 0.9).length
    return Math.log(1 + (passages.length - holding + 0.5) / (holding + 0.5))
  })
  return counts.map((row, at) => {
    const norm = K1 * (1 - B + (B * lengths[at]!) / average)
    return row.reduce((sum, count, t) => sum + (idf[t]! * count * (K1 + 1)) / (count + norm), 0)
  })
}

function neighbour(scores: number[], passages: Passage[], at: number, distance: number): number {
  const item = passages[at]!.item
  const before = passages[at - distance]?.item === item ? scores[at - distance]! : 0
  const after = passages[at + distance]?.item === item ? scores[at + distance]! : 0
  return (before + after) / 2
}

function isNamed(speaker: string, plain: string): boolean {
  const name = plainOf(speaker).replace(/\s*\(.*\)$/, '')
  return name.length > 2 && plain.includes(name)
}
