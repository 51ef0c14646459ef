import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import type { Item } from '../src/ai/model.ts'
import { createScripted, type ScriptedModel } from '../src/ai/scripted.ts'
import { openHouse } from '../src/house.ts'
import { createLog } from '../src/platform/log.ts'
import { openBenchDatabase } from './kit/database.ts'
import { atLeast, median, show, table, verdict } from './kit/figures.ts'
import { cpuTimes, cpuUse } from './kit/machine.ts'
import { begin } from './kit/options.ts'

const ABOUT =
  'trackers: emails through import, queue and model to a result with its charge, both durable; one question tracker'
const OPERATOR_KEY = 'op_only-for-benches-0123456789'
const LATENCY_MS = 300
/** What one tracker reads at once. */
const AT_ONCE = 64

/**
 * How fast a tracker reads: with a model that answers at once, so that all the time is ours, and with one
 * that takes its time, beside what its latency allows.
 */
export async function bench(args: string[]): Promise<void> {
  const { long } = begin(args, ABOUT)
  const database = await openBenchDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-trackers-'))
  // One email in five has something in it.
  const model = createScripted({ read: ({ item }) => readFifth(item) })
  const settings = {
    ...{
      databaseUrl: database.url,
      databasePool: 20,
      operatorKey: OPERATOR_KEY,
      publicUrl: undefined,
    },
    ...{ sessions: { idleMs: 60_000, longestMs: 60_000 }, ai: { provider: 'local' as const } },
    spoolDir: folder,
  }
  const house = await openHouse(settings, { log: createLog('error'), model })
  try {
    await house.startWork(4)
    const address = await house.app.listen({ port: 0, host: '127.0.0.1' })
    const run = async (latencyMs: number, items: number) => {
      model.script.latencyMs = latencyMs
      const before = cpuTimes(database.postmaster)
      const perSecond = await readEmails(address, database.owner, model, items)
      const after = cpuTimes(database.postmaster)
      const use = cpuUse(before, after)
      const seconds = after.at - before.at
      const perItem = (cores: number) => (cores * seconds * 1e6) / items
      return { perSecond, ours: perItem(use.ours), postgres: perItem(use.postgres), ...{ use } }
    }
    await run(0, 512)
    const rounds = long ? 7 : 3
    const atOnce: Awaited<ReturnType<typeof run>>[] = []
    for (let i = 0; i < rounds; i++) atOnce.push(await run(0, long ? 20_000 : 6_000))
    const slow: Awaited<ReturnType<typeof run>>[] = []
    for (let i = 0; i < (long ? 3 : 1); i++) slow.push(await run(LATENCY_MS, AT_ONCE * 40))
    const allowed = (AT_ONCE * 1000) / LATENCY_MS
    const row = (name: string, all: typeof atOnce) => [
      name,
      median(all.map(({ perSecond }) => perSecond)),
      median(all.map(({ ours }) => ours)),
      median(all.map(({ postgres }) => postgres)),
      median(all.map(({ use }) => use.foreign)),
    ]
    const head = ['model', 'items/s', 'our µs/item', 'postgres µs/item', 'foreign cores']
    const rows = [row('0 ms', atOnce), row(`${LATENCY_MS} ms, ${AT_ONCE} at once`, slow)]
    console.log(`\n${table(head, rows)}\n`)
    console.log(`${AT_ONCE} at once at ${LATENCY_MS} ms allow ${show(allowed)} items/s`)
    const [fast, steady] = rows.map((cells) => cells[1] as number) as [number, number]
    console.log(
      verdict('trackers', [
        atLeast('items/s at 0 ms', 1_000, fast),
        atLeast(`of what ${LATENCY_MS} ms allow`, 90, (steady / allowed) * 100, ' %'),
      ]),
    )
  } finally {
    await house.close()
    await database.drop()
    await rm(folder, { recursive: true, force: true })
  }
}

function readFifth({ id, turns }: Item) {
  if (Number(id.slice('mail-'.length)) % 5) return {}
  const { turn, text } = turns[0]!
  return { found: true, answer: 'Yes.', occurrences: [{ turn, quote: text.slice(0, 60) }] }
}

/** A new company's tracker over emails that are imported at once; gives results per second. */
async function readEmails(
  address: string,
  owner: pg.Pool,
  model: ScriptedModel,
  items: number,
): Promise<number> {
  const ask = async (key: string, path: string, payload: unknown, type = 'application/json') => {
    const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
    const headers = {
      authorization: `Bearer ${key}`,
      'content-type': type,
      'idempotency-key': path,
    }
    const answer = await fetch(new URL(path, address), { method: 'POST', headers, body: text })
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`)
    return (await answer.json()) as { id: string; apiKey: { key: string } }
  }
  const { apiKey } = await ask(OPERATOR_KEY, `/v1/companies?${Math.random()}`, { name: 'Bench' })
  const { key } = apiKey
  await ask(key, '/v1/credits/grants', { source: 'purchased', credits: 1_000_000 })
  const asked = { kind: 'question', name: 'Bench', question: 'Is a budget mentioned?' }
  const tracker = await ask(key, '/v1/trackers', asked)
  await ask(key, `/v1/trackers/${tracker.id}/publish`, {})
  const lines = Array.from({ length: items }, (_, i) => JSON.stringify(anEmail(i))).join('\n')
  model.calls.length = 0
  const begun = performance.now()
  await ask(key, '/v1/import', lines, 'application/x-ndjson')
  for (;;) {
    const { rows } = await owner.query<{ n: number }>(
      'select count(*)::int as n from tracker_result where tracker_id = $1',
      [tracker.id],
    )
    if (rows[0]!.n >= items) break
    await sleep(20)
  }
  return items / ((performance.now() - begun) / 1000)
}

function anEmail(no: number) {
  return {
    ...{ kind: 'email', id: `mail-${no}`, sentAt: '2026-01-01T00:00:00Z', subject: `Note ${no}` },
    from: { email: `p${no % 40}@customer${no % 10}.test` },
    to: [{ email: 'rea@ourside.test' }],
    body: 'We talked about the budget, the plan for the year and who signs it. '.repeat(
      5 + (no % 20),
    ),
  }
}
