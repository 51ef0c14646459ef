import { setImmediate as turn } from 'node:timers/promises'
import { composeLocally } from './local/compose.ts'
import { judge, type Verdict } from './local/judge.ts'
import { quoteOf } from './local/quote.ts'
import { sentencesOf } from './local/text.ts'
import type { Item, Model, Occurrence, Reading, ReadRequest, Side } from './model.ts'
import { ModelFailed } from './model.ts'

const OCCURRENCES_MAX = 5
const FREE = { inputTokens: 0, outputTokens: 0 }

/** Answers without any network or language model. Says so in its name; the same twice is the same. */
export function createLocal(): Model {
  return {
    name: 'local rules',
    async read(request, signal) {
      refuseWhenAborted(signal)
      return readLocally(request)
    },
    async compose(request, signal) {
      for (const item of request.items) {
        refuseWhenAborted(signal)
        // Sixty long calls take seconds to take apart: others get their turn in between.
        sentencesOf(item)
        await turn()
      }
      refuseWhenAborted(signal)
      return { paragraphs: composeLocally(request), usage: FREE }
    },
  }
}

function readLocally({ item, question, instructions, side }: ReadRequest): Reading {
  const verdict = judge(heardOn(item, side), question, instructions)
  const found = verdict.score >= 1
  const occurrences = found ? occurrencesOf(verdict) : []
  return { found, answer: answerOf(found, verdict, occurrences), occurrences, usage: FREE }
}

/** Turns of an unknown side stay: an email's sender may be on neither. */
function heardOn(item: Item, side: Side): Item {
  if (
    side === 'anyone' ||
    item.turns.every((turn) => turn.affiliation === undefined || turn.affiliation === side)
  )
    return item
  return {
    ...item,
    turns: item.turns.filter((turn) => turn.affiliation === undefined || turn.affiliation === side),
  }
}

function occurrencesOf(verdict: Verdict): Occurrence[] {
  return verdict.evidence
    .toSorted((a, b) => b.points - a.points)
    .slice(0, OCCURRENCES_MAX)
    .sort((a, b) => a.sentence.turn - b.sentence.turn || a.sentence.start - b.sentence.start)
    .map(({ sentence }) => ({ turn: sentence.turn, quote: quoteOf(sentence) }))
}

function answerOf(found: boolean, verdict: Verdict, occurrences: Occurrence[]): string {
  const sureness = Math.abs(verdict.score - 1) < 0.25 ? ' This was a close call.' : ''
  if (!found) return `No: nothing that answers the question was found.${sureness}`
  if (occurrences.length === 0) return `Yes, judging by the conversation as a whole.${sureness}`
  const places = occurrences.length === 1 ? 'one place' : `${occurrences.length} places`
  return `Yes: ${places} bear on the question, first “${occurrences[0]!.quote}”.${sureness}`.replace(
    'one place bear',
    'one place bears',
  )
}

function refuseWhenAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new ModelFailed('timeout', 'The time for this answer was up.')
}
