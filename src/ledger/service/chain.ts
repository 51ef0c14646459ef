import type { CompanyNo } from '../../kit/caller.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database.ts'
import { type Run, runIn } from '../../platform/run.ts'
import { type BrokenLink, checkSeal, GENESIS, type Seal, STRETCH_MAX, seal } from '../chain.ts'
import * as store from '../store/chain.ts'

/** So many entries are sealed in one transaction. */
const BATCH = 50 * STRETCH_MAX
const POOLS = 200
const PAGE = 200

/**
 * Seals all that was written since the last time, in every pool. The job `ledger.seal` does it now and
 * then; any number may run side by side.
 */
export async function sealLedger(deps: { db: Database; clock: Clock }): Promise<void> {
  for (;;) {
    const pools = await deps.db.shared((tx) => store.readUnsealedPools(runIn(tx), POOLS))
    let sealed = 0
    for (const companyNo of pools) sealed += await sealPool(deps, companyNo)
    // What the others sealed meanwhile is no progress of ours, and there is nothing left to do.
    if (pools.length < POOLS || sealed === 0) return
  }
}

/** Seals what was written in one pool since its last seal; gives the number of seals. */
export async function sealPool(
  { db, clock }: { db: Database; clock: Clock },
  companyNo: CompanyNo,
): Promise<number> {
  for (let sealed = 0; ; ) {
    const added = await db.company(companyNo, async (tx) => {
      const run = runIn(tx)
      const last = await store.readLastSeal(run, companyNo)
      const after = { seq: last?.toSeq ?? 0n, at: last?.toAt ?? new Date(0) }
      const stretches = await store.readUnsealed(run, companyNo, after, {
        most: BATCH,
        size: STRETCH_MAX,
      })
      if (stretches.length === 0) return 0
      await store.insertSeals(run, companyNo, seal(last?.hash ?? GENESIS, stretches), clock.now())
      return stretches.length
    })
    if (added === 0) return sealed
    sealed += added
  }
}

/** Recomputes a pool's hash chain and gives the first thing wrong with it. */
export async function checkChain(run: Run, companyNo: CompanyNo): Promise<BrokenLink | undefined> {
  let before: Seal | undefined
  for (;;) {
    const page = await store.readSealPage(run, companyNo, before?.toSeq ?? 0n, PAGE)
    for (const { found, ...one } of page) {
      const broken = checkSeal(one, before, found)
      if (broken) return broken
      before = one
    }
    if (page.length < PAGE) return undefined
  }
}
