import type { CompanyNo } from '../../kit/caller.ts'
import type { LedgerEvent } from '../../ledger/book.ts'
import type { Companion } from '../../ledger/commands.ts'
import type { Run } from '../../platform/run.ts'

/**
 * What features want to know of pools, told in the commit in which it happens. They ask for all their
 * statements before they first await one.
 */
export interface PoolListener {
  /** Nothing is unspent any more. */
  exhausted?(run: Run, companies: CompanyNo[]): Promise<void>
  /** More is available than before: a hold has ended, or credits were granted. */
  freed?(run: Run, companies: CompanyNo[]): Promise<void>
}

/** Tells a feature of what happens to pools. */
export function onPoolEvents(listener: PoolListener): Companion {
  return {
    writesAtOnce: true,
    async open(_run, books) {
      const having = (...kinds: LedgerEvent['kind'][]) =>
        books
          .filter((book) => book.events.some((event) => kinds.includes(event.kind)))
          .map((book) => book.pool.companyNo)
      return {
        async write(run) {
          const [exhausted, freed] = [having('exhausted'), having('hold-ended', 'granted')]
          await Promise.all([
            exhausted.length > 0 && listener.exhausted?.(run, exhausted),
            freed.length > 0 && listener.freed?.(run, freed),
          ])
        },
      }
    },
  }
}
