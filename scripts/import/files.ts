import { open, readdir, stat } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'

export type FileKind = 'ndjson' | 'eml' | 'mbox' | 'vtt' | 'srt' | 'json' | 'csv'

/** A file to import. */
export interface SourceFile {
  path: string
  kind: FileKind
  bytes: number
  changedAt: Date
  /** Lies in the `cur` or `new` of a maildir. */
  isMaildir: boolean
}

/** What was found but cannot be imported. */
export interface Unread {
  path: string
  reason: string
  /** Whether somebody named it; what merely lies in a folder is told and is no failure. */
  isAsked: boolean
}

const endings: Record<string, FileKind> = {
  ...{ '.ndjson': 'ndjson', '.jsonl': 'ndjson', '.eml': 'eml', '.mbox': 'mbox', '.mbx': 'mbox' },
  ...{ '.vtt': 'vtt', '.srt': 'srt', '.json': 'json', '.csv': 'csv' },
}

/** The files under some paths, by name; links in folders are told and not followed, so that none goes in circles. */
export async function* filesUnder(paths: readonly string[]): AsyncGenerator<SourceFile | Unread> {
  for (const path of paths) yield* walk(path, true)
}

async function* walk(path: string, isAsked: boolean): AsyncGenerator<SourceFile | Unread> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error)
  if (found instanceof Error) {
    yield { path, reason: `cannot be read (${found.code})`, isAsked: true }
    return
  }
  if (found.isDirectory()) {
    const entries = await readdir(path, { withFileTypes: true }).catch((error: Error) => error)
    if (entries instanceof Error) {
      yield { path, reason: 'cannot be read', isAsked: true }
      return
    }
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const inside = join(path, entry.name)
      if (!entry.isSymbolicLink()) yield* walk(inside, false)
      else yield { path: inside, reason: 'is a link, which is not followed', isAsked: false }
    }
    return
  }
  const isMaildir = /^(?:cur|new)$/.test(basename(dirname(path)))
  const kind = endings[extname(path).toLowerCase()] ?? (isMaildir ? 'eml' : undefined)
  if (!found.isFile() || !kind) {
    yield { path, reason: 'is not a kind of file that is imported', isAsked }
    return
  }
  yield { path, kind, bytes: found.size, changedAt: found.mtime, isMaildir }
}

/** What is referred to comes before what refers to it. */
export function importOrder(a: SourceFile, b: SourceFile): number {
  return rankOf(a) - rankOf(b)
}

function rankOf({ kind, path }: SourceFile): number {
  if (kind === 'csv') return csvKindOf(path) === 'account' ? 0 : 1
  return kind === 'ndjson' ? 2 : 3
}

/** What the rows of a CSV file are, as its name tells: `contacts-2026.csv`. */
export function csvKindOf(path: string): string | undefined {
  const name = basename(path).toLowerCase()
  if (/account|compan/.test(name)) return 'account'
  if (/contact/.test(name)) return 'contact'
  if (/deal|opportunit/.test(name)) return 'deal'
  return /lead/.test(name) ? 'lead' : undefined
}

const JSON_BYTES_MAX = 40 * 1024 * 1024

/** The service that wrote a JSON file, as its members tell. */
export async function serviceOf({ path, bytes }: SourceFile): Promise<string | undefined> {
  if (bytes > JSON_BYTES_MAX) return undefined
  const file = await open(path)
  try {
    const answer = JSON.parse((await file.readFile('utf8')).replace(/^\uFEFF/, ''))
    if (answer?.results?.channels || answer?.results?.utterances) return 'deepgram'
    if ('audio_duration' in answer || 'acoustic_model' in answer) return 'assemblyai'
    return 'segments' in answer || 'transcription' in answer ? 'whisper' : undefined
  } catch {
    return undefined
  } finally {
    await file.close()
  }
}
