/**
 * Turns a folder of public calls and emails (calls.jsonl, emails.jsonl) into the ndjson that
 * `POST /v1/import` takes, on standard output:
 *
 *   node scripts/convert-data.ts <folder> [--limit N] [--kind call|email]
 *
 * `--limit` takes the first N of each. A call without a date gets one of its own in 2026, always the
 * same for the same id; lines without anybody to send them are left out and counted on standard error.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'

interface SourceCall {
  id: string
  title: string | null
  started_at: string | null
  duration_seconds: number
  parties: { id: string; name: string | null; role: string | null }[]
  turns: { speaker: string; text: string; start_s?: number; end_s?: number }[]
}

interface SourcePerson {
  name: string | null
  email: string | null
}

interface SourceEmail {
  id: string
  message_id: string | null
  thread_id?: string
  sent_at: string
  from: SourcePerson
  to: SourcePerson[]
  cc: SourcePerson[]
  subject: string | null
  body: string
  folder?: string
  labels?: { category: string }[]
}

/** A call of the data as a line of an import. */
export function callLine(call: SourceCall) {
  return {
    kind: 'call',
    id: call.id,
    title: call.title || call.id,
    startedAt: momentOf(call.started_at) ?? someDateOf(call.id),
    durationSeconds: call.duration_seconds,
    scope: 'unknown',
    parties: call.parties.map(({ id, name, role }) => ({
      id,
      name: name ?? id,
      affiliation: isCustomer(role) ? 'customer' : 'company',
    })),
    transcript: call.turns.map(({ speaker, text, start_s, end_s }) => ({
      partyId: speaker,
      ...(start_s === undefined ? {} : { startSeconds: start_s }),
      ...(end_s === undefined ? {} : { endSeconds: end_s }),
      text,
    })),
  }
}

/** An email of the data as a line of an import; undefined when nobody sent it. */
export function emailLine(email: SourceEmail) {
  const [from] = mailboxes([email.from])
  if (!from) return undefined
  return {
    kind: 'email',
    id: email.id,
    ...(email.message_id ? { messageId: email.message_id } : {}),
    ...(email.thread_id ? { threadId: email.thread_id } : {}),
    sentAt: new Date(email.sent_at).toISOString(),
    from,
    to: mailboxes(email.to),
    cc: mailboxes(email.cc),
    subject: email.subject ?? '',
    body: email.body,
    folders: email.folder ? [email.folder] : [],
    labels: [...new Set((email.labels ?? []).map(({ category }) => category))],
  }
}

function isCustomer(role: string | null): boolean {
  return role !== null && /customer|patient|client/i.test(role)
}

function mailboxes(people: readonly SourcePerson[]) {
  return people.flatMap(({ name, email }) =>
    email && /^[^\s@<>"(),;:\\[\]]+@[^\s@<>"(),;:\\[\]]+$/.test(email) ? [{ name, email }] : [],
  )
}

/** A source that knows only the day gives no time. */
function momentOf(given: string | null): string | undefined {
  return given && /^\d{4}-\d\d-\d\d$/.test(given) ? `${given}T00:00:00Z` : (given ?? undefined)
}

function someDateOf(id: string): string {
  const minutes = createHash('sha256').update(id).digest().readUInt32BE() % (180 * 24 * 60)
  return new Date(Date.UTC(2026, 0, 1) + minutes * 60_000).toISOString()
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { limit: { type: 'string' }, kind: { type: 'string' } },
  })
  const [folder] = positionals
  if (folder === undefined) throw new Error('Say which folder holds calls.jsonl and emails.jsonl.')
  const limit = values.limit === undefined ? Infinity : Number(values.limit)
  const sources = [
    { kind: 'call', file: 'calls.jsonl', line: (row: unknown) => callLine(row as SourceCall) },
    { kind: 'email', file: 'emails.jsonl', line: (row: unknown) => emailLine(row as SourceEmail) },
  ]
  for (const { kind, file, line } of sources) {
    if (values.kind && values.kind !== kind) continue
    let taken = 0
    let left = 0
    for await (const text of createInterface({ input: createReadStream(join(folder, file)) })) {
      if (taken >= limit) break
      const converted = line(JSON.parse(text))
      if (!converted) left += 1
      else {
        taken += 1
        if (!process.stdout.write(`${JSON.stringify(converted)}\n`)) await once('drain')
      }
    }
    console.error(`${kind}s: ${taken} written, ${left} left out`)
  }
}

function once(event: string): Promise<void> {
  return new Promise((resolve) => process.stdout.once(event, () => resolve()))
}

if (import.meta.main) await main()
