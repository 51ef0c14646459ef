import webvtt, { type Cue, type Node } from 'webvtt-parser'
import { NOBODY, type Transcript, transcriptOf } from './transcript.ts'

/**
 * Reads a WebVTT file. Speakers are its voices (`<v Rea Rep>`); where it has none, names before a colon
 * (`Rea Rep: Hello`), as meeting services write them, when most cues have one.
 */
export function vttOf(text: string): Transcript {
  const { cues, errors } = new webvtt.WebVTTParser(entities).parse(text.replaceAll('\0', ''))
  const faults = errors
    .filter(({ message }) => !forgivable.test(message))
    .map(({ line, message }) => ({ line, error: message }))
  if (!/^\uFEFF?WEBVTT(?:[ \t\r\n]|$)/.test(text)) return transcriptOf([], faults)
  const spoken = cues.flatMap(sentencesOf)
  const named = spoken.filter((sentence) => !sentence.speaker && PREFIX.test(sentence.text)).length
  const prefixes = named * 2 > spoken.length
  const sentences = spoken.map(({ speaker, ...sentence }) => {
    const [, name, rest] = (!speaker && prefixes && PREFIX.exec(sentence.text)) || []
    return {
      ...sentence,
      speaker: (speaker || name || NOBODY).slice(0, 200),
      text: rest ?? sentence.text,
    }
  })
  return transcriptOf(sentences, faults)
}

// What the parser objects to without losing a word.
const forgivable =
  /escape|\btag\b|<v>|annotation|Timestamp must be|is not greater|[Bb]lank line|comment|[Ss]tyle/

const entities = Object.fromEntries(
  Object.entries({
    amp: '&',
    lt: '<',
    gt: '>',
    nbsp: ' ',
    lrm: '',
    rlm: '',
    quot: '"',
    apos: "'",
  }).flatMap(([name, sign]) => [
    [`&${name};`, sign],
    [`&${name}`, sign],
  ]),
)

const PREFIX = /^([^:\n]{1,60}): +(\S[\s\S]*)$/

function sentencesOf({ startTime, endTime, text, tree }: Cue) {
  const times = { startSeconds: startTime, endSeconds: Math.max(startTime, endTime) }
  const voices = voicesOf(tree?.children ?? [{ type: 'text', value: text }], '')
  return voices
    .map(({ speaker, text }) => ({ ...times, speaker, text: text.replace(/\s+/g, ' ').trim() }))
    .filter((sentence) => sentence.text !== '')
}

/** The texts of a cue, one for each run of the same voice. */
function voicesOf(nodes: readonly Node[], speaker: string): { speaker: string; text: string }[] {
  const runs: { speaker: string; text: string }[] = []
  for (const node of nodes) {
    const voice = node.name === 'v' ? String(node.value ?? '').trim() : speaker
    const inner =
      node.type === 'text'
        ? [{ speaker, text: String(node.value ?? '') }]
        : voicesOf(node.children ?? [], voice)
    for (const run of inner) {
      const last = runs.at(-1)
      if (last?.speaker === run.speaker) last.text += run.text
      else runs.push({ ...run })
    }
  }
  return runs
}
