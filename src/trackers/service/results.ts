import type { Rider } from '../../charges/service/work.ts'
import { Problem } from '../../kit/problem.ts'
import type { Tx } from '../../platform/database.ts'
import { type Run, runIn } from '../../platform/run.ts'
import { checkResults, insertResults, type NewResult } from '../store/results.ts'
import type { TrackerDeps } from './deps.ts'

/** Why a result was dropped: meanwhile the tracker was unpublished or changed, or the item was done or is gone. */
const DROPPED = 'The result is not wanted any more.'

/**
 * How results ride on their charges: neither is kept without the other. Checked under the locks of the pool
 * and the tracker, so that an unpublished tracker charges nothing and no item is charged twice.
 */
export function resultRider({ emit }: Pick<TrackerDeps, 'emit'>): Rider {
  return {
    writesAtOnce: true,
    async check(run, rows) {
      const allowed = await checkResults(run, rows as NewResult[])
      const seen = new Set<string>()
      return (rows as NewResult[]).map((row, i) => {
        const name = `${row.companyNo} ${row.trackerId} ${row.version} ${row.itemNo}`
        const isFirst = !seen.has(name)
        seen.add(name)
        return allowed[i] && isFirst ? undefined : new Problem('conflict', DROPPED)
      })
    },
    async write(run, done) {
      const rows = done.map(({ row, outcome }) => {
        if (outcome.kind !== 'capture') throw new Error('a result rides on a capture')
        const { credits, at, seq } = outcome.charged
        return { ...(row as NewResult), credits, at, seq, processedAt: new Date(at) }
      })
      await Promise.all([insertResults(run, rows), tellFound(emit, run, rows)])
    },
  }
}

/** Keeps the results of a free tracker; gives how many were still wanted. */
export async function keepFreeResults(
  { emit }: Pick<TrackerDeps, 'emit'>,
  tx: Tx,
  rows: NewResult[],
): Promise<number> {
  if (rows.length === 0) return 0
  const run = runIn(tx)
  const allowed = await checkResults(run, rows)
  const kept = rows
    .filter((_, i) => allowed[i])
    .map((row) => ({ ...row, credits: 0n as never, at: null, seq: null }))
  if (kept.length) await insertResults(run, kept)
  await tellFound(emit, run, kept)
  return kept.length
}

/** Tells what was found, company by company; asks for all statements before it first awaits one. */
async function tellFound(
  emit: TrackerDeps['emit'],
  run: Run,
  rows: readonly NewResult[],
): Promise<void> {
  const found = Map.groupBy(
    rows.filter((row) => row.found),
    ({ companyNo }) => companyNo,
  )
  const told = [...found].map(([companyNo, ofCompany]) => {
    const hits = ofCompany.map(({ trackerId, itemNo, backfillId }) => {
      return { trackerId, itemNo, fromBackfill: backfillId !== null }
    })
    return emit(run, companyNo, { kind: 'tracker-found', hits })
  })
  await Promise.all(told)
}
