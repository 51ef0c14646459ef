import type { Affiliation, Party, Sentence } from './items.ts'

/** Whose words are read. */
export type Side = Affiliation | 'anyone'

/** Which stretch of a call is read: its first or last minutes or percent. */
export interface Part {
  from: 'start' | 'end'
  amount: number
  unit: 'minutes' | 'percent'
}

/** A sentence with its place in the whole transcript, so that evidence can be pointed at. */
export interface Turn extends Sentence {
  turn: number
}

/** How many words a text has. Marks such as `[laughter]` are no words. */
export function wordsIn(text: string): number {
  // By hand, for it runs over everything that is imported: what stands between spaces and has a letter or
  // a digit is a word.
  let words = 0
  let isCounted = false
  const lastMark = text.lastIndexOf(']')
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i)
    if (code === OPENING && i < lastMark) {
      i = text.indexOf(']', i)
      isCounted = false
    } else if (code === SPACE || (code < SPACE && code > 8 && code < 14)) isCounted = false
    else if (code < 128) {
      if (!isCounted && isAsciiWord(code)) {
        words += 1
        isCounted = true
      }
    } else {
      const sign = String.fromCodePoint(text.codePointAt(i)!)
      if (/\s/.test(sign)) isCounted = false
      else if (!isCounted && /[\p{L}\p{N}]/u.test(sign)) {
        words += 1
        isCounted = true
      }
      i += sign.length - 1
    }
  }
  return words
}

const SPACE = 32
const OPENING = 91

function isAsciiWord(code: number): boolean {
  return (code > 96 && code < 123) || (code > 64 && code < 91) || (code > 47 && code < 58)
}

/** How many words each side of a call says. */
export function wordsBySide(
  transcript: readonly Sentence[],
  parties: readonly Party[],
): Record<Affiliation, number> {
  const sides = new Map(parties.map(({ id, affiliation }) => [id, affiliation]))
  const words = { company: 0, customer: 0 }
  for (const { partyId, text } of transcript) {
    const side = sides.get(partyId)
    if (side) words[side] += wordsIn(text)
  }
  return words
}

/** When the last sentence ends; 0 when no sentence says when it is. */
export function spokenUntil(transcript: readonly Sentence[]): number {
  return transcript.reduce(
    (end, { startSeconds = 0, endSeconds = 0 }) => Math.max(end, startSeconds, endSeconds),
    0,
  )
}

/**
 * The sentences of one side in one part of a call, in order. A sentence belongs to the part it begins
 * in; one without a time is placed by how many words come before it.
 */
export function turnsOf(
  call: { transcript: readonly Sentence[]; parties: readonly Party[]; durationSeconds: number },
  side: Side = 'anyone',
  part?: Part,
): Turn[] {
  const sides = new Map(call.parties.map(({ id, affiliation }) => [id, affiliation]))
  const starts = part ? startsOf(call.transcript, call.durationSeconds) : []
  const [from, to] = part ? stretchOf(part, call.durationSeconds) : [0, Infinity]
  return call.transcript
    .map((sentence, turn) => ({ ...sentence, turn }))
    .filter(({ partyId }) => side === 'anyone' || sides.get(partyId) === side)
    .filter(({ turn }) => !part || (starts[turn]! >= from && starts[turn]! < to))
}

function stretchOf({ from, amount, unit }: Part, durationSeconds: number): [number, number] {
  const length = unit === 'minutes' ? amount * 60 : (durationSeconds * amount) / 100
  return from === 'start' ? [0, length] : [durationSeconds - length, Infinity]
}

function startsOf(transcript: readonly Sentence[], durationSeconds: number): number[] {
  const words = transcript.map(({ text }) => wordsIn(text))
  const all = words.reduce((sum, count) => sum + count, 0) || 1
  let before = 0
  return transcript.map(({ startSeconds }, turn) => {
    const estimate = (before / all) * durationSeconds
    before += words[turn]!
    return startSeconds ?? estimate
  })
}
