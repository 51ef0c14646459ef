import { createHash } from 'node:crypto'
import { z } from 'zod'
import { NewMember } from '../companies/shapes.ts'
import { canonical } from '../kit/canonical.ts'
import { invalid } from '../kit/problem.ts'
import { credits, text, timeOut } from '../platform/shapes.ts'
import { type EntityChanges, newEntity } from './entities.ts'
import { services } from './formats/services.ts'
import type { EntityType } from './selection.ts'
import { NewCall, NewEmail } from './shapes.ts'

/** What is sent as what content type; JSON is the answer of a transcription service. */
export const contentTypes = {
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
  'message/rfc822': 'eml',
  'application/mbox': 'mbox',
  'text/vtt': 'vtt',
  'application/x-subrip': 'srt',
  'text/srt': 'srt',
  'text/csv': 'csv',
  'application/json': 'json',
} as const
export type ContentFormat = (typeof contentTypes)[keyof typeof contentTypes]

/** The formats that can be imported. */
export type Format = Exclude<ContentFormat, 'json'> | (typeof services)[number]

/** The format of a body, by its content type and what the query adds. Refuses what does not tell enough. */
export function formatOf(content: ContentFormat, { format, kind }: ImportQuestion): Format {
  if (content === 'csv' && !kind) {
    throw invalid('kind', 'must say what a CSV file holds: account, contact, deal or lead')
  }
  if (content !== 'json') return content
  if (!format) throw invalid('format', `must be one of ${services.join(', ')} for JSON`)
  return format
}

/** One thing that a body brings, with the line it begins at; or why nothing can be made of it. */
export type Brought = { line: number } & (
  | { kind: 'call'; asked: NewCall }
  | { kind: 'email'; asked: NewEmail }
  | { kind: EntityType; asked: EntityChanges & { id?: string | undefined } }
  | { kind: 'member'; asked: z.infer<typeof NewMember> }
  | { kind: 'nothing'; error: string }
)

/** A line that was not taken, and why. */
export interface Rejection {
  line: number
  error: string
}

/** What became of a body: what it brought is in, or rejected with the reason. */
export interface Tally {
  /** Everything up to this line is in or rejected. */
  line: number
  accepted: number
  rejectedCount: number
  /** The first of the rejected lines. */
  rejected: Rejection[]
}

/** So many are in the answer of an import. */
export const REJECTED_SHOWN = 1_000
/** So many are kept of one import; those behind are only counted. */
export const REJECTED_KEPT = 1_000_000

export function emptyTally(): Tally {
  return { line: 0, accepted: 0, rejectedCount: 0, rejected: [] }
}

export function reject(tally: Tally, line: number, error: string): void {
  tally.rejectedCount += 1
  if (tally.rejected.length < REJECTED_SHOWN) tally.rejected.push({ line, error })
}

const kinds = {
  call: NewCall,
  email: NewEmail,
  account: newEntity('account'),
  contact: newEntity('contact'),
  deal: newEntity('deal'),
  lead: newEntity('lead'),
  member: NewMember,
} satisfies Record<string, z.ZodType>

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** What one line of ndjson brings; undefined for an empty line. */
export function broughtByLine(line: number, bytes: Buffer): Brought | undefined {
  let value: unknown
  try {
    const text = utf8.decode(bytes)
    if (text.trim() === '') return undefined
    value = JSON.parse(text)
  } catch (error) {
    const what = error instanceof SyntaxError ? 'JSON' : 'UTF-8'
    return { line, kind: 'nothing', error: `is not ${what}` }
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return { line, kind: 'nothing', error: 'is not a JSON object' }
  }
  const { kind, ...rest } = value as Record<string, unknown>
  if (typeof kind !== 'string' || !Object.hasOwn(kinds, kind)) {
    return { line, kind: 'nothing', error: `kind: must be one of ${Object.keys(kinds).join(', ')}` }
  }
  return named(brought(line, kind as keyof typeof kinds, rest), rest)
}

/** Without an id a line gets one from what it says, so that the same line is the same thing when it comes again. */
function named(one: Brought, { history: _, ...said }: Record<string, unknown>): Brought {
  if (one.kind === 'nothing' || one.kind === 'member' || isNamed(one.asked)) return one
  const hash = createHash('sha256').update(canonical(said)).digest('hex').slice(0, 40)
  return { ...one, asked: { ...one.asked, id: `${one.kind}_${hash}` } } as Brought
}

function isNamed(asked: { id?: unknown; messageId?: unknown; externalId?: unknown }): boolean {
  return Boolean(asked.id ?? asked.messageId ?? asked.externalId)
}

/** A thing of a known kind, checked. */
export function brought(line: number, kind: keyof typeof kinds, value: unknown): Brought {
  const checked = kinds[kind].safeParse(value)
  if (checked.success) return { line, kind, asked: checked.data } as Brought
  const [issue] = checked.error.issues
  const path = issue?.path.join('.')
  return {
    line,
    kind: 'nothing',
    error: `${path ? `${path}: ` : ''}${issue?.message ?? 'does not fit'}`,
  }
}

/** An import as it is remembered. */
export interface DataImport {
  id: string
  status: 'running' | 'done' | 'stopped' | 'failed'
  format: Format
  bytes: bigint
  history: boolean
  dryRun: boolean
  line: bigint
  accepted: bigint
  rejectedCount: bigint
  rejected: Rejection[]
  charges: Charge[] | null
  error: string | null
  contentHash: Buffer
  createdAt: Date
  beatAt: Date
  endedAt: Date | null
}

/** What a published tracker would charge; credits as the answer shows them. */
export interface Charge {
  trackerId: string
  name: string
  items: number
  credits: number
}

/** How long an import may be silent before it counts as interrupted. */
export const SILENCE_MAX_MS = 60_000

/** An import whose server went away reads `stopped`: it says how far it came, and can be sent again. */
export function judged(one: DataImport, now: Date): DataImport {
  const silent = now.getTime() - one.beatAt.getTime() > SILENCE_MAX_MS
  if (one.status !== 'running' || !silent) return one
  return { ...one, status: 'stopped', error: 'The server was stopped. Send the rest again.' }
}

const flag = z
  .enum(['true', 'false', '1', '0', ''])
  .optional()
  .transform((value) => value !== undefined && value !== 'false' && value !== '0')

/** The query of an import; what a transcript does not say of its call is told here. */
export const ImportQuestion = z.strictObject({
  history: flag.meta({ description: 'Bring everything in as history: it starts nothing.' }),
  dryRun: flag.meta({ description: 'Change nothing; tell what would be taken and charged.' }),
  kind: z.enum(['account', 'contact', 'deal', 'lead']).optional().meta({
    description: 'CSV: what its rows are.',
  }),
  format: z.enum(services).optional().meta({
    description: 'JSON: the transcription service that answered it.',
  }),
  id: text(200).optional(),
  title: text(1_000).optional(),
  startedAt: z.string().max(50).optional(),
  durationSeconds: z.coerce.number().optional(),
  direction: text(20).optional(),
  scope: text(20).optional(),
  private: flag,
  accountId: text(200).optional(),
  dealId: text(200).optional(),
  company: text(5_000).optional().meta({
    description:
      'Transcripts: names of the speakers who are the company’s own, separated by commas.',
  }),
})
export type ImportQuestion = z.infer<typeof ImportQuestion>

/** One line that was not taken. */
export const Rejected = z.object({ line: z.number().int(), error: z.string() })

const tally = {
  accepted: z.number().int(),
  rejectedCount: z.number().int(),
  rejected: z
    .array(Rejected)
    .meta({ description: 'The first 1,000; GET /v1/imports/{id}/rejected has them all.' }),
}

/** What an import answers, and what is read of one later. */
export const ImportOut = z
  .object({
    id: z.string().nullable(),
    status: z.enum(['running', 'done', 'stopped', 'failed']),
    format: z.string(),
    ...tally,
    line: z.number().int().meta({ description: 'How far it came.' }),
    bytes: z.number().int(),
    history: z.boolean(),
    dryRun: z.boolean(),
    charges: z
      .array(
        z.object({
          trackerId: z.string(),
          name: z.string(),
          items: z.number().int(),
          credits,
        }),
      )
      .nullable()
      .meta({ description: 'Of a dry run: what published trackers would charge.' }),
    error: z.string().nullable(),
    createdAt: timeOut,
    endedAt: timeOut.nullable(),
  })
  .meta({ id: 'Import' })
