import { rankPassages } from './local/rank.ts'
import type { Item, Turn } from './model.ts'

/** Part of a turn, under an id that means nothing outside one request. */
export type Passage = { id: string; item: Item; turn: Turn; text: string }

const PASSAGE_OVERHEAD = 120

/** What of the items goes to the model: all of it, or the best that fits, in its own order. */
export function choosePassages(items: Item[], question: string, charactersMax: number): Passage[] {
  const whole = items.flatMap((item) => item.turns.map((turn) => ({ item, turn, text: turn.text })))
  if (sizeOf(whole) <= charactersMax) return whole.map(numbered)
  const chosen: { item: Item; turn: Turn; text: string; start: number }[] = []
  let left = charactersMax
  for (const { item, turn, sentences } of rankedThenRest(items, question)) {
    const start = sentences[0]!.start
    const text = turn.text.slice(start, sentences.at(-1)!.end).slice(0, charactersMax)
    const size = text.length + PASSAGE_OVERHEAD
    if (size > left) continue
    left -= size
    chosen.push({ item, turn, text, start })
  }
  const order = new Map(items.map((item, place) => [item, place]))
  return chosen
    .sort(
      (a, b) =>
        order.get(a.item)! - order.get(b.item)! || a.turn.turn - b.turn.turn || a.start - b.start,
    )
    .map(({ item, turn, text }) => ({ item, turn, text }))
    .map(numbered)
}

function rankedThenRest(items: Item[], question: string): ReturnType<typeof rankPassages> {
  const ranked = rankPassages(items, question)
  // Openings say who is there and why, whatever the question.
  const openings = items.flatMap((item) =>
    ranked.filter((each) => each.item === item && each.turn === item.turns[0]).slice(0, 1),
  )
  return [...openings, ...ranked.filter((each) => !openings.includes(each))]
}

function sizeOf(passages: { text: string }[]): number {
  return passages.reduce((sum, { text }) => sum + text.length + PASSAGE_OVERHEAD, 0)
}

function numbered(passage: { item: Item; turn: Turn; text: string }, place: number): Passage {
  return { id: `p${place + 1}`, ...passage }
}
