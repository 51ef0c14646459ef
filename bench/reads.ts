import { openBenchServer } from './kit/database.ts'
import { atMost, type Goal, median, show, table, verdict } from './kit/figures.ts'
import { makeHistory } from './kit/history.ts'
import { begin } from './kit/options.ts'
import { type RunningServer, startServer } from './kit/server.ts'

const ABOUT =
  'reads: what a page asks for, through the server, one at a time, on a year of charges of one pool'
const FILTER = 'feature=ai_tracker'

/** One read; `size` tells whether its time may grow with what it gives. */
interface Read {
  name: string
  path: (range: string, oldCharge: string) => string
  whole?: boolean
}

const reads: Read[] = [
  { name: 'balance', path: () => '/v1/credits/balance' },
  {
    name: 'usage of a year',
    path: (range) => `/v1/credits/usage?granularity=month&groupBy=feature&${range}`,
  },
  { name: 'details, newest page', path: () => '/v1/credits/charges' },
  { name: 'details, one feature', path: () => `/v1/credits/charges?${FILTER}` },
  { name: 'details, one instance', path: () => '/v1/credits/charges?instanceId=instance-7' },
  { name: 'details, rare instance', path: () => '/v1/credits/charges?instanceId=instance-rare' },
  { name: 'ledger, newest page', path: () => '/v1/credits/ledger' },
  { name: 'ledger, oldest page', path: () => '/v1/credits/ledger?order=asc' },
  {
    name: 'ledger of the oldest charge',
    path: (_, oldCharge) => `/v1/credits/ledger?chargeId=${oldCharge}`,
  },
  { name: 'report of use', path: (range) => `/v1/credits/reports/usage?format=csv&${range}` },
  {
    name: 'report of the ledger',
    path: (range) => `/v1/credits/reports/ledger?format=csv&${range}`,
    whole: true,
  },
]

export async function bench(args: string[]): Promise<void> {
  const { long } = begin(args, ABOUT)
  const sizes = long ? [10_000, 1_000_000, 10_000_000] : [10_000, 1_000_000]
  const database = await openBenchServer()
  try {
    const columns: Map<string, number>[] = []
    const peaks: number[] = []
    for (const size of sizes) {
      const { url, owner } = await database.newDatabase()
      const server = await startServer(url)
      try {
        const { id, key } = await server.newCompany()
        const { rows } = await owner.query<{ no: number }>(
          'select id as no from company where public_id = $1',
          [id],
        )
        const startedAt = performance.now()
        await makeHistory(owner, rows[0]!, size)
        console.log(
          `${show(size)} charges written in ${show((performance.now() - startedAt) / 1000)} s`,
        )
        columns.push(await measure(server, key, long ? 50 : 25))
        peaks.push(server.peakMegabytes())
      } finally {
        await server.stop()
      }
    }
    const head = ['median ms', ...sizes.map((size) => show(size))]
    const rows = reads.map(({ name }) => [name, ...columns.map((column) => column.get(name)!)])
    rows.push(['peak memory of the server, MB', ...peaks])
    console.log(`\n${table(head, rows)}\n`)
    const last = columns.at(-1)!
    const goals = reads
      .filter(({ whole }) => !whole)
      .map(({ name }): Goal => atMost(name, 2, last.get(name)! / columns[0]!.get(name)!, 'x'))
    // Nothing of a report is kept: the largest takes no more memory than pages do.
    goals.push(atMost('memory', 1.5, peaks.at(-1)! / peaks[0]!, 'x'))
    console.log(verdict(`reads at ${show(sizes.at(-1)!)} beside ${show(sizes[0]!)}`, goals))
  } finally {
    await database.stop()
  }
}

async function measure(
  { address }: RunningServer,
  key: string,
  times: number,
): Promise<Map<string, number>> {
  const day = 86_400_000
  const [from, to] = [-366, 1].map((days) => new Date(Date.now() + days * day).toISOString())
  const range = `from=${from}&to=${to}`
  const read = (path: string) =>
    fetch(`${address}${path}`, { headers: { authorization: `Bearer ${key}` } })
  const oldest = await read('/v1/credits/ledger?type=consume&order=asc&limit=1')
  const [{ chargeId }] = ((await oldest.json()) as { data: [{ chargeId: string }] }).data
  const took = new Map<string, number>()
  for (const { name, path, whole } of reads) {
    const all: number[] = []
    for (let i = 0; i < (whole ? 1 : times); i++) {
      const startedAt = performance.now()
      const answer = await read(path(range, chargeId))
      // Read as it comes, and forgotten: a report may be larger than memory.
      for await (const _ of answer.body ?? []);
      if (!answer.ok) throw new Error(`${name} answered ${answer.status}`)
      all.push(performance.now() - startedAt)
    }
    took.set(name, median(all))
  }
  return took
}
