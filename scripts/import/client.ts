import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import type { ImportBody } from './bodies.ts'

/** What became of a body, in lines of the whole body. */
export interface Outcome {
  accepted: number
  rejected: { line: number; error: string }[]
  /** How many lines were not taken; more than are in `rejected` only when the key may not read them. */
  rejectedCount: number
  charges: { trackerId: string; name: string; items: number; credits: number }[]
}

/** Why nothing more can be sent. */
export class CannotGoOn extends Error {}
/** Why the server took nothing of a body. */
export class Refused extends Error {}

interface Answer {
  id: string
  status: 'running' | 'done' | 'stopped' | 'failed'
  line: number
  accepted: number
  rejectedCount: number
  rejected: { line: number; error: string }[]
  charges: Outcome['charges'] | null
  error: string | null
}

interface RejectedPage {
  data: Answer['rejected']
  nextCursor: string | null
}

export interface ClientOptions {
  url: string
  key: string
  query: Record<string, string>
  /** Told how far a large body is, while it runs. */
  onProgress: (accepted: number, rejected: number) => void
}

const TRIES = 6
const POLL_MS = 500
const RUNNING_TRIES = 240

/**
 * Sends a body and waits until all of it is in or rejected. What breaks off is tried again: the request
 * under its key, so that nothing comes twice; a large import that its server left from the line it came to.
 */
export async function sendBody(options: ClientOptions, body: ImportBody): Promise<Outcome> {
  const total: Outcome = { accepted: 0, rejected: [], rejectedCount: 0, charges: [] }
  const shownBy = body.type === 'text/csv' ? 1 : 0
  for (let fromLine = 1, fruitless = 0; ; ) {
    const first = await request(options, 'POST', pathOf(options, body), body, fromLine)
    const end = await untilEnded(options, first, total)
    // Behind a CSV file's header, which was sent again.
    const behind = fromLine === 1 ? 0 : fromLine - 1 - shownBy
    const rejected = await allRejected(options, end)
    total.accepted += end.accepted
    total.rejectedCount += end.rejectedCount
    for (const { line, error } of rejected) total.rejected.push({ line: line + behind, error })
    total.charges.push(...(end.charges ?? []))
    if (end.status === 'done') return total
    const reached = end.line + behind
    fruitless = reached > fromLine ? 0 : fruitless + 1
    if (fruitless >= TRIES) throw new CannotGoOn(end.error ?? 'the import does not go on')
    if (end.line > 0) {
      fromLine = body.repeatsLine ? reached : reached + 1
      // The thing at that line is counted already, and comes once more.
      if (body.repeatsLine && end.accepted > 0) total.accepted -= 1
    }
  }
}

function pathOf({ query }: ClientOptions, body: ImportBody): string {
  return `/v1/import?${new URLSearchParams({ ...query, ...body.query })}`
}

async function untilEnded(options: ClientOptions, first: Answer, before: Outcome): Promise<Answer> {
  let now = first
  while (now.status === 'running') {
    options.onProgress(before.accepted + now.accepted, before.rejectedCount + now.rejectedCount)
    await pause(POLL_MS)
    now = await request(options, 'GET', `/v1/imports/${first.id}`)
  }
  return now
}

/** Every line that was not taken; the answer itself has the first thousand. */
async function allRejected(options: ClientOptions, one: Answer): Promise<Answer['rejected']> {
  if (one.rejectedCount <= one.rejected.length) return one.rejected
  const all: Answer['rejected'] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: RejectedPage = await request<RejectedPage>(
      options,
      'GET',
      `/v1/imports/${one.id}/rejected?limit=1000${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
    ).catch((error) => {
      if (!(error instanceof CannotGoOn)) throw error
      return { data: one.rejected, nextCursor: null } satisfies RejectedPage
    })
    all.push(...page.data)
    cursor = page.nextCursor
  }
  return all
}

/** One request, tried again when the line breaks or the server is busy. */
async function request<Out = Answer>(
  { url, key }: ClientOptions,
  method: 'GET' | 'POST',
  path: string,
  body?: ImportBody,
  fromLine = 1,
): Promise<Out> {
  const idempotencyKey = randomUUID()
  const most = method === 'GET' ? RUNNING_TRIES : TRIES
  for (let attempt = 1; ; attempt += 1) {
    const sent: Readable | Buffer | undefined = await body?.open(fromLine)
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body ? { 'content-type': body.type, 'idempotency-key': idempotencyKey } : {}),
      },
      ...(sent ? { body: sent as never, duplex: 'half' } : {}),
    } as RequestInit).catch((error: Error & { cause?: { code?: string } }) => error)
    const wait = Math.min(30_000, 500 * 2 ** attempt)
    if (response instanceof Error) {
      const { cause } = response as { cause?: { code?: string } }
      const fault = cause?.code ?? response.message
      if (fault === 'ENOENT' || fault === 'EACCES') throw new Refused('cannot be read')
      if (attempt >= most) throw new CannotGoOn(`the server cannot be reached (${fault})`)
      await pause(method === 'GET' ? 1_000 : wait)
      continue
    }
    if (response.ok) return (await response.json()) as Out
    const problem = (await response.json().catch(() => ({}))) as { code?: string; detail?: string }
    const told = problem.detail ?? `the server answers ${response.status}`
    if (response.status === 401 || response.status === 403) throw new CannotGoOn(told)
    const isBusy =
      response.status === 429 ||
      response.status >= 500 ||
      problem.code === 'idempotency-in-progress'
    if (!isBusy) throw method === 'POST' ? new Refused(told) : new CannotGoOn(told)
    if (attempt >= most) throw new CannotGoOn(told)
    const asked = Number(response.headers.get('retry-after'))
    await pause(asked > 0 ? asked * 1000 : wait)
  }
}
