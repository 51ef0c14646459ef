import { openBenchServer } from './kit/database.ts'
import { atLeast, table, verdict } from './kit/figures.ts'
import { callInLoops, randomFrom, zipfFrom } from './kit/load.ts'
import { begin } from './kit/options.ts'
import {
  type BenchPool,
  chargeEmail,
  LINES,
  makePools,
  openBenchLedger,
  PRICE,
} from './kit/pools.ts'
import { type Entrant, inTurn, scoreHead, scoreRow } from './kit/rounds.ts'
import { openNaive } from './naive.ts'

const POOLS = 1_000
const ABOUT = `many-pools: callers charge ${POOLS} pools, picked evenly or by Zipf's law`

export async function bench(args: string[]): Promise<void> {
  const { long, seed } = begin(args, ABOUT)
  const load = { ms: long ? 5_000 : 1_500, warmUpMs: 300 }
  const server = await openBenchServer()
  const { url, owner } = await server.newDatabase()
  const ours = openBenchLedger(url)
  const naive = openNaive(url)
  let keys = 0
  try {
    const pools = await makePools(ours, owner, POOLS)
    const random = randomFrom(seed)
    const zipf = zipfFrom(random, POOLS)
    const picks: Record<string, () => BenchPool> = {
      uniform: () => pools[Math.floor(random() * POOLS)]!,
      zipf: () => pools[zipf()]!,
    }
    const rival = (pool: BenchPool) =>
      naive.charge(pool.no, {
        key: `key-${keys++}`,
        credits: PRICE,
        lines: LINES,
        attributionId: pool.attribution.id,
      })
    const entrants = Object.entries(picks).flatMap(([name, pick]): Entrant[] => [
      {
        name: `${name} naive 64`,
        run: () => callInLoops({ ...load, callers: 64 }, () => rival(pick())),
      },
      ...[64, 1024].map((callers) => ({
        name: `${name} sluice ${callers}`,
        run: () =>
          callInLoops({ ...load, callers }, () => chargeEmail(ours, pick(), `key-${keys++}`)),
      })),
    ])
    for (const { run } of entrants) await run()
    const scores = await inTurn(entrants, long ? 7 : 5, server.postmaster)
    const rows = entrants.map(({ name }) => [name, ...scoreRow(scores.get(name)!)])
    console.log(`\n${table(['callers', ...scoreHead], rows)}\n`)
    const of = (name: string) => scores.get(name)!.perSecond
    const goals = Object.keys(picks).map((name) =>
      atLeast(
        `${name}, 64 callers`,
        8,
        of(`${name} sluice 64`) / of(`${name} naive 64`),
        'x naive',
      ),
    )
    console.log(verdict('many-pools', goals))
  } finally {
    await naive.close()
    await ours.close()
    await server.stop()
  }
}
