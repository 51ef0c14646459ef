import type { Citation, ComposeRequest, Item, Paragraph } from '../model.ts'
import { judge } from './judge.ts'
import { quoteOf } from './quote.ts'
import { type Passage, rankPassages, relevanceTo, spread } from './rank.ts'
import type { Sentence } from './text.ts'

const PASSAGES_MAX = 10
const QUOTES_MAX = 3
const YES_NO = /^\s*(?:does|do|did|is|are|was|were|has|have|had|can|could|will|would)\b/i

/** Answers with the passages that bear on the question, in people's own words. */
export function composeLocally(request: ComposeRequest): Paragraph[] {
  const { items, question } = request
  if (items.length === 0) return [{ text: 'There was nothing to read.', citations: [] }]
  const best = spread(rankPassages(items, question), PASSAGES_MAX, question)
  const relevance = relevanceTo(question)
  if (YES_NO.test(question)) return [...verdictOn(items, question), ...quoting(best, relevance)]
  if (best.length === 0) {
    return [{ text: `None of the ${counted(items)} says anything about this.`, citations: [] }]
  }
  return quoting(best, relevance)
}

function verdictOn(items: Item[], question: string): Paragraph[] {
  const verdicts = items.map((item) => ({ item, verdict: judge(item, question) }))
  const agreeing = verdicts.filter(({ verdict }) => verdict.score >= 1)
  const citations = agreeing.slice(0, PASSAGES_MAX).flatMap(({ item, verdict }): Citation[] => {
    const strongest = verdict.evidence.toSorted((a, b) => b.points - a.points)[0]
    if (strongest === undefined) return []
    const quote = quoteOf(strongest.sentence)
    return [{ itemType: item.type, itemId: item.id, turn: strongest.sentence.turn, quote }]
  })
  const text =
    agreeing.length === 0
      ? `By local rules: no. None of the ${counted(items)} says so.`
      : `By local rules: yes, in ${agreeing.length} of ${counted(items)}.`
  return [{ text, citations }]
}

function quoting(passages: Passage[], relevance: (sentence: Sentence) => number): Paragraph[] {
  return passages.map((passage) => {
    const { item, turn } = passage
    const quotes = passage.sentences
      .toSorted((a, b) => relevance(b) - relevance(a))
      .slice(0, QUOTES_MAX)
      .toSorted((a, b) => a.start - b.start)
      .map(quoteOf)
    const where = item.title === '' ? `the ${item.type}` : `“${item.title}”`
    const day = item.at.slice(0, 10)
    return {
      text: `${turn.speaker} in ${where} (${day}): ${quotes.map((quote) => `“${quote}”`).join(' … ')}`,
      citations: quotes.map((quote) => ({
        itemType: item.type,
        itemId: item.id,
        turn: turn.turn,
        quote,
      })),
    }
  })
}

function counted(items: Item[]): string {
  const calls = items.filter((item) => item.type === 'call').length
  const emails = items.length - calls
  const parts = [calls > 0 ? plural(calls, 'call') : '', emails > 0 ? plural(emails, 'email') : '']
  return parts.filter((part) => part !== '').join(' and ')
}

function plural(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`
}
