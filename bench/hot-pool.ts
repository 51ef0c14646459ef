import type { BenchDatabase, BenchServer } from './kit/database.ts'
import { openBenchServer } from './kit/database.ts'
import { atLeast, atMost, type Goal, show, table, verdict } from './kit/figures.ts'
import { makeHistory } from './kit/history.ts'
import { callInLoops, type Load } from './kit/load.ts'
import { begin } from './kit/options.ts'
import {
  type BenchLedger,
  type BenchPool,
  chargeEmail,
  LINES,
  makePools,
  openBenchLedger,
  PRICE,
} from './kit/pools.ts'
import { type Entrant, inTurn, type Score, scoreHead, scoreRow } from './kit/rounds.ts'
import { openServers } from './kit/servers.ts'
import { openNaive } from './naive.ts'

const ABOUT =
  'hot-pool: many callers charge one pool, each under a key of its own; a call ends when its charge is on disk'

export async function bench(args: string[]): Promise<void> {
  const { long } = begin(args, ABOUT)
  const rounds = long ? 7 : 3
  const load = { ms: long ? 4_000 : 1_200, warmUpMs: 300 }
  const server = await openBenchServer()
  try {
    const fresh = await server.newDatabase()
    const scores = await measureCallers(server, fresh, rounds, load)
    const servers = await measureServers(server, fresh, rounds, load)
    const rows = long ? 10_000_000 : 1_000_000
    const size = await measureSize(server, rows, rounds, load)
    const of = (name: string) => scores.get(name)!.perSecond
    const naiveBest = Math.max(...NAIVE_CALLERS.map((callers) => of(`naive ${callers}`)))
    const goals: Goal[] = [
      atLeast('64 callers', 60, of('sluice 64') / of('naive 64'), 'x naive'),
      atMost('p99 at 64', 10, scores.get('sluice 64')!.p99, ' ms'),
      atLeast('1024 callers', 100, of('sluice 1024') / naiveBest, "x naive's best"),
      atLeast('1 caller', 2, of('sluice 1') / of('naive 1'), 'x naive'),
      atLeast('two servers', 0.9, servers, 'x one'),
      atLeast(`on ${show(rows)} rows`, 0.75, size, 'x fresh'),
    ]
    console.log(verdict('hot-pool', goals))
  } finally {
    await server.stop()
  }
}

const NAIVE_CALLERS = [1, 8, 64]
const CALLERS = [1, 8, 64, 256, 1024]

async function measureCallers(
  { postmaster }: BenchServer,
  { url, owner }: BenchDatabase,
  rounds: number,
  load: Omit<Load, 'callers'>,
): Promise<Map<string, Score>> {
  const ours = openBenchLedger(url)
  const naive = openNaive(url)
  try {
    const [theirs, pool] = (await makePools(ours, owner, 2)) as [BenchPool, BenchPool]
    const entrants = CALLERS.flatMap((callers): Entrant[] => {
      const sluice = sluiceOn(ours, pool, `sluice ${callers}`, { ...load, callers })
      if (!NAIVE_CALLERS.includes(callers)) return [sluice]
      const rival = () =>
        callInLoops({ ...load, callers }, () =>
          naive.charge(theirs.no, {
            key: freshKey(),
            credits: PRICE,
            lines: LINES,
            attributionId: theirs.attribution.id,
          }),
        )
      return [{ name: `naive ${callers}`, run: rival }, sluice]
    })
    // Compilers and caches warm up on both before anything counts.
    for (const { run } of entrants) await run()
    const scores = await inTurn(entrants, rounds, postmaster)
    const rows = entrants.map(({ name }) => [name, ...scoreRow(scores.get(name)!)])
    console.log(`\n${table(['callers', ...scoreHead], rows)}\n`)
    return scores
  } finally {
    await naive.close()
    await ours.close()
  }
}

/** Two servers with 128 callers each beside one with 256, all on one pool. */
async function measureServers(
  server: BenchServer,
  { url, owner }: BenchDatabase,
  rounds: number,
  load: Omit<Load, 'callers'>,
): Promise<number> {
  const ours = openBenchLedger(url)
  const [pool] = await makePools(ours, owner, 1)
  await ours.close()
  const servers = await openServers(2, url, pool!)
  try {
    const entrants = [1, 2].map((count) => ({
      name: `${count} server${count > 1 ? 's' : ''}`,
      run: () => servers.run(count, { ...load, callers: 256 / count }),
    }))
    for (const { run } of entrants) await run()
    const scores = await inTurn(entrants, rounds, server.postmaster)
    const rows = entrants.map(({ name }) => [name, ...scoreRow(scores.get(name)!)])
    console.log(`${table(['256 callers on', ...scoreHead], rows)}\n`)
    return scores.get('2 servers')!.perSecond / scores.get('1 server')!.perSecond
  } finally {
    await servers.close()
  }
}

/** 64 callers on a pool with a long history beside the same on an empty database. */
async function measureSize(
  server: BenchServer,
  rows: number,
  rounds: number,
  load: Omit<Load, 'callers'>,
): Promise<number> {
  const bases = [await server.newDatabase(), await server.newDatabase()]
  const ledgers = bases.map(({ url }) => openBenchLedger(url))
  try {
    const names = ['fresh', `${show(rows)} rows`]
    const entrants: Entrant[] = []
    for (const [i, ours] of ledgers.entries()) {
      const [pool] = await makePools(ours, bases[i]!.owner, 1)
      if (i === 1) await makeHistory(bases[i]!.owner, pool!, rows)
      entrants.push(sluiceOn(ours, pool!, names[i]!, { ...load, callers: 64 }))
    }
    await bases[1]!.owner.query('checkpoint')
    for (const { run } of entrants) await run()
    const scores = await inTurn(entrants, rounds, server.postmaster)
    const shown = entrants.map(({ name }) => [name, ...scoreRow(scores.get(name)!)])
    console.log(`${table(['64 callers on', ...scoreHead], shown)}\n`)
    return scores.get(names[1]!)!.perSecond / scores.get(names[0]!)!.perSecond
  } finally {
    for (const ours of ledgers) await ours.close()
  }
}

function sluiceOn(ours: BenchLedger, pool: BenchPool, name: string, load: Load): Entrant {
  return { name, run: () => callInLoops(load, () => chargeEmail(ours, pool, freshKey())) }
}

let keys = 0
const freshKey = () => `key-${process.pid}-${keys++}`
