/** How a server is told who asks. */
export type Credential =
  | { kind: 'basic'; accessKey: string; accessKeySecret: string }
  | { kind: 'bearer'; token: string }

/** A server that speaks Gong's public API, whose calls, transcripts and users come in. */
export interface Connector {
  id: string
  name: string
  baseUrl: string
  credentialKind: Credential['kind']
  sealedCredential: Buffer
  /** Calls that began before this come in as history; null: all of them do. */
  newFrom: Date | null
  /** Calls that began before this are left alone. */
  since: Date
  /** How often it is read by itself; null: only by hand. */
  everyMinutes: number | null
  enabled: boolean
  /** Calls that began before this are in. */
  syncedTo: Date | null
  /** Where the sync under way stands; null when none is. */
  place: Place | null
  revision: bigint
  nextAt: Date | null
  createdAt: Date
}

/** A page of a sync: its users, then its calls that began in `[from, to)`. */
export interface Place {
  step: 'users' | 'calls'
  from: string
  to: string
  /** The cursor that the other server gave; null for the first page. */
  page: string | null
}

export const runStatuses = ['running', 'done', 'failed', 'stopped'] as const

/** One sync, by the schedule or by hand. */
export interface SyncRun {
  id: string
  connectorId: string
  cause: 'schedule' | 'hand'
  status: (typeof runStatuses)[number]
  startedAt: Date
  endedAt: Date | null
  users: number
  calls: number
  transcripts: number
  rejectedCount: number
  rejected: Rejected[]
  failures: number
  error: string | null
}

/** Something that could not be taken over, by the other server's id. */
export interface Rejected {
  id: string
  error: string
}

const DAY_MS = 86_400_000
/** Calls are often there only a while after they began, and their transcripts later still. */
const AGAIN_MS = 3 * DAY_MS

/** Where a sync begins: with what began up to three days before the last one ended, which is read again. */
export function firstPlace(
  { syncedTo, since }: Pick<Connector, 'syncedTo' | 'since'>,
  now: Date,
): Place {
  const again = syncedTo ? new Date(syncedTo.getTime() - AGAIN_MS) : since
  const from = again > since ? again : since
  return { step: 'users', from: from.toISOString(), to: now.toISOString(), page: null }
}

/** The place behind a page; undefined behind the last one. */
export function placeAfter(place: Place, next: string | undefined): Place | undefined {
  if (next !== undefined) return { ...place, page: next }
  return place.step === 'users' ? { ...place, step: 'calls', page: null } : undefined
}

/** So often in a row a server may fail to answer usefully before a sync gives up. */
export const FAILURES_MAX = 8
const WAIT_MS = 5_000
const WAIT_MAX_MS = 15 * 60_000

/** How long to wait before asking again: as long as the server says, else longer each time. */
export function waitFor(failures: number, retryAfterMs: number | undefined): number {
  const own = Math.min(WAIT_MAX_MS, WAIT_MS * 2 ** (failures - 1))
  return Math.min(DAY_MS, retryAfterMs ?? own)
}

const REJECTED_MAX = 100

/** A run with what one page brought; an answer that was useful ends the row of failures. */
export function withPage(
  run: SyncRun,
  page: { users: number; calls: number; transcripts: number; rejected: readonly Rejected[] },
): SyncRun {
  return {
    ...run,
    users: run.users + page.users,
    calls: run.calls + page.calls,
    transcripts: run.transcripts + page.transcripts,
    rejectedCount: run.rejectedCount + page.rejected.length,
    rejected: [...run.rejected, ...page.rejected].slice(0, REJECTED_MAX),
    failures: 0,
    error: null,
  }
}
