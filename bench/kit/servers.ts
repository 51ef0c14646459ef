import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Load, Run } from './load.ts'
import type { BenchPool } from './pools.ts'

/** Ledgers in processes of their own, which know nothing of each other. */
export interface Servers {
  /** Lets the first `count` of them serve `load` each, at once; the sum of what they did. */
  run(count: number, load: Load): Promise<Run>
  close(): Promise<void>
}

/** What such a process is told. */
export interface Order {
  url: string
  pool: BenchPool
}

export async function openServers(count: number, url: string, pool: BenchPool): Promise<Servers> {
  const order: Order = { url, pool }
  const all = await Promise.all(
    Array.from({ length: count }, async () => {
      const child = fork(join(import.meta.dirname, 'server-process.ts'), [JSON.stringify(order)])
      await once(child, 'message')
      return child
    }),
  )
  return {
    async run(count, load) {
      const runs = await Promise.all(all.slice(0, count).map((child) => askOf(child, load)))
      const sum = (pick: (run: Run) => number) => runs.reduce((total, run) => total + pick(run), 0)
      return {
        perSecond: sum((run) => run.perSecond),
        done: sum((run) => run.done),
        seconds: load.ms / 1000,
        p50: sum((run) => run.p50) / runs.length,
        p99: Math.max(...runs.map((run) => run.p99)),
      }
    },
    async close() {
      await Promise.all(
        all.map(async (child) => {
          const ended = once(child, 'exit')
          child.disconnect()
          await ended
        }),
      )
    },
  }
}

async function askOf(child: ChildProcess, load: Load): Promise<Run> {
  const answer = once(child, 'message')
  child.send(load)
  const [run] = (await answer) as [Run]
  return run
}
