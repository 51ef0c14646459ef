import { createRequire } from 'node:module'
import type { Affiliation, Item, Turn } from '../model.ts'

/** A sentence as the rules see it. `start` and `end` are places in the turn's own text. */
export type Sentence = {
  turn: number
  /** Place of the turn in the item, not its number. */
  place: number
  affiliation: Affiliation | undefined
  start: number
  end: number
  /** Exactly as it stands in the turn. */
  text: string
  /** Lower case, straight apostrophes, single spaces. */
  plain: string
  words: string[]
  stems: string[]
  asks: boolean
}

type Nlp = {
  its: Record<'span' | 'stem' | 'normal' | 'value' | 'precedingSpaces' | 'type', unknown>
  readDoc(text: string): {
    tokens(): { out(its: unknown): string[] }
    sentences(): { out(its: unknown): [number, number][] }
  }
}

let nlp: Nlp | undefined
const stems = new Map<string, string>()
const STEMS_MAX = 50_000
const analysed = new WeakMap<Item, Sentence[]>()

/** The sentences of an item, in order. Remembered while the item itself is. */
export function sentencesOf(item: Item): Sentence[] {
  const known = analysed.get(item)
  if (known !== undefined) return known
  const sentences = item.turns.flatMap((turn, place) => sentencesOfTurn(turn, place))
  analysed.set(item, sentences)
  return sentences
}

/** Stem of one lower-case word. */
export function stemOf(word: string): string {
  const known = stems.get(word)
  if (known !== undefined) return known
  const reader = load()
  const stem = reader.readDoc(word).tokens().out(reader.its.stem).join('')
  if (stems.size >= STEMS_MAX) stems.clear()
  stems.set(word, stem)
  return stem
}

export function wordsOf(text: string): string[] {
  return plainOf(text).match(/[\p{L}\p{N}][\p{L}\p{N}'&]*/gu) ?? []
}

export function plainOf(text: string): string {
  return straight(text).toLowerCase().replace(/\s+/g, ' ')
}

function sentencesOfTurn(turn: Turn, place: number): Sentence[] {
  return blocksOf(turn.text).flatMap((block) =>
    spansOf(block.text).map(([from, to]) => {
      const text = block.text.slice(from, to)
      const words = wordsOf(text).map((word) => word.replace(/'s$/, ''))
      return {
        turn: turn.turn,
        place,
        affiliation: turn.affiliation,
        start: block.start + from,
        end: block.start + to,
        text,
        plain: plainOf(text),
        words,
        stems: words.map(stemOf),
        asks: asksSomething(text),
      }
    }),
  )
}

/** Paragraphs: no sentence runs over an empty line, and none is longer than a page. */
function blocksOf(text: string): { start: number; text: string }[] {
  const blocks: { start: number; text: string }[] = []
  for (const match of text.matchAll(/\S(?:(?!\n\s*\n)[\s\S]){0,4000}/g)) {
    blocks.push({ start: match.index, text: match[0] })
  }
  return blocks
}

function spansOf(block: string): [number, number][] {
  if (block.length < 40) return trimmed(block, [[0, block.length]])
  const reader = load()
  const doc = reader.readDoc(straight(block))
  const tokens = doc.tokens()
  const values = tokens.out(reader.its.value)
  const spaces = tokens.out(reader.its.precedingSpaces)
  const ends: number[] = []
  let at = 0
  for (const [i, value] of values.entries()) {
    at += (spaces[i] ?? '').length + value.length
    ends.push(at)
  }
  // A text the reader did not keep to the letter is one sentence, so that quotes stay exact.
  if (at > block.length) return trimmed(block, [[0, block.length]])
  const spans = doc
    .sentences()
    .out(reader.its.span)
    .map(([first, last]): [number, number] => [
      first === 0 ? 0 : (ends[first - 1] ?? 0),
      ends[last] ?? block.length,
    ])
  return trimmed(block, spans)
}

function trimmed(block: string, spans: [number, number][]): [number, number][] {
  return spans
    .map(([from, to]): [number, number] => {
      const text = block.slice(from, to)
      const start = from + (text.length - text.trimStart().length)
      return [start, start + text.trim().length]
    })
    .filter(([from, to]) => to > from)
}

function asksSomething(text: string): boolean {
  if (text.includes('?')) return true
  return /^(?:(?:and|so|ok(?:ay)?|alright|great|sure|sorry|um|uh|well)[,.]? )*(?:what|when|where|which|who|why|how|can|could|may|would|will|do|does|did|is|are|have|has|should|shall)\b/i.test(
    text,
  )
}

function straight(text: string): string {
  return text.replace(/[\u2018\u2019\u02bc]/g, "'").replace(/[\u201c\u201d]/g, '"')
}

function load(): Nlp {
  if (nlp === undefined) {
    const require = createRequire(import.meta.url)
    const make = require('wink-nlp') as (model: unknown, pipe: string[]) => Nlp
    nlp = make(require('wink-eng-lite-web-model'), ['sbd'])
  }
  return nlp
}
