import { type Deed, done, offered, spurned, type Thing, undone, welcomed } from './dealings.ts'
import type { Evidence, Verdict } from './judge.ts'
import { type Ask, matches } from './question.ts'
import type { Sentence } from './text.ts'

type Dealing = Extract<Ask, { shape: 'want' | 'outcome' | 'good-conduct' }>

export function judgeDealing(ask: Dealing, sentences: Sentence[]): Verdict {
  if (ask.shape === 'want') return judgeWant(ask.thing, ask.deed, sentences)
  if (ask.shape === 'outcome') return judgeOutcome(ask.deed, ask.thing, sentences)
  return judgeConduct(sentences)
}

/** The thing must come up, and the deed must be what is asked of it more than any other deed. */
function judgeWant(thing: Thing, deed: Deed | undefined, sentences: Sentence[]): Verdict {
  const evidence: Evidence[] = []
  let about = 0
  for (const sentence of sentences) {
    const count = countOf(thing.said, sentence.plain)
    if (count === 0) continue
    const byCustomer = sentence.affiliation !== 'company'
    about += Math.min(2, count) * (byCustomer ? 1 : 0.6)
    if (byCustomer) evidence.push({ sentence, points: count })
  }
  const present = Math.min(1, about / 2.5)
  if (deed === undefined) return { score: present * 1.6, evidence }
  const asked = deedPoints(deed, sentences)
  return { score: present * Math.min(1.5, asked) * 1.65, evidence }
}

function deedPoints(deed: Deed, sentences: Sentence[]): number {
  let points = 0
  for (const sentence of sentences) {
    if (sentence.affiliation !== 'company' && matches(deed.customer, sentence.plain)) points += 0.6
    if (sentence.affiliation !== 'customer' && matches(deed.company, sentence.plain)) points += 0.5
  }
  return points
}

function judgeOutcome(
  deed: Deed | undefined,
  _thing: Thing | undefined,
  sentences: Sentence[],
): Verdict {
  let score = 0.6
  const evidence: Evidence[] = []
  const finding = deed?.name === 'search' || deed?.name === 'get' || deed?.name === 'check'
  for (const sentence of sentences) {
    const { plain } = sentence
    if (sentence.affiliation !== 'customer') {
      if (matches(undone, plain)) score -= 0.35
      if (!sentence.asks && matches(done, plain)) {
        score = Math.max(score, 0.4) + 0.7
        evidence.push({ sentence, points: 1 })
      }
      if (finding && matches(offered, plain)) {
        score += 0.35
        evidence.push({ sentence, points: 0.6 })
      }
    }
    if (sentence.affiliation !== 'company') {
      if (matches(spurned, plain)) score -= 0.4
      else if (finding && matches(welcomed, plain)) score += 0.15
    }
  }
  return { score, evidence }
}

function judgeConduct(sentences: Sentence[]): Verdict {
  let score = 1.6
  const said = new Map<string, number>()
  for (const sentence of sentences) {
    if (sentence.affiliation === 'customer') continue
    const count = (said.get(sentence.plain) ?? 0) + 1
    said.set(sentence.plain, count)
    if (count > 1 && sentence.words.length > 3) score -= 0.25
    if (matches(undone, sentence.plain)) score -= 0.25
  }
  for (const sentence of sentences) {
    if (sentence.affiliation === 'customer' && matches(spurned, sentence.plain)) score -= 0.3
  }
  return { score, evidence: [] }
}

export function countOf(pattern: RegExp, text: string): number {
  return [...text.matchAll(pattern)].length
}
