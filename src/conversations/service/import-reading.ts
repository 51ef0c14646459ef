import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import PostalMime from 'postal-mime'
import {
  type Column,
  type CsvRecord,
  columnsOf,
  csvCutter,
  delimiterOf,
  entityOf,
} from '../formats/csv.ts'
import { emailOf } from '../formats/eml.ts'
import { type Line, lineCutter } from '../formats/lines.ts'
import { mboxCutter } from '../formats/mbox.ts'
import { type Service, serviceTranscriptOf } from '../formats/services.ts'
import { srtOf } from '../formats/srt.ts'
import { type Transcript, unreadable } from '../formats/transcript.ts'
import { vttOf } from '../formats/vtt.ts'
import {
  type Brought,
  brought,
  broughtByLine,
  type Format,
  type ImportQuestion,
} from '../imports.ts'
import type { EntityType } from '../selection.ts'

const LINE_BYTES_MAX = 10 * 1024 * 1024
export const MESSAGE_BYTES_MAX = 40 * 1024 * 1024
/** Each takes the parser some time; honest mail has a few dozen. */
const PARTS_MAX = 20_000

/** What a file brings, one thing after the other; never more than one of them is held. */
export function readBrought(
  path: string,
  format: Format,
  bytes: number,
  asked: ImportQuestion,
): AsyncGenerator<Brought> {
  if (format === 'ndjson') return readNdjson(path)
  if (format === 'mbox') return readMbox(path)
  if (format === 'eml') return readEml(path, bytes)
  if (format === 'csv') return readCsv(path, asked.kind!)
  return readTranscript(path, bytes, format, asked)
}

async function* readNdjson(path: string): AsyncGenerator<Brought> {
  for await (const { no, bytes } of readLines(path)) {
    if (!bytes) yield nothing(no, 'is longer than 10 MB')
    else {
      const one = broughtByLine(no, no === 1 ? withoutMark(bytes) : bytes)
      if (one) yield one
    }
  }
}

async function* readMbox(path: string): AsyncGenerator<Brought> {
  const messages = mboxCutter(MESSAGE_BYTES_MAX)
  for await (const line of readLines(path)) {
    const message = messages.push(line)
    if (message) yield messageOf(message)
  }
  const last = messages.end()
  if (last) yield messageOf(last)

  function messageOf({
    line,
    bytes,
    postmark,
  }: {
    line: number
    bytes: Buffer | undefined
    postmark: string
  }) {
    if (!bytes) return nothing(line, 'is larger than 40 MB')
    if (!postmark)
      return nothing(line, 'does not begin with a From line, as messages of an mbox do')
    return parseEmail(line, bytes, postmark)
  }
}

async function* readEml(path: string, bytes: number): AsyncGenerator<Brought> {
  if (bytes > MESSAGE_BYTES_MAX) yield nothing(1, 'is larger than 40 MB')
  else yield parseEmail(1, withoutMark(await readFile(path)))
}

async function* readTranscript(
  path: string,
  bytes: number,
  format: Format,
  asked: ImportQuestion,
): AsyncGenerator<Brought> {
  if (bytes > MESSAGE_BYTES_MAX) return yield nothing(1, 'is larger than 40 MB')
  const file = await readFile(path)
  const { speakers, sentences, faults, ...own } = transcriptIn(file, format)
  for (const { line, error } of faults) yield nothing(line, error)
  if (!sentences.length) {
    if (!faults.length) yield nothing(1, 'has no words')
    return
  }
  const { history: _, dryRun: __, kind: ___, format: ____, company, ...about } = asked
  const ours = new Set(company?.split(',').map((name) => name.trim().toLowerCase()))
  const parties = speakers.map((name) => ({
    id: name,
    name,
    affiliation: ours.has(name.toLowerCase()) ? 'company' : 'customer',
  }))
  // Without an id of its own the same file is the same call.
  const id =
    about.id ?? own.id ?? `call_${createHash('sha256').update(file).digest('hex').slice(0, 40)}`
  const { title = 'Imported call', durationSeconds = own.durationSeconds ?? 0 } = about
  yield brought(1, 'call', {
    ...{ ...about, id, title, durationSeconds, parties },
    transcript: sentences.map(({ speaker, ...sentence }) => ({ partyId: speaker, ...sentence })),
  })
}

function transcriptIn(file: Buffer, format: Format): Transcript {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(file)
    if (format === 'vtt') return vttOf(text)
    return format === 'srt' ? srtOf(text) : serviceTranscriptOf(format as Service, text)
  } catch (error) {
    // Tags nested some ten thousand deep end the parser's recursion.
    return unreadable(error instanceof RangeError ? 'is nested too deep' : 'is not UTF-8')
  }
}

async function* readCsv(path: string, kind: EntityType): AsyncGenerator<Brought> {
  let cutter: ReturnType<typeof csvCutter> | undefined
  let columns: Column[] | undefined
  for await (const one of readLines(path)) {
    const line = one.no === 1 && one.bytes ? { ...one, bytes: withoutMark(one.bytes) } : one
    cutter ??= csvCutter(delimiterOf(line))
    for (const record of cutter.push(line)) {
      const brought = entityIn(record)
      if (brought) yield brought
      if (!columns) return
    }
  }
  for (const record of cutter?.end() ?? []) {
    const brought = entityIn(record)
    if (brought) yield brought
    if (!columns) return
  }

  function entityIn(record: CsvRecord): Brought | undefined {
    if ('error' in record) return nothing(record.line, record.error)
    const { line, cells } = record
    if (!columns) {
      const found = columnsOf(kind, cells)
      if (typeof found === 'string') return nothing(line, found)
      columns = found
      return undefined
    }
    const found = entityOf(kind, columns, cells)
    return 'error' in found ? nothing(line, found.error) : brought(line, kind, found.entity)
  }
}

/** The email that some bytes are; of what is none, why. */
export async function parseEmail(line: number, bytes: Buffer, postmark?: string): Promise<Brought> {
  if (partsIn(bytes) > PARTS_MAX) return nothing(line, 'has too many parts')
  try {
    const found = emailOf(
      bytes,
      await PostalMime.parse(bytes, { attachmentEncoding: 'arraybuffer' }),
      postmark,
    )
    return 'error' in found ? nothing(line, found.error) : brought(line, 'email', found.email)
  } catch (error) {
    return nothing(
      line,
      `is not an email that can be read: ${(error as Error).message.slice(0, 200)}`,
    )
  }
}

/** How many lines may begin a part; a message that is text only has none. */
function partsIn(bytes: Buffer): number {
  if (!bytes.includes('multipart/')) return 0
  let parts = 0
  for (let i = bytes.indexOf('\n--'); i !== -1 && parts <= PARTS_MAX; ) {
    parts += 1
    i = bytes.indexOf('\n--', i + 1)
  }
  return parts
}

async function* readLines(path: string): AsyncGenerator<Line> {
  const lines = lineCutter(LINE_BYTES_MAX)
  for await (const piece of createReadStream(path, { highWaterMark: 256 * 1024 })) {
    yield* lines.push(piece as Buffer)
  }
  yield* lines.end()
}

/** The bytes without a byte order mark. */
function withoutMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
}

function nothing(line: number, error: string): Brought {
  return { line, kind: 'nothing', error }
}
