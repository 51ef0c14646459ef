import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { parseArgs } from 'node:util'
import { emailLine } from '../scripts/convert-data.ts'
import { openImporter, readImport } from '../src/conversations/service/imports.ts'
import type { Caller } from '../src/kit/caller.ts'
import { systemClock } from '../src/platform/clock.ts'
import { openDatabase } from '../src/platform/database.ts'
import { importByEachDoor } from './import-doors.ts'
import { openBenchDatabase } from './kit/database.ts'
import { cpuTimes, machineLine } from './kit/machine.ts'

/** Without a folder of real emails, these stand in. */
const BUILT = Array.from({ length: 200 }, (_, i) => ({
  ...{
    kind: 'email',
    id: `built-${i}`,
    messageId: `built-${i}@bench.test`,
    sentAt: '2026-01-01T00:00:00Z',
  },
  ...{ subject: `Note ${i}`, from: { email: `p${i % 40}@customer${i % 10}.test` } },
  to: [{ email: 'rea@ourside.test' }, { email: `q${i % 30}@ourside.test` }],
  body: 'We talked about the budget, the plan for the year and who signs it. '.repeat(5 + (i % 60)),
}))

/**
 * Imports emails as ndjson through the importer: spooled, read, checked, linked and written, each batch
 * durable. Says emails per second, the processor time of both programs for 1,000 emails, and the memory of
 * the process before, at its peak and by the quarter. With a folder of real data, all of it goes in by each
 * door of a whole server first.
 *
 *   npm run bench import -- [--emails 20000 | --megabytes 1024 | --long] [--data <folder>]
 *
 * `--long` is 1,024 megabytes.
 */
export async function bench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      emails: { type: 'string', default: '20000' },
      megabytes: { type: 'string' },
      long: { type: 'boolean', default: false },
      data: { type: 'string', default: process.env.SLUICE_DATA ?? '' },
    },
  })
  const source = values.data ? await realEmails(values.data) : BUILT
  const megabytesMax = values.megabytes ?? (values.long ? '1024' : undefined)
  const bytesMax = megabytesMax ? Number(megabytesMax) * 2 ** 20 : Number.POSITIVE_INFINITY
  const emailsMax = megabytesMax ? Number.POSITIVE_INFINITY : Number(values.emails)
  console.log(machineLine())
  if (values.data) {
    const doors = await openBenchDatabase()
    await importByEachDoor(doors.url, values.data).finally(() => doors.drop())
  }
  const database = await openBenchDatabase()
  const db = openDatabase({ url: database.url })
  const spoolDir = await mkdtemp(join(tmpdir(), 'sluice-bench-import-'))
  try {
    await database.owner.query(
      "insert into company (id, public_id, name, timezone, created_at) values (1, 'bench', 'Bench', 'UTC', now())",
    )
    const deps = {
      db,
      clock: systemClock,
      arrivals: [],
      erasures: [],
      priceArrivals: async () => [],
    }
    const importer = openImporter({ ...deps, spoolDir, onError: (error) => console.error(error) })
    const body = linesOf(source, emailsMax, bytesMax)
    const before = process.memoryUsage.rss()
    const begun = performance.now()
    const cpuBefore = cpuTimes(database.postmaster)
    const { taken } = await importer.take(db, caller, {
      ...{ format: 'ndjson', stream: Readable.from(body.pieces, { objectMode: false }), key: '' },
      asked: { history: false, dryRun: false, private: false },
    })
    const spooled = performance.now()
    const seen: { done: number; rss: number }[] = []
    let one = taken
    while (one.status === 'running') {
      await new Promise((resolve) => setTimeout(resolve, 200))
      one = await readImport(deps, caller, taken.id)
      seen.push({ done: Number(one.accepted), rss: process.memoryUsage.rss() })
    }
    const seconds = (performance.now() - begun) / 1000
    const cpuAfter = cpuTimes(database.postmaster)
    const perThousand = (used: number) => Math.round((used * 1e6) / Number(one.accepted))
    const megabytes = Number(one.bytes) / 2 ** 20
    console.log(
      `import: ${one.accepted} emails, ${one.rejectedCount} rejected, ${megabytes.toFixed(0)} MB of ndjson (${values.data ? 'real' : 'built'} emails, ids made unique)`,
    )
    console.log(
      `spooled in ${((spooled - begun) / 1000).toFixed(1)} s, all done after ${seconds.toFixed(1)} s, ${one.status}`,
    )
    console.log(
      `processor time for 1,000 emails: ${perThousand(cpuAfter.ours - cpuBefore.ours)} ms of ours, ${perThousand(cpuAfter.postgres - cpuBefore.postgres)} ms of postgres`,
    )
    const quarter = (part: number) =>
      inMegabytes(seen[Math.min(seen.length - 1, Math.floor(seen.length * part))]?.rss ?? before)
    const peak = inMegabytes(Math.max(before, ...seen.map(({ rss }) => rss)))
    console.log(
      `memory in MB: ${inMegabytes(before)} before, ${[0.25, 0.5, 0.75, 1].map(quarter).join(', ')} by the quarter, ${peak} at most`,
    )
    console.log(
      `import: ${Math.round(Number(one.accepted) / seconds)} emails/s, ${peak} MB at most`,
    )
    await importer.close()
  } finally {
    await db.close()
    await database.drop()
    await rm(spoolDir, { recursive: true, force: true })
  }
}

const caller: Caller = {
  ...{ kind: 'key', companyNo: 1, companyId: 'bench', scopes: ['admin'] },
  ...{ integrationId: 'bench', access: 'shared' },
}

interface Line {
  id: string
  messageId?: string
}

async function realEmails(folder: string): Promise<Line[]> {
  const rows = (await readFile(join(folder, 'emails.jsonl'), 'utf8')).trim().split('\n')
  return rows.flatMap((row) => emailLine(JSON.parse(row)) ?? [])
}

/** The emails over and over, each time under ids of their own, until there are enough. */
function linesOf(source: readonly Line[], emailsMax: number, bytesMax: number) {
  async function* pieces(): AsyncGenerator<Buffer> {
    let bytes = 0
    for (let no = 0; no < emailsMax && bytes < bytesMax; ) {
      let text = ''
      for (let i = 0; i < 100 && no < emailsMax; i += 1, no += 1) {
        const email = source[no % source.length]!
        const round = Math.floor(no / source.length)
        const messageId = `${round}.${email.messageId ?? email.id}`
        text += `${JSON.stringify({ ...email, id: `${round}-${email.id}`, messageId })}\n`
      }
      const piece = Buffer.from(text)
      bytes += piece.length
      yield piece
    }
  }
  return { pieces: pieces() }
}

function inMegabytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20)
}

if (import.meta.main) await bench(process.argv.slice(2))
