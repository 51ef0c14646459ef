import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { Readable } from 'node:stream'
import { lineCutter } from '../../src/conversations/formats/lines.ts'
import { csvKindOf, type SourceFile, serviceOf, type Unread } from './files.ts'

/** What is sent in one request. */
export interface ImportBody {
  type: string
  query: Record<string, string>
  files: SourceFile[]
  /** The bytes from a line on; that of the beginning is 1. A CSV file's header comes first in any case. */
  open(fromLine: number): Promise<Readable | Buffer<ArrayBuffer>>
  /** The file and its line that a line of the whole body is. */
  placeOf(line: number): { path: string; line: number }
  /** Whether the line at which one request ended is sent again with the next, to find its beginning. */
  repeatsLine: boolean
}

/** What the command line says of all files. */
export interface Said {
  kind?: string | undefined
  format?: string | undefined
  company?: string | undefined
}

const PACK_BYTES = 8 * 1024 * 1024
const PACK_FILES = 2_000

const types = {
  ...{ ndjson: 'application/x-ndjson', eml: 'message/rfc822', mbox: 'application/mbox' },
  ...{ vtt: 'text/vtt', srt: 'application/x-subrip', json: 'application/json', csv: 'text/csv' },
} as const

/** Bodies of some files: single messages travel together as an mbox, everything else by the file. */
export async function* bodiesOf(
  files: readonly SourceFile[],
  said: Said,
): AsyncGenerator<ImportBody | Unread> {
  let pack: SourceFile[] = []
  let bytes = 0
  for (const file of files) {
    if (file.kind !== 'eml' || file.bytes > PACK_BYTES) {
      yield await bodyOf(file, said)
      continue
    }
    if (pack.length >= PACK_FILES || (pack.length > 0 && bytes + file.bytes > PACK_BYTES)) {
      yield* packed(pack)
      pack = []
      bytes = 0
    }
    pack.push(file)
    bytes += file.bytes
  }
  if (pack.length > 0) yield* packed(pack)
}

async function bodyOf(file: SourceFile, said: Said): Promise<ImportBody | Unread> {
  const { path, kind } = file
  const query: Record<string, string> = {}
  if (kind === 'csv') {
    const of = said.kind ?? csvKindOf(path)
    if (!of) return unread(path, 'needs --kind: account, contact, deal or lead')
    query.kind = of
  }
  if (kind === 'json') {
    const service = said.format ?? (await serviceOf(file))
    if (!service) return unread(path, 'is no transcript of Deepgram, AssemblyAI or Whisper')
    query.format = service
  }
  if (kind === 'vtt' || kind === 'srt' || kind === 'json') {
    query.title = titleOf(path)
    query.startedAt = file.changedAt.toISOString()
    if (said.company) query.company = said.company
  }
  return {
    ...{ type: types[kind], query, files: [file] },
    open: (fromLine) => openFrom(file, fromLine),
    placeOf: (line) => ({ path, line }),
    repeatsLine: kind !== 'ndjson',
  }
}

function unread(path: string, reason: string): Unread {
  return { path, reason, isAsked: true }
}

/** A file's name without its ending, as the title of a call. */
function titleOf(path: string): string {
  const name = basename(path, extname(path)).replace(/[\p{Cc}\p{Cf}]/gu, '')
  return name.toWellFormed().slice(0, 1_000) || 'Imported call'
}

async function openFrom(file: SourceFile, fromLine: number): Promise<Readable> {
  if (fromLine <= 1) return createReadStream(file.path)
  const rest = createReadStream(file.path, { start: await offsetOf(file.path, fromLine) })
  if (file.kind !== 'csv') return rest
  const header = await firstLineOf(file.path)
  return Readable.from(
    (async function* () {
      yield header
      yield* rest
    })(),
    { objectMode: false },
  )
}

const LF = 10

/** Where a line begins in a file. */
async function offsetOf(path: string, line: number): Promise<number> {
  let at = 0
  let no = 1
  for await (const piece of createReadStream(path)) {
    const bytes = piece as Buffer
    for (let i = bytes.indexOf(LF); i !== -1; i = bytes.indexOf(LF, i + 1)) {
      no += 1
      if (no === line) return at + i + 1
    }
    at += bytes.length
  }
  return at
}

async function firstLineOf(path: string): Promise<Buffer> {
  const lines = lineCutter(1024 * 1024)
  for await (const piece of createReadStream(path)) {
    for (const { bytes } of lines.push(piece as Buffer)) {
      return Buffer.concat([bytes ?? Buffer.alloc(0), Buffer.from('\n')])
    }
  }
  return Buffer.from('\n')
}

/** Messages of a file each as one mbox. What cannot be read any more is told. */
async function* packed(files: readonly SourceFile[]): AsyncGenerator<ImportBody | Unread> {
  const parts: Buffer[] = []
  const begins: { line: number; path: string }[] = []
  const sent: SourceFile[] = []
  let line = 1
  for (const file of files) {
    const raw = await readFile(file.path).catch(() => undefined)
    if (!raw) {
      yield unread(file.path, 'cannot be read')
      continue
    }
    const message = mboxMessageOf(raw, postmarkOf(file))
    begins.push({ line, path: file.path })
    parts.push(message)
    sent.push(file)
    line += linesIn(message)
  }
  if (parts.length === 0) return
  const body = Buffer.concat(parts)
  yield {
    ...{ type: types.mbox, query: {}, files: sent, repeatsLine: true },
    open: async (fromLine) => body.subarray(offsetIn(body, fromLine)),
    placeOf(at) {
      const begin = begins.findLast((one) => one.line <= at) ?? begins[0]!
      // The From line is ours: the file's first line is the one behind it.
      return { path: begin.path, line: Math.max(1, at - begin.line) }
    },
  }
}

/** A message between a From line and an empty one; lines in it that look like a From line are quoted. */
function mboxMessageOf(raw: Buffer, postmark: string): Buffer {
  const bytes = raw[0] === 0xef && raw[1] === 0xbb && raw[2] === 0xbf ? raw.subarray(3) : raw
  const parts: Buffer[] = [Buffer.from(`From sluice ${postmark}\n`)]
  let from = 0
  for (const found of bytes.toString('latin1').matchAll(/^>*From /gm)) {
    parts.push(bytes.subarray(from, found.index), Buffer.from('>'))
    from = found.index
  }
  parts.push(bytes.subarray(from), Buffer.from(bytes.at(-1) === LF ? '\n' : '\n\n'))
  return Buffer.concat(parts)
}

/** When a maildir says that a message came; else no time, so that one without a date is told as such. */
function postmarkOf({ path, isMaildir }: SourceFile): string {
  const seconds = isMaildir ? /^(\d{9,10})\./.exec(basename(path))?.[1] : undefined
  return seconds ? new Date(Number(seconds) * 1000).toUTCString() : '00:00'
}

function linesIn(bytes: Buffer): number {
  let lines = 0
  for (let i = bytes.indexOf(LF); i !== -1; i = bytes.indexOf(LF, i + 1)) lines += 1
  return lines
}

function offsetIn(bytes: Buffer, line: number): number {
  let at = 0
  for (let no = 1; no < line; no += 1) at = bytes.indexOf(LF, at) + 1
  return at
}
