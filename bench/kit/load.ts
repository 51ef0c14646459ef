import { quantile } from './figures.ts'

/** What closed-loop callers saw: each asks again as soon as it has its answer. */
export interface Run {
  perSecond: number
  done: number
  seconds: number
  p50: number
  p99: number
}

export interface Load {
  callers: number
  ms: number
  warmUpMs: number
}

/** Lets `callers` call `work` in a loop; counts what ends between the warm-up and the end. */
export async function callInLoops(
  { callers, ms, warmUpMs }: Load,
  work: (caller: number) => Promise<unknown>,
): Promise<Run> {
  const took: number[] = []
  const from = performance.now() + warmUpMs
  const until = from + ms
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let startedAt = performance.now(); startedAt < until; ) {
        await work(caller)
        const now = performance.now()
        if (now >= from && now < until) took.push(now - startedAt)
        startedAt = now
      }
    }),
  )
  const sorted = Float64Array.from(took).sort()
  const seconds = ms / 1000
  return {
    perSecond: sorted.length / seconds,
    done: sorted.length,
    seconds,
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
  }
}

/** Random numbers below 1 that are the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Numbers below `size`, the smaller the more frequent: Zipf's law with exponent 1. */
export function zipfFrom(random: () => number, size: number): () => number {
  const reach = new Float64Array(size)
  let total = 0
  for (let i = 0; i < size; i++) {
    total += 1 / (i + 1)
    reach[i] = total
  }
  return () => {
    const aim = random() * total
    let [low, high] = [0, size - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (reach[middle]! < aim) low = middle + 1
      else high = middle
    }
    return low
  }
}
