import type { Item } from '../model.ts'
import { coverageOf, literally } from './coverage.ts'
import { judgeDealing } from './judge-dealing.ts'
import type { Concept } from './lexicon.ts'
import { type Ask, matches, parseQuestion, type Term } from './question.ts'
import { type Sentence, sentencesOf } from './text.ts'

/** At 1 and above the answer is yes. */
export type Verdict = { score: number; evidence: Evidence[] }
export type Evidence = { sentence: Sentence; points: number }

const DENIAL =
  /\b(?:not|no|never|none|nothing|without|hardly|isn't|aren't|don't|doesn't|didn't|won't|wouldn't|can't|cannot|haven't|hasn't)\b(?:\s+(?!(?:but|so|then|we|i|they|he|she|you|it|if|because|and)\b)\w+){0,3}\s*$/

/** Weighs what an item says against what was asked. */
export function judge(item: Item, question: string, instructions?: string): Verdict {
  const ask = parseQuestion(question, instructions)
  const all = sentencesOf(item)
  const heard = heardBy(ask, all)
  switch (ask.shape) {
    case 'topic':
      return coverageOf(ask.terms, heard, literally)
    case 'asked-for':
      return judgeRequest(ask, heard)
    case 'want':
    case 'outcome':
    case 'good-conduct':
      return judgeDealing(ask, all)
    case 'mention':
      return ask.concepts.length === 0
        ? coverageOf(ask.terms, heard)
        : judgeConcepts(ask, ask.concepts, heard)
  }
}

/** Only the asked-about side counts, as far as it is known who is on which. */
function heardBy(ask: Ask, sentences: Sentence[]): Sentence[] {
  if (ask.who === 'anyone') return sentences
  const known = sentences.some((each) => each.affiliation !== undefined)
  return known ? sentences.filter((each) => each.affiliation === ask.who) : sentences
}

function judgeConcepts(ask: Ask, concepts: Concept[], heard: Sentence[]): Verdict {
  const verdicts = concepts.map((each) => judgeConcept(each, heard))
  const verdict = verdicts.sort((a, b) => b.score - a.score)[0]!
  // "Budget approval by the board": the concept alone is half the question.
  const restWeight = weightOf(ask.rest)
  if (verdict.score < 1 || restWeight < weightOf(ask.terms) * 0.5) return verdict
  const around = coverageOf(ask.rest, heard)
  return { score: Math.min(verdict.score, 0.4 + around.score), evidence: verdict.evidence }
}

function judgeConcept(concept: Concept, heard: Sentence[]): Verdict {
  const strong = new Map<string, number>()
  const weak = new Map<string, number>()
  let against = 0
  const evidence: Evidence[] = []
  for (const sentence of heard) {
    const found = hits(concept.strong, sentence.plain, concept.deniable === true)
    const hinted = concept.weak === undefined ? [] : hits(concept.weak, sentence.plain, false)
    against +=
      concept.against === undefined ? 0 : hits(concept.against, sentence.plain, false).length
    for (const hit of found) strong.set(hit, (strong.get(hit) ?? 0) + 1)
    for (const hit of hinted) weak.set(hit, (weak.get(hit) ?? 0) + 1)
    if (found.length > 0) evidence.push({ sentence, points: found.length + hinted.length * 0.3 })
  }
  const points = saturated(strong) + 0.3 * saturated(weak) - 0.25 * Math.sqrt(against)
  const needed = (concept.needed ?? 0.9) + ((concept.neededPerHundred ?? 0) * heard.length) / 100
  return { score: points / needed, evidence }
}

/** The same words said again add less and less. */
function saturated(counts: Map<string, number>): number {
  let sum = 0
  for (const count of counts.values()) sum += 1 + 0.5 * Math.log(count)
  return sum
}

function hits(pattern: RegExp, plain: string, deniable: boolean): string[] {
  const found: string[] = []
  for (const match of plain.matchAll(pattern)) {
    if (deniable && DENIAL.test(plain.slice(Math.max(0, match.index - 40), match.index))) continue
    found.push(match[0])
  }
  return found
}

function judgeRequest(ask: Ask & { shape: 'asked-for' }, heard: Sentence[]): Verdict {
  const evidence: Evidence[] = []
  for (const sentence of heard) {
    const pleads =
      sentence.asks ||
      /\b(?:please|provide|may i|could i|can i|need (?:your|the|to know)|tell me|give me|let me know|what(?:'s| is))\b/.test(
        sentence.plain,
      ) ||
      sentence.words.length <= 8
    if (!pleads) continue
    const named =
      ask.wanted === undefined
        ? weightOf(ask.terms.filter((term) => sentence.stems.includes(term.stem))) /
          (weightOf(ask.terms) || 1)
        : matches(ask.wanted.strong, sentence.plain)
          ? 1
          : 0
    if (named >= 0.5) evidence.push({ sentence, points: named * 1.2 })
  }
  return { score: Math.max(0, ...evidence.map((each) => each.points)), evidence }
}

export function weightOf(terms: Term[]): number {
  return terms.reduce((sum, term) => sum + term.weight, 0)
}
