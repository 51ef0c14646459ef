import type { Affiliation } from '../model.ts'
import { generalConcepts } from './concepts-general.ts'
import { salesConcepts } from './concepts-sales.ts'
import { type Deed, deeds, type Thing, things } from './dealings.ts'
import type { Concept } from './lexicon.ts'
import { manners } from './manners.ts'
import { requested } from './requested.ts'
import { plainOf, stemOf, wordsOf } from './text.ts'
import { loadVectors } from './vectors.ts'

export type Term = { word: string; stem: string; weight: number }

/** What a question comes down to, once the wrapping is off. */
export type Ask = {
  /** Whose words count. */
  who: Affiliation | 'anyone'
  /** What remains of the question: the words that carry its meaning. */
  terms: Term[]
  /** The terms that no concept speaks for. */
  rest: Term[]
  concepts: Concept[]
} & (
  | { shape: 'mention' }
  | { shape: 'topic' }
  /** Somebody asks somebody for something. */
  | { shape: 'asked-for'; wanted: Concept | undefined }
  /** Somebody wants a thing done. */
  | { shape: 'want'; deed: Deed | undefined; thing: Thing }
  /** A thing was done, or not. */
  | { shape: 'outcome'; thing: Thing | undefined; deed: Deed | undefined }
  /** Somebody behaved well throughout. */
  | { shape: 'good-conduct' }
)

/** Whether a speaker is named in the question, and so whose words count most. */
const COMPANY = spokenBy(
  'agent|rep|representative|sales ?(?:person|man|woman|rep|team)|seller|account executive|account manager|csm|support agent|advisor|our team|our side|employee',
)
const CUSTOMER = spokenBy('customer|client|prospect|buyer|caller|patient|shopper|subscriber')

/** The question is about what they say or do, not merely about something of theirs. */
function spokenBy(who: string): RegExp {
  const asked =
    'does|did|do|is|was|has|have|had|were|are|can|could|would|will|if|whether|that|by|from'
  return new RegExp(`\\b(?:${asked}) (?:the |our |an? |any )?(?:${who})s?\\b(?!['’])`)
}

const WRAPPING = new Set(
  `a an and any anything are as at be been being between but by call calls can chat conversation could customer customers
   agent agents did discuss discussed discusses discussing discussion discussions do does during email emails ever for
   from had has have he her his how i if in into is it its itself mail me meeting meetings member members mention
   mentioned mentions message my of on or our people person point prospect rep reps say said says seller she should
   so some someone speak speaker sound talk talked talking talks team than that the their them there these they this
   those to topic topics following was we were what when where whether which who whom whose why will with would writer
   you your about ask asks asked asking bring brings brought up express expresses give given gives want wants wanted
   need needs indicate indicates raise raises raised group think thought summarize summary main think tell told describe
   explain opinion opinions regarding according while went made make contain contains include includes refer company
   client clients buyer buyers caller patient risk risks sign signs signal signals evidence hint agree agreed agrees
   name names named question questions plan plans possible possibly likely reason reasons one also not other etc against sure really out all`.split(
    /\s+/,
  ),
)

/** Words that name the talking rather than what is talked about; they are seldom said. */
const FRAMING =
  /^(?:introduc|discuss|present|announc|overview|opinion|arrang|comment|summar|detail|brief|debat|concern|aspect|various|different|brainstorm|conclu|descri|explan|evaluat|attitude|perspective|regard)/

export function parseQuestion(question: string, instructions = ''): Ask {
  const plain = plainOf(question).replace(/[?.!]+$/, '')
  const quoted = /"([^"]{3,})"/.exec(plain)?.[1]
  const terms = termsOf(quoted ?? plain)
  const who = sideOf(plain)
  if (quoted !== undefined) return { shape: 'topic', who, terms, rest: terms, concepts: [] }
  const manner = manners.find((each) => matches(each.asked, plain))
  if (
    /\bstay\w* (?:calm|polite|helpful|professional)|\bcalm and helpful|\b(?:polite|courteous|professional)\b/.test(
      plain,
    )
  ) {
    return { shape: 'good-conduct', who: 'company', terms, rest: [], concepts: [] }
  }
  if (manner !== undefined) {
    const side = manner.side !== undefined && who === 'anyone' ? manner.side : who
    return { shape: 'mention', who: side, terms, rest: [], concepts: [manner] }
  }
  const request =
    /\b(?:ask|asks|asked|request|requests|requested) (?:for|whether|if|about) (.+)/.exec(plain)
  const aboutStatus = /\basks? about the status\b/.test(plain)
  if (request !== null && !aboutStatus && /^(?:did|does|do|has|have|was|were)\b/.test(plain)) {
    const wanted =
      requested.find((each) => matches(each.asked, request[1]!)) ?? conceptsIn(request[1]!)[0]
    return { shape: 'asked-for', who, terms: termsOf(request[1]!), rest: [], concepts: [], wanted }
  }
  const dealing = dealingOf(plain)
  if (dealing !== undefined) return { ...dealing, who, terms, rest: [], concepts: [] }
  const concepts = conceptsIn(plain)
  const rest = termsOf(concepts.reduce((text, each) => text.replaceAll(each.asked, ' '), plain))
  if (concepts.length > 0 || instructions === '')
    return { shape: 'mention', who, terms, rest, concepts }
  const hinted = [...terms, ...termsOf(plainOf(instructions)).map(lighter)]
  return { shape: 'mention', who, terms: hinted, rest: hinted, concepts }
}

/** The words of a text that carry meaning, rarer ones heavier. */
export function termsOf(text: string): Term[] {
  const vectors = loadVectors()
  const seen = new Set<string>()
  return wordsOf(text)
    .map((word) => word.replace(/'s$/, ''))
    .filter((word) => !WRAPPING.has(word) && word.length > 1)
    .map((word) => ({ word, stem: stemOf(word), weight: weightOfWord(word, vectors.rank(word)) }))
    .filter(({ stem }) => !seen.has(stem) && seen.add(stem))
}

export function matches(pattern: RegExp, text: string): boolean {
  // `search` leaves a global pattern's place alone, where `test` would move it.
  return text.search(pattern) >= 0
}

function weightOfWord(word: string, rank: number | undefined): number {
  return rarity(rank) * (FRAMING.test(word) ? 0.4 : 1)
}

/** Zipf: a word's rank says how often it is met. */
export function rarity(rank: number | undefined): number {
  return Math.log(1 + (rank ?? 40_000) / 20)
}

/** The concepts that cover most of the question; a stray word of another does not count. */
export function conceptsIn(plain: string): Concept[] {
  const covered = [...salesConcepts, ...generalConcepts]
    .filter((each) => matches(each.asked, plain))
    .map((each) => ({ each, length: longestMatch(each.asked, plain) }))
  const longest = Math.max(0, ...covered.map(({ length }) => length))
  return covered.filter(({ length }) => length * 2 > longest).map(({ each }) => each)
}

function longestMatch(pattern: RegExp, text: string): number {
  return [...text.matchAll(pattern)].reduce((sum, match) => sum + match[0].length, 0)
}

function lighter(term: Term): Term {
  return { ...term, weight: term.weight * 0.3 }
}

function sideOf(plain: string): Affiliation | 'anyone' {
  const company = COMPANY.exec(plain)?.index ?? Number.POSITIVE_INFINITY
  const customer = CUSTOMER.exec(plain)?.index ?? Number.POSITIVE_INFINITY
  if (company === customer) return 'anyone'
  return company < customer ? 'company' : 'customer'
}

function dealingOf(
  plain: string,
):
  | { shape: 'want'; deed: Deed | undefined; thing: Thing }
  | { shape: 'outcome'; thing: Thing | undefined; deed: Deed | undefined }
  | undefined {
  const want =
    /\b(?:want|wants|wanted|wish|wishes|like|trying|try|tries|looking|intend|intends|need|needs) to (.+)/.exec(
      plain,
    )
  if (want !== null && /^(?:does|did|do|is|was|has)\b/.test(plain)) {
    const thing = thingIn(want[1]!)
    if (thing === undefined) return undefined
    return { shape: 'want', deed: firstDeed(want[1]!), thing }
  }
  const did =
    /^did the (?:agent|rep|company|seller|representative)\w* (?:successfully )?(\w+)/.exec(plain)
  const doing =
    /^(?:book|find|found|give|make|reserve|schedule|submit|change|authenticate|cancel|arrange|complete|fix|resolve|solve|confirm|send)/
  if (did !== null && doing.test(did[1]!)) {
    return { shape: 'outcome', thing: thingIn(plain), deed: firstDeed(plain) }
  }
  return undefined
}

function thingIn(text: string): Thing | undefined {
  return things
    .map((thing) => ({
      thing,
      length: Math.max(0, ...[...text.matchAll(thing.asked)].map((m) => m[0].length)),
    }))
    .filter(({ length }) => length > 0)
    .sort((a, b) => b.length - a.length)[0]?.thing
}

/** The verb comes first: "change a ride that is already booked" is about changing. */
function firstDeed(text: string): Deed | undefined {
  return deeds
    .map((deed) => ({ deed, at: text.search(new RegExp(deed.asked.source)) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at)[0]?.deed
}
