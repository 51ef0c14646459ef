import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import PostalMime from 'postal-mime'
import { emailOf } from '../formats/eml.ts'
import { type Line, lineCutter } from '../formats/lines.ts'
import { mboxCutter } from '../formats/mbox.ts'
import { vttOf } from '../formats/vtt.ts'
import {
  type Brought,
  brought,
  broughtByLine,
  type Format,
  type ImportQuestion,
} from '../imports.ts'

const LINE_BYTES_MAX = 10 * 1024 * 1024
const MESSAGE_BYTES_MAX = 40 * 1024 * 1024

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
  return readVtt(path, bytes, asked)
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

async function* readVtt(
  path: string,
  bytes: number,
  asked: ImportQuestion,
): AsyncGenerator<Brought> {
  if (bytes > LINE_BYTES_MAX) return yield nothing(1, 'is larger than 10 MB')
  const { speakers, sentences, faults } = vttIn(await readFile(path))
  for (const { line, error } of faults) yield nothing(line, error)
  if (!sentences.length) {
    if (!faults.length) yield nothing(1, 'has no words')
    return
  }
  const own = new Set(asked.company?.split(',').map((name) => name.trim().toLowerCase()))
  const parties = speakers.map((name) => ({
    id: name,
    name,
    affiliation: own.has(name.toLowerCase()) ? 'company' : 'customer',
  }))
  const {
    history: _,
    dryRun: __,
    company: ___,
    title = 'Imported call',
    durationSeconds = 0,
    ...rest
  } = asked
  yield brought(1, 'call', {
    ...{ ...rest, title, durationSeconds, parties },
    transcript: sentences.map(({ speaker, ...sentence }) => ({ partyId: speaker, ...sentence })),
  })
}

function vttIn(file: Buffer): ReturnType<typeof vttOf> {
  const refused = (error: string) => ({ speakers: [], sentences: [], faults: [{ line: 1, error }] })
  try {
    return vttOf(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(file))
  } catch (error) {
    // Tags nested some ten thousand deep end the parser's recursion.
    return refused(error instanceof RangeError ? 'is nested too deep' : 'is not UTF-8')
  }
}

async function parseEmail(line: number, bytes: Buffer, postmark?: string): Promise<Brought> {
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
