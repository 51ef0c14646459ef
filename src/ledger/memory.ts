import type { CompanyNo } from '../kit/caller.ts'
import { type Book, reopenBook } from './book.ts'
import { type Grant, type Hold, isLive, type Pool } from './pool.ts'

/** What one lane of one server remembers of a pool after its own last group. */
interface Remembered {
  pool: Pool
  /** Live grants, by number. */
  grants: Map<number, Grant>
  order: Grant[]
  /** Open holds made here, the latest ones. */
  holds: Map<number, Hold>
}

/**
 * Remembers pools as a lane left them, so that its next group on them reads nothing. Memory may be wrong:
 * other servers change pools as well. Whoever decides from it says the pool's stamp when he writes, and
 * fails if that is not the one in the database; then the pool is read again, and memory is not trusted before
 * a few groups in a row have found the pool as they left it.
 */
export interface Memory {
  /** The pool's book with these holds on it; undefined when it has to be read. */
  recall(companyNo: CompanyNo, holds: readonly number[]): Book | undefined
  /** Remembers a book as it is now; `found` is the stamp that was read in the database, if it was read. */
  keep(book: Book, found?: bigint): void
  /** The pool is read next time. */
  drop(companyNo: CompanyNo): void
  /** Memory was wrong, or is of no use: the pool is read the next few times. */
  distrust(companyNo: CompanyNo): void
}

const POOLS_MAX = 20_000
const HOLDS_MAX = 10_000

/** `trustedAfter`: the groups in a row that must find a pool as they left it before it is trusted again. */
export function openMemory(trustedAfter = 8): Memory {
  const pools = new Map<CompanyNo, Remembered>()
  /** How many such groups are still to come. */
  const probation = new Map<CompanyNo, number>()
  const suspect = (companyNo: CompanyNo) => {
    if (trustedAfter > 0) probation.set(companyNo, trustedAfter)
    if (probation.size > POOLS_MAX) forgetOldest(probation)
  }

  return {
    recall(companyNo, wanted) {
      const remembered = pools.get(companyNo)
      if (!remembered || probation.has(companyNo)) return undefined
      const holds: Hold[] = []
      for (const id of wanted) {
        const hold = remembered.holds.get(id)
        if (!hold) return undefined
        // A copy: who was told of the hold keeps it as it was then.
        holds.push({ ...hold, draws: [...hold.draws] })
      }
      return reopenBook(remembered, holds)
    },

    keep(book, found) {
      const { companyNo } = book.pool
      const before = pools.get(companyNo)
      if (found !== undefined) {
        const left = probation.get(companyNo)
        const changed = before !== undefined && before.pool.stamp !== found
        if (changed) suspect(companyNo)
        else if (left === 1) probation.delete(companyNo)
        else if (left !== undefined) probation.set(companyNo, left - 1)
      }
      // What was remembered before is true still when nobody else has changed the pool.
      const known = found === undefined || before?.pool.stamp === found ? before?.holds : undefined
      if (!before && pools.size >= POOLS_MAX) forgetOldest(pools)
      pools.set(companyNo, {
        pool: book.pool,
        grants: liveOf(book),
        order: book.order.filter(isLive),
        holds: openHoldsOf(book, known ?? new Map()),
      })
    },

    drop(companyNo) {
      pools.delete(companyNo)
    },

    distrust(companyNo) {
      pools.delete(companyNo)
      suspect(companyNo)
    },
  }
}

function forgetOldest(map: Map<CompanyNo, unknown>): void {
  for (const companyNo of map.keys()) {
    map.delete(companyNo)
    return
  }
}

function liveOf(book: Book): Map<number, Grant> {
  for (const grant of book.grants.values()) if (!isLive(grant)) book.grants.delete(grant.no)
  return book.grants
}

/** The holds that were open and those that this book made, without those that it ended. */
function openHoldsOf(book: Book, holds: Map<number, Hold>): Map<number, Hold> {
  for (const id of book.newHolds.union(book.changedHolds)) {
    const hold = book.holds.get(id)
    if (hold?.status !== 'held') holds.delete(id)
    else holds.set(id, { ...hold, draws: [...hold.draws] })
  }
  for (const id of holds.keys()) {
    if (holds.size <= HOLDS_MAX) break
    holds.delete(id)
  }
  return holds
}
