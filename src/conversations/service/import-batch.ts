import { addMemberOnce } from '../../companies/service/members.ts'
import { type Caller, may } from '../../kit/caller.ts'
import { Problem } from '../../kit/problem.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Tx } from '../../platform/database.ts'
import type { ArrivalPrice, Imports } from '../deps.ts'
import type { Brought } from '../imports.ts'
import { putEntityIn } from './entities.ts'
import { type Put, putItems } from './put-items.ts'

/** What became of a batch: why things were rejected, and of a dry run what trackers would charge. */
export interface BatchOutcome {
  accepted: number
  rejected: { line: number; error: string }[]
  prices: ArrivalPrice[]
}

export interface BatchOptions {
  history: boolean
  dryRun: boolean
  /** Called in the transaction, with what became of the things up to a line. */
  note: (tx: Tx, outcome: BatchOutcome, line: number) => Promise<void>
}

/**
 * Writes what a stretch of a body brings, in one transaction. A thing that the database cannot store is
 * found by halving the batch, so that it alone is rejected. A dry run does the same and takes it back.
 */
export async function writeBatch(
  deps: Imports,
  caller: Caller,
  batch: readonly Brought[],
  options: BatchOptions,
): Promise<BatchOutcome> {
  try {
    return await write(deps, caller, batch, options)
  } catch (error) {
    if (!isBadData(error)) throw error
    const [only, second] = batch
    if (only && !second) {
      const unfit = {
        line: only.line,
        kind: 'nothing' as const,
        error: 'holds a value that cannot be stored',
      }
      return write(deps, caller, [unfit], options)
    }
    const middle = batch.length >> 1
    const first = await writeBatch(deps, caller, batch.slice(0, middle), options)
    const last = await writeBatch(deps, caller, batch.slice(middle), options)
    return {
      accepted: first.accepted + last.accepted,
      rejected: [...first.rejected, ...last.rejected],
      prices: [...first.prices, ...last.prices],
    }
  }
}

async function write(
  deps: Imports,
  caller: Caller,
  batch: readonly Brought[],
  { history, dryRun, note }: BatchOptions,
): Promise<BatchOutcome> {
  const outcome: BatchOutcome = { accepted: 0, rejected: [], prices: [] }
  await inTransaction(deps, caller, dryRun, async (tx) => {
    for (const one of ordered(batch)) await takeOne(deps, tx, caller, one, dryRun, outcome)
    const puts = batch.flatMap((one) => putOf(one, history))
    const quoting = { ...deps, arrivals: [priceInto(deps, outcome)] }
    const done = await putItems(
      dryRun ? quoting : deps,
      tx,
      caller.companyNo,
      puts.map(({ put }) => put),
    )
    for (const [place, put] of done.entries()) {
      if (put instanceof Problem)
        outcome.rejected.push({ line: puts[place]!.line, error: wordsOf(put) })
      else outcome.accepted += 1
    }
    outcome.rejected.sort((a, b) => a.line - b.line)
    if (!dryRun) await note(tx, outcome, batch.at(-1)?.line ?? 0)
  })
  return outcome
}

/** Does something in one transaction; a dry run does all of it and takes it back. */
async function inTransaction(
  { db }: Imports,
  { companyNo }: Caller,
  dryRun: boolean,
  work: (tx: Tx) => Promise<void>,
): Promise<void> {
  const takenBack = new Error('taken back')
  const done = db.company(companyNo, async (tx) => {
    await work(tx)
    if (dryRun) throw takenBack
  })
  await done.catch((error) => {
    if (error !== takenBack) throw error
  })
}

/** What is no item, in an order in which each finds what it refers to; items come after all of it. */
function ordered(batch: readonly Brought[]): Brought[] {
  const rank = {
    nothing: 0,
    member: 1,
    account: 2,
    deal: 3,
    contact: 3,
    lead: 3,
    call: 4,
    email: 4,
  }
  return batch
    .filter(({ kind }) => rank[kind] < rank.call)
    .sort((a, b) => rank[a.kind] - rank[b.kind])
}

async function takeOne(
  deps: Imports,
  tx: Tx,
  caller: Caller,
  one: Brought,
  dryRun: boolean,
  outcome: BatchOutcome,
): Promise<void> {
  const refuse = (error: string) => outcome.rejected.push({ line: one.line, error })
  if (one.kind === 'nothing') return void refuse(one.error)
  if (one.kind === 'call' || one.kind === 'email') return
  if (one.kind === 'member' && !may(caller, 'admin'))
    return void refuse('a member needs the scope admin')
  try {
    if (one.kind !== 'member') await putEntityIn(deps, tx, caller, one.kind, one.asked)
    // In a transaction of its own: a taken address would end this one.
    else
      await inTransaction(deps, caller, dryRun, async (own) => {
        const now = await companyTime(own, caller.companyNo, deps.clock)
        await addMemberOnce(own, caller, now, one.asked)
      })
    outcome.accepted += 1
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    refuse(wordsOf(error))
  }
}

function putOf(one: Brought, history: boolean): { line: number; put: Put }[] {
  if (one.kind !== 'call' && one.kind !== 'email') return []
  const { id } = one.asked
  const put = { type: one.kind, id, history: history || one.asked.history, asked: one.asked } as Put
  return [{ line: one.line, put }]
}

function priceInto(deps: Imports, outcome: BatchOutcome): Imports['arrivals'][number] {
  return async (tx, companyNo, items) => {
    outcome.prices.push(...(await deps.priceArrivals(tx, companyNo, items)))
  }
}

function wordsOf(problem: Problem): string {
  const [fault] = problem.facts.errors ?? []
  return fault ? `${fault.path}: ${fault.message}` : problem.message
}

/** Whether PostgreSQL found the data at fault (SQLSTATE class 22), not itself or the connection. */
function isBadData(error: unknown): boolean {
  return String((error as { code?: unknown }).code ?? '').startsWith('22')
}
