import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database.ts'
import type { Logger } from '../../platform/log.ts'
import { runIn } from '../../platform/run.ts'
import { readDuePools } from '../store/pools.ts'
import { sealLedger } from './chain.ts'
import type { Ledger } from './ledger.ts'

const SETTLE_EVERY_MS = 1_000
const SEAL_EVERY_MS = 60_000
const POOLS_AT_ONCE = 100

/**
 * What the ledger does by itself, on every server that works: settles the pools in which something fell
 * due and that nobody touched meanwhile, and seals what was written. Any number may do it side by side.
 * Gives what stops it, once the round under way is over.
 */
export function startRounds(deps: {
  db: Database
  ledger: Ledger
  clock: Clock
  log: Logger
}): () => Promise<void> {
  const stopping = new AbortController()
  const rounds = [
    repeat(() => settleDue(deps), SETTLE_EVERY_MS),
    repeat(() => sealLedger(deps), SEAL_EVERY_MS),
  ]

  async function repeat(round: () => Promise<void>, everyMs: number): Promise<void> {
    while (!stopping.signal.aborted) {
      await round().catch((err) => deps.log.warn({ err }, 'a round of the ledger failed'))
      await pause(everyMs, undefined, { signal: stopping.signal, ref: false }).catch(() => {})
    }
  }

  return async () => {
    stopping.abort()
    await Promise.all(rounds)
  }
}

/** Settles every pool of a company in real time in which something is due. */
export async function settleDue({
  db,
  ledger,
  clock,
}: Parameters<typeof startRounds>[0]): Promise<void> {
  for (;;) {
    const due = await db.shared((tx) => readDuePools(runIn(tx), clock.now(), POOLS_AT_ONCE))
    await Promise.all(due.map((companyNo) => ledger.settle(companyNo)))
    if (due.length < POOLS_AT_ONCE) return
  }
}
