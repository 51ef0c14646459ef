import { join } from 'node:path'
import { createLocal } from '../../src/ai/local.ts'
import type { Item } from '../../src/ai/model.ts'
import { isTuningHalf, type Open, readData, type YesNo } from './data.ts'
import {
  bm25ByTurn,
  bm25Score,
  contentWords,
  inverseFrequencies,
  overlapByTurn,
  overlapScore,
} from './floors.ts'

/** Accuracy and F1 of a set, in percent. */
export type Quality = { accuracy: number; f1: number }
export type AnswersResult = {
  skipped?: string
  yesNo: { set: string; asked: number; local: Quality; overlap: Quality; bm25: Quality }[]
  open: {
    set: string
    asked: number
    measure: string
    local: number
    overlap: number
    bm25: number
  }[]
  itemsPerSecond?: number
}

const HITS = 5
const forever = new AbortController().signal

/** Prints the table of each labelled set; takes the folder of the data, else it is looked for. */
export async function bench([folder]: string[]): Promise<void> {
  print(await measureAnswers({ folder }))
}

/**
 * How well the local rules answer the labelled data, beside two floors.
 * The floors take their thresholds from the tuning half, and so did the rules; figures are of the other
 * half. They were looked at while the rules were written, so a split never seen tells more.
 */
export async function measureAnswers({
  folder,
}: {
  folder?: string | undefined
} = {}): Promise<AnswersResult> {
  const from =
    folder ?? process.env.SLUICE_DATA ?? join(import.meta.dirname, '../../../shared/data')
  const data = readData(from)
  if (data === undefined) {
    return {
      skipped: `No labelled data in ${from}; name its folder, or set SLUICE_DATA.`,
      yesNo: [],
      open: [],
    }
  }
  const idf = inverseFrequencies(data.items)
  const yesNo = []
  let busy = 0
  let short = 0
  for (const [set, asked] of grouped(data.yesNo)) {
    const tuning = asked.filter((each) => isTuningHalf(each.group))
    const measured = asked.filter((each) => !isTuningHalf(each.group))
    const before = performance.now()
    const local = await readAll(measured)
    if (!set.startsWith('QMSum') && !set.includes('sentence')) {
      busy += performance.now() - before
      short += measured.length
    }
    yesNo.push({
      set,
      asked: measured.length,
      local: quality(measured, local.map(Number), 1),
      overlap: floor(tuning, measured, (each) => overlapScore(each.item, each.question)),
      bm25: floor(tuning, measured, (each) => bm25Score(each.item, each.question, idf)),
    })
  }
  const open = []
  for (const [set, asked] of grouped(data.open)) {
    open.push(
      await openQuality(
        set,
        asked.filter((each) => !isTuningHalf(each.group)),
      ),
    )
  }
  return { yesNo, open, itemsPerSecond: Math.round((short / busy) * 1000) }
}

async function readAll(asked: YesNo[]): Promise<boolean[]> {
  const model = createLocal()
  const answers: boolean[] = []
  for (const { item, question, side } of asked) {
    answers.push((await model.read({ item, question, side }, forever)).found)
  }
  return answers
}

async function openQuality(set: string, asked: Open[]): Promise<AnswersResult['open'][number]> {
  const model = createLocal()
  const scores = { local: 0, overlap: 0, bm25: 0 }
  for (const each of asked) {
    const { paragraphs } = await model.compose(
      { question: each.question, items: [each.item] },
      forever,
    )
    const cited = paragraphs.flatMap((paragraph) => paragraph.citations)
    const turns = [...new Set(cited.map((citation) => citation.turn))].slice(0, HITS)
    const floors = {
      overlap: topTurns(overlapByTurn(each.item, each.question)),
      bm25: topTurns(bm25ByTurn(each.item, each.question)),
    }
    if (each.evidence !== undefined) {
      scores.local += hit(turns, each.evidence)
      scores.overlap += hit(floors.overlap, each.evidence)
      scores.bm25 += hit(floors.bm25, each.evidence)
    } else {
      const quotes = cited.filter(({ turn }) => turns.includes(turn)).map(({ quote }) => quote)
      scores.local += recall(quotes.join(' '), each.answer)
      scores.overlap += recall(textOf(each.item, floors.overlap), each.answer)
      scores.bm25 += recall(textOf(each.item, floors.bm25), each.answer)
    }
  }
  const percent = (sum: number): number => Math.round((sum / asked.length) * 1000) / 10
  return {
    set,
    asked: asked.length,
    measure:
      asked[0]?.evidence === undefined ? `answer words in ${HITS} quotes` : `citation hit@${HITS}`,
    local: percent(scores.local),
    overlap: percent(scores.overlap),
    bm25: percent(scores.bm25),
  }
}

/** Each measure gets the threshold that was best for it on the tuning half. */
function floor(tuning: YesNo[], measured: YesNo[], score: (asked: YesNo) => number): Quality {
  const known = tuning.map(score)
  const fresh = measured.map(score)
  const thresholds = [...new Set(known), 0, Number.POSITIVE_INFINITY]
  const bestFor = (measure: keyof Quality): number =>
    thresholds
      .map((threshold) => ({ threshold, value: quality(tuning, known, threshold)[measure] }))
      .sort((a, b) => b.value - a.value)[0]!.threshold
  return {
    accuracy: quality(measured, fresh, bestFor('accuracy')).accuracy,
    f1: quality(measured, fresh, bestFor('f1')).f1,
  }
}

function quality(asked: YesNo[], scores: number[], threshold: number): Quality {
  let right = 0
  let both = 0
  let said = 0
  let labelled = 0
  for (const [i, { answer }] of asked.entries()) {
    const yes = scores[i]! >= threshold
    if (yes === answer) right += 1
    if (yes && answer) both += 1
    if (yes) said += 1
    if (answer) labelled += 1
  }
  const round = (value: number): number => Math.round(value * 1000) / 10
  return {
    accuracy: round(right / asked.length),
    f1: said + labelled === 0 ? 0 : round((2 * both) / (said + labelled)),
  }
}

function hit(turns: number[], evidence: [number, number][]): number {
  return turns.some((turn) => evidence.some(([first, last]) => turn >= first && turn <= last))
    ? 1
    : 0
}

function recall(text: string, answer: string): number {
  const said = new Set(contentWords(text))
  const wanted = contentWords(answer).filter(
    (word) => !['inc', 'corp', 'company', 'ltd', 'plc'].includes(word),
  )
  return wanted.length === 0 ? 0 : wanted.filter((word) => said.has(word)).length / wanted.length
}

function topTurns(scores: number[]): number[] {
  return scores
    .map((score, turn) => ({ score, turn }))
    .sort((a, b) => b.score - a.score || a.turn - b.turn)
    .slice(0, HITS)
    .map(({ turn }) => turn)
}

function textOf(item: Item, turns: number[]): string {
  return turns.map((turn) => item.turns[turn]?.text.slice(0, 600) ?? '').join(' ')
}

function grouped<Asked extends { set: string }>(asked: Asked[]): Map<string, Asked[]> {
  const sets = new Map<string, Asked[]>()
  for (const each of asked) sets.set(each.set, [...(sets.get(each.set) ?? []), each])
  return sets
}

if (import.meta.main) await bench(process.argv.slice(2))

function print({ skipped, yesNo, open, itemsPerSecond }: AnswersResult): void {
  if (skipped !== undefined) {
    console.log(`Skipped: ${skipped}`)
    return
  }
  console.log('Accuracy / F1, in percent, on the measuring half:')
  const pair = ({ accuracy, f1 }: Quality): string => `${accuracy.toFixed(1)} / ${f1.toFixed(1)}`
  console.table(
    yesNo.map(({ set, asked, local, overlap, bm25 }) => ({
      set,
      asked,
      local: pair(local),
      overlap: pair(overlap),
      bm25: pair(bm25),
    })),
  )
  console.log('Evidence found, in percent:')
  console.table(open)
  console.log(`${itemsPerSecond} short items a second`)
}
