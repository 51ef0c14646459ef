import { median } from './figures.ts'
import type { Run } from './load.ts'
import { cpuTimes, cpuUse } from './machine.ts'

/** One contender under one load. */
export interface Entrant {
  name: string
  run: () => Promise<Run>
}

/** The medians of an entrant's rounds. */
export interface Score {
  perSecond: number
  p50: number
  p99: number
  /** CPU time per call in microseconds, of Node with its callers and of PostgreSQL. */
  nodeMicros: number
  postgresMicros: number
  /** Cores that others used meanwhile. */
  foreign: number
}

/** Lets everybody run in turn, `rounds` times over, so that all share the machine's good and bad minutes. */
export async function inTurn(
  entrants: Entrant[],
  rounds: number,
  postmaster: number | undefined,
): Promise<Map<string, Score>> {
  const scores = new Map<string, Score[]>(entrants.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const { name, run } of entrants) {
      const before = cpuTimes(postmaster)
      const { perSecond, p50, p99 } = await run()
      const use = cpuUse(before, cpuTimes(postmaster))
      scores.get(name)!.push({
        ...{ perSecond, p50, p99, foreign: use.foreign },
        nodeMicros: (use.ours / perSecond) * 1e6,
        postgresMicros: (use.postgres / perSecond) * 1e6,
      })
    }
  }
  return new Map([...scores].map(([name, all]) => [name, mediansOf(all)]))
}

function mediansOf(all: Score[]): Score {
  const of = (pick: (score: Score) => number) => median(all.map(pick))
  return {
    perSecond: of((s) => s.perSecond),
    p50: of((s) => s.p50),
    p99: of((s) => s.p99),
    nodeMicros: of((s) => s.nodeMicros),
    postgresMicros: of((s) => s.postgresMicros),
    foreign: of((s) => s.foreign),
  }
}

export const scoreHead = ['charges/s', 'p50 ms', 'p99 ms', 'µs node', 'µs pg', 'foreign cores']

export function scoreRow(score: Score): number[] {
  const { perSecond, p50, p99, nodeMicros, postgresMicros, foreign } = score
  return [perSecond, p50, p99, nodeMicros, postgresMicros, foreign]
}
