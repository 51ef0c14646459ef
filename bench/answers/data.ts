import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Item, Side, Turn } from '../../src/ai/model.ts'

/** One labelled yes/no question. */
export type YesNo = {
  set: string
  question: string
  item: Item
  side: Side
  answer: boolean
  group: string
}
/** An open question whose evidence, or short answer, is known. */
export type Open = {
  set: string
  question: string
  item: Item
  evidence: [number, number][] | undefined
  answer: string
  group: string
}
export type Data = { yesNo: YesNo[]; open: Open[]; items: Item[] }

type RawCall = {
  id: string
  title: string
  started_at: string | null
  parties: { id: string; name: string; role: string | null }[]
  turns: { speaker: string; text: string }[]
}
type RawEmail = {
  id: string
  subject: string
  sent_at: string
  body: string
  from: { name: string | null; email: string }
}
type RawQuestion = {
  id: string
  kind: 'yesno' | 'open' | 'summary'
  target_id: string
  question: string
  answer: boolean | string
  evidence_turns: [number, number][] | null
  difficulty?: string
  source: string
}
type RawSentence = { id: string; task: string; text: string; label: boolean | string }

const SENTENCE_QUESTIONS: Record<string, string> = {
  email_intent: 'Does the writer ask for or propose an action?',
  commitment: 'Does the speaker commit to a next step?',
}

/** The labelled data in a folder, or undefined where there is none. */
export function readData(folder: string): Data | undefined {
  if (!existsSync(join(folder, 'qa.jsonl'))) return undefined
  const items = new Map<string, Item>()
  for (const call of lines<RawCall>(folder, 'calls.jsonl')) items.set(call.id, itemOfCall(call))
  for (const email of lines<RawEmail>(folder, 'emails.jsonl'))
    items.set(email.id, itemOfEmail(email))
  const yesNo: YesNo[] = []
  const open: Open[] = []
  for (const asked of lines<RawQuestion>(folder, 'qa.jsonl')) {
    const item = items.get(asked.target_id)
    if (item === undefined) continue
    const group = asked.target_id
    if (typeof asked.answer === 'boolean') {
      const { question, answer } = asked
      yesNo.push({ set: setOf(asked), question, item, side: 'anyone', answer, group })
    } else if (asked.kind === 'open') {
      open.push({
        set:
          asked.evidence_turns === null ? `${asked.source} short answer` : 'QMSum specific query',
        question: asked.question,
        item,
        evidence: asked.evidence_turns ?? undefined,
        answer: asked.answer,
        group,
      })
    }
  }
  for (const sentence of lines<RawSentence>(folder, 'sentences.jsonl')) {
    const question = SENTENCE_QUESTIONS[sentence.task]
    if (question === undefined || typeof sentence.label !== 'boolean') continue
    yesNo.push({
      set: `${sentence.task} sentence`,
      question,
      item: itemOfSentence(sentence),
      side: 'anyone',
      answer: sentence.label,
      group: sentence.id,
    })
  }
  return { yesNo, open, items: [...items.values()] }
}

/** The half that thresholds and rules may be tuned on; the other half is only ever measured. */
export function isTuningHalf(group: string): boolean {
  return createHash('sha256').update(`half:${group}`).digest()[0]! < 128
}

function setOf(asked: RawQuestion): string {
  if (asked.source.startsWith('qmsum')) return 'QMSum topic'
  if (asked.source === 'enron') return 'Enron category'
  if (asked.difficulty === 'agent_behaviour') return 'STAR agent behaviour'
  if (asked.difficulty === 'participant_judgement') return 'STAR participant judgement'
  return 'STAR task'
}

function itemOfCall(call: RawCall): Item {
  const parties = new Map(call.parties.map((party) => [party.id, party]))
  const turns = call.turns.map((turn, index): Turn => {
    const party = parties.get(turn.speaker)
    const affiliation =
      party?.role === 'agent' ? 'company' : party?.role === 'customer' ? 'customer' : undefined
    return { turn: index, speaker: party?.name ?? turn.speaker, affiliation, text: turn.text }
  })
  return {
    type: 'call',
    id: call.id,
    title: call.title,
    at: call.started_at ?? '2020-01-01T00:00:00Z',
    turns,
  }
}

function itemOfEmail(email: RawEmail): Item {
  const speaker = email.from.name ?? email.from.email
  const turns = [{ turn: 0, speaker, affiliation: undefined, text: email.body }]
  return { type: 'email', id: email.id, title: email.subject, at: email.sent_at, turns }
}

function itemOfSentence(sentence: RawSentence): Item {
  const turns = [{ turn: 0, speaker: 'speaker', affiliation: undefined, text: sentence.text }]
  const type = sentence.task === 'commitment' ? 'call' : 'email'
  return { type, id: sentence.id, title: '', at: '2020-01-01T00:00:00Z', turns }
}

function lines<Row>(folder: string, name: string): Row[] {
  if (!existsSync(join(folder, name))) return []
  return readFileSync(join(folder, name), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row)
}
