import { ApiProblem, api, ask, search } from '../../api/client.ts'
import type { Import } from '../../api/types.ts'

/** What the rows of a CSV file can be, and who can have written a JSON transcript. */
export const csvKinds = ['account', 'contact', 'deal', 'lead'] as const
export const services = { deepgram: 'Deepgram', assemblyai: 'AssemblyAI', whisper: 'Whisper' }

/** A file that somebody chose, and what is known of it. */
export interface ChosenFile {
  no: number
  file: File
  /** Undefined: this kind of file is not read. */
  type: string | undefined
  /** Of a CSV file, what its rows are; of a JSON file, who wrote it. */
  as: string | undefined
}

/** How one file went. */
export interface Sent {
  no: number
  name: string
  state: 'sending' | 'running' | 'ended' | 'refused'
  answer?: Import | undefined
  error?: string | undefined
}

const types: Record<string, string> = {
  ...{ ndjson: 'application/x-ndjson', jsonl: 'application/x-ndjson' },
  ...{ eml: 'message/rfc822', mbox: 'application/mbox', mbx: 'application/mbox' },
  ...{ vtt: 'text/vtt', srt: 'application/x-subrip' },
  ...{ json: 'application/json', csv: 'text/csv' },
}
export const endings = Object.keys(types).map((ending) => `.${ending}`)

export function isTranscript({ type }: ChosenFile): boolean {
  return /vtt|subrip|^application\/json/.test(type ?? '')
}

/** What keeps a file from being imported. */
export function faultOf({ type, as }: ChosenFile): string | undefined {
  if (!type) return 'This kind of file is not read.'
  if (type === 'text/csv' && !as) return 'Say what its rows are.'
  return type === 'application/json' && !as ? 'Say who wrote it.' : undefined
}

let lastNo = 0

export async function chosen(file: File): Promise<ChosenFile> {
  const type = types[file.name.split('.').at(-1)?.toLowerCase() ?? '']
  const as =
    type === 'text/csv'
      ? csvKindOf(file.name)
      : type === 'application/json'
        ? await serviceOf(file)
        : undefined
  lastNo += 1
  return { no: lastNo, file, type, as }
}

function csvKindOf(name: string): string | undefined {
  const words = { account: /account|compan/i, contact: /contact/i, deal: /deal|opportunit/i }
  return Object.entries({ ...words, lead: /lead/i }).find(([, word]) => word.test(name))?.[0]
}

const LOOKED_AT_BYTES = 40 * 1024 * 1024

async function serviceOf(file: File): Promise<string | undefined> {
  if (file.size > LOOKED_AT_BYTES) return undefined
  try {
    const answer = JSON.parse(await file.text())
    if (answer?.results?.channels || answer?.results?.utterances) return 'deepgram'
    if ('audio_duration' in answer || 'acoustic_model' in answer) return 'assemblyai'
    return 'segments' in answer || 'transcription' in answer ? 'whisper' : undefined
  } catch {
    return undefined
  }
}

export interface SendOptions {
  history: boolean
  dryRun: boolean
  /** Names of one's own people in transcripts, separated by commas. */
  company: string
}

const POLL_MS = 700

/** Sends one file and follows it to its end; tells each state on the way. */
export async function sendFile(
  one: ChosenFile,
  { history, dryRun, company }: SendOptions,
  tell: (sent: Sent) => void,
): Promise<void> {
  const { no, file, type, as } = one
  const sent = { no, name: file.name }
  const query = {
    ...{ history, dryRun },
    ...(type === 'text/csv' ? { kind: as } : {}),
    ...(type === 'application/json' ? { format: as } : {}),
    ...(isTranscript(one) ? { title: titleOf(file.name) } : {}),
    ...(isTranscript(one) ? { startedAt: new Date(file.lastModified).toISOString() } : {}),
    ...(isTranscript(one) && company.trim() ? { company: company.trim() } : {}),
  }
  tell({ ...sent, state: 'sending' })
  try {
    const headers = { 'content-type': type!, 'idempotency-key': crypto.randomUUID() }
    let answer = await ask<Import>('POST', `/v1/import${search(query)}`, file, headers)
    while (answer.status === 'running') {
      tell({ ...sent, state: 'running', answer })
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      // A line that breaks stops only the telling: the server goes on by itself.
      answer = await api.get<Import>(`/v1/imports/${answer.id}`).catch((error) => {
        if (error instanceof ApiProblem) throw error
        return answer
      })
    }
    tell({ ...sent, state: 'ended', answer })
  } catch (error) {
    tell({ ...sent, state: 'refused', error: (error as Error).message })
  }
}

function titleOf(name: string): string {
  const title = name.replace(/\.[^.]*$/, '').replace(/[\p{Cc}\p{Cf}]/gu, '')
  return title.slice(0, 1_000) || 'Imported call'
}

/** Every line of an import that was not taken, as a CSV file to be kept. */
export async function saveRejected(id: string, name: string): Promise<void> {
  const rows = ['line,reason']
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: { data: { line: number; error: string }[]; nextCursor: string | null } =
      await api.get(`/v1/imports/${id}/rejected`, { limit: 1000, cursor: cursor || undefined })
    rows.push(...page.data.map(({ line, error }) => `${line},${cellOf(error)}`))
    cursor = page.nextCursor
  }
  const url = URL.createObjectURL(new Blob([rows.join('\r\n')], { type: 'text/csv' }))
  const link = Object.assign(document.createElement('a'), {
    href: url,
    download: `${name.replace(/[^\w.-]+/g, '_')}-not-taken.csv`,
  })
  link.click()
  URL.revokeObjectURL(url)
}

/** A cell that no spreadsheet takes for a formula. */
function cellOf(text: string): string {
  const plain = /^[=+\-@\t]/.test(text) ? `'${text}` : text
  return `"${plain.replaceAll('"', '""')}"`
}
