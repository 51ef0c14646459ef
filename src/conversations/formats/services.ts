import { z } from 'zod'
import { NOBODY, type Spoken, type Transcript, transcriptOf, unreadable } from './transcript.ts'

/** The transcription services whose answers can be imported. */
export const services = ['deepgram', 'assemblyai', 'whisper'] as const
export type Service = (typeof services)[number]

/** Reads the JSON that a transcription service answers, as it was saved. */
export function serviceTranscriptOf(service: Service, text: string): Transcript {
  let answer: unknown
  try {
    answer = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    return unreadable('is not JSON')
  }
  const { read, name } = readers[service]
  const found = read(answer)
  if (typeof found === 'string') return unreadable(`is not an answer of ${name}: ${found}`)
  const { spoken, ...more } = found
  return transcriptOf(...sentencesOf(spoken), more)
}

/** Something said as the service has it: where in its answer, and times in seconds. */
interface Said {
  place: string
  value: Partial<Record<keyof Spoken, unknown>>
}

interface Answer {
  id?: string | undefined
  durationSeconds?: number | undefined
  spoken: Said[]
}

/** What an answer holds; a text says why it is none. */
type Read = (answer: unknown) => Answer | string

const sentence = z.object({
  speaker: z.string(),
  startSeconds: z.number().min(0).optional(),
  endSeconds: z.number().min(0).optional(),
  text: z.string(),
})

function sentencesOf(spoken: readonly Said[]): [Spoken[], Transcript['faults']] {
  const sentences: Spoken[] = []
  const faults: Transcript['faults'] = []
  for (const { place, value } of spoken) {
    const { data, error } = sentence.safeParse(value)
    if (error) {
      const [issue] = error.issues
      faults.push({ line: 1, error: `${place}: ${issue?.path.join('.')}: ${issue?.message}` })
    } else if (data.text.trim()) sentences.push(settled(data))
  }
  return [sentences, faults]
}

/** Rounded to the millisecond, with an end that does not come before the start. */
function settled({ startSeconds, endSeconds, ...rest }: Spoken): Spoken {
  const rounded = (seconds: number) => Math.round(seconds * 1000) / 1000
  const text = rest.text.replaceAll('\0', '').toWellFormed().trim()
  const speaker = rest.speaker.replaceAll('\0', '').toWellFormed().slice(0, 200) || NOBODY
  return {
    ...{ speaker, text },
    ...(startSeconds === undefined ? {} : { startSeconds: rounded(startSeconds) }),
    ...(endSeconds === undefined
      ? {}
      : { endSeconds: rounded(Math.max(endSeconds, startSeconds ?? 0)) }),
  }
}

const label = z.union([z.string(), z.number()]).nullish()
const list = z.array(z.looseObject({}))
const duration = z.number().min(0).nullish().catch(undefined)

const deepgram = z.looseObject({
  metadata: z.looseObject({ request_id: z.string().nullish(), duration }).nullish(),
  results: z.looseObject({
    utterances: list.nullish(),
    channels: z
      .array(
        z.looseObject({
          alternatives: z.array(
            z.looseObject({
              transcript: z.string().nullish(),
              words: list.nullish(),
              paragraphs: z.looseObject({ paragraphs: list.nullish() }).nullish(),
            }),
          ),
        }),
      )
      .nullish(),
  }),
})

function readDeepgram(answer: unknown): Answer | string {
  const { data, error } = deepgram.safeParse(answer)
  if (error) return faultOf(error)
  const { metadata, results } = data
  const channels = results.channels ?? []
  const spoken = results.utterances?.length
    ? saidOf(results.utterances, 'results.utterances', (one) => ({
        speaker: speakerOf(one.speaker, channels.length > 1 ? one.channel : undefined),
        ...{ startSeconds: one.start, endSeconds: one.end, text: one.transcript },
      }))
    : channels.flatMap(({ alternatives: [best] }, channel) => {
        const place = `results.channels.${channel}.alternatives.0`
        const own = channels.length > 1 ? channel : undefined
        const words = best?.words ?? []
        const paragraphs = best?.paragraphs?.paragraphs ?? []
        if (paragraphs.length) return paragraphsOf(paragraphs, `${place}.paragraphs`, own)
        if (words.length) {
          return turnsOf(words, `${place}.words`, 1, (one) => speakerOf(one.speaker, own))
        }
        return saidOf([best ?? {}], place, (one) => ({
          speaker: speakerOf(undefined, own),
          text: one.transcript ?? '',
        }))
      })
  return {
    id: metadata?.request_id ? `deepgram_${metadata.request_id}` : undefined,
    durationSeconds: metadata?.duration ?? undefined,
    spoken: spoken.toSorted((a, b) => startOf(a) - startOf(b)),
  }
}

function paragraphsOf(paragraphs: z.infer<typeof list>, place: string, channel?: number): Said[] {
  return paragraphs.flatMap(({ speaker, sentences }, i) =>
    saidOf(list.catch([]).parse(sentences), `${place}.${i}.sentences`, (one) => ({
      speaker: speakerOf(speaker, channel),
      ...{ startSeconds: one.start, endSeconds: one.end, text: one.text },
    })),
  )
}

const assemblyai = z.looseObject({
  id: z.string().nullish(),
  status: z.string().nullish(),
  error: z.string().nullish(),
  text: z.string().nullish(),
  audio_duration: duration,
  utterances: list.nullish(),
  words: list.nullish(),
})

function readAssemblyAi(answer: unknown): Answer | string {
  const { data, error } = assemblyai.safeParse(answer)
  if (error) return faultOf(error)
  const { id, status, text, utterances, words } = data
  if (status && status !== 'completed') return `its status is ${status.slice(0, 40)}`
  if (!utterances?.length && !words?.length && typeof text !== 'string') {
    return 'it has neither utterances nor words nor text'
  }
  const spoken = utterances?.length
    ? saidOf(utterances, 'utterances', (one) => ({
        speaker: speakerOf(one.speaker),
        startSeconds: inSeconds(one.start),
        endSeconds: inSeconds(one.end),
        text: one.text,
      }))
    : words?.length
      ? turnsOf(words, 'words', 1000, (one) => speakerOf(one.speaker))
      : [{ place: 'text', value: { speaker: NOBODY, text } }]
  return {
    id: id ? `assemblyai_${id}` : undefined,
    durationSeconds: data.audio_duration ?? undefined,
    spoken,
  }
}

const whisper = z.looseObject({
  text: z.string().nullish(),
  duration,
  segments: list.nullish(),
  // As whisper.cpp writes it.
  transcription: list.nullish(),
})

function readWhisper(answer: unknown): Answer | string {
  const { data, error } = whisper.safeParse(answer)
  if (error) return faultOf(error)
  const { text, segments, transcription } = data
  if (!segments && !transcription && typeof text !== 'string') {
    return 'it has neither segments nor transcription nor text'
  }
  const spoken = segments
    ? saidOf(segments, 'segments', (one) => ({
        speaker: speakerOf(one.speaker),
        ...{ startSeconds: one.start, endSeconds: one.end, text: one.text },
      }))
    : transcription
      ? saidOf(transcription, 'transcription', (one) => {
          const { from, to } = z
            .looseObject({ from: z.unknown(), to: z.unknown() })
            .catch({ from: undefined, to: undefined })
            .parse(one.offsets)
          const startSeconds = inSeconds(from)
          const endSeconds = inSeconds(to)
          return { speaker: speakerOf(one.speaker), startSeconds, endSeconds, text: one.text }
        })
      : [{ place: 'text', value: { speaker: NOBODY, text } }]
  return { durationSeconds: data.duration ?? undefined, spoken }
}

const readers: Record<Service, { name: string; read: Read }> = {
  deepgram: { name: 'Deepgram', read: readDeepgram },
  assemblyai: { name: 'AssemblyAI', read: readAssemblyAi },
  whisper: { name: 'Whisper', read: readWhisper },
}

function saidOf(
  rows: z.infer<typeof list>,
  place: string,
  read: (row: Record<string, unknown>) => Said['value'],
): Said[] {
  return rows.map((row, i) => ({ place: `${place}.${i}`, value: read(row) }))
}

/** Words one after the other as turns: another speaker, or the end of a sentence, begins the next. */
function turnsOf(
  words: z.infer<typeof list>,
  place: string,
  unitsPerSecond: number,
  speakerOf: (word: Record<string, unknown>) => string,
): Said[] {
  const turns: Said[] = []
  for (const [i, word] of words.entries()) {
    const text = word.punctuated_word ?? word.text ?? word.word
    const speaker = speakerOf(word)
    const last = turns.at(-1)?.value
    const goesOn = last?.speaker === speaker && !/[.?!]$/.test(String(last.text))
    const endSeconds = inSeconds(word.end, unitsPerSecond)
    if (goesOn) Object.assign(last, { text: `${last.text} ${text}`, endSeconds })
    else {
      const startSeconds = inSeconds(word.start, unitsPerSecond)
      turns.push({ place: `${place}.${i}`, value: { speaker, startSeconds, endSeconds, text } })
    }
  }
  return turns
}

function speakerOf(given: unknown, channel?: unknown): string {
  const own = label.catch(undefined).parse(given) ?? undefined
  const names = [
    ...(channel === undefined ? [] : [`Channel ${channel}`]),
    // A name that somebody gave stays one; letters and numbers are the service's own.
    ...(own === undefined ? [] : [/^(?:\d+|[A-Z])$/.test(String(own)) ? `Speaker ${own}` : own]),
  ]
  return names.join(', ') || NOBODY
}

function inSeconds(units: unknown, unitsPerSecond = 1000): unknown {
  return typeof units === 'number' ? units / unitsPerSecond : (units ?? undefined)
}

function startOf({ value }: Said): number {
  return typeof value.startSeconds === 'number' ? value.startSeconds : 0
}

function faultOf({ issues: [issue] }: z.ZodError): string {
  return `${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'does not fit'}`
}
