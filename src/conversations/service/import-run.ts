import type { Caller, CompanyNo } from '../../kit/caller.ts'
import type { Tx } from '../../platform/database.ts'
import { failpoint } from '../../platform/failpoints.ts'
import { bareMessageId } from '../changes.ts'
import type { ArrivalPrice, Imports } from '../deps.ts'
import {
  type Brought,
  type DataImport,
  emptyTally,
  REJECTED_KEPT,
  type Rejection,
  reject,
  type Tally,
} from '../imports.ts'
import { insertRejections, writeProgress } from '../store/imports.ts'
import { type BatchOutcome, writeBatch } from './import-batch.ts'
import { readBrought } from './import-reading.ts'
import type { Body, Spooled } from './imports.ts'

const BATCH_THINGS = 500
const BATCH_CHARACTERS = 4_000_000

/** How an import went: how far it came, and whether to its end. */
export interface Run {
  tally: Tally & { ended: boolean }
  charges: ArrivalPrice[]
  /** Why it did not go on, when it failed. */
  failure: unknown
}

/** Reads a spooled body and writes what it brings, batch after batch; ends early when told to stop. */
export async function runImport(
  deps: Imports,
  caller: Caller,
  { format, asked }: Pick<Body, 'format' | 'asked'>,
  file: Spooled,
  { id }: DataImport,
  stop: AbortSignal,
): Promise<Run> {
  const tally = { ...emptyTally(), ended: false }
  const prices = new Map<string, ArrivalPrice>()
  const seen = new Set<string>()
  let failure: unknown
  try {
    const things = readBrought(file.path, format, file.bytes, asked)
    for await (const batch of ahead(batches(things))) {
      if (stop.aborted) return { tally, charges: [...prices.values()], failure }
      const fresh = asked.dryRun ? batch.filter((one) => isFresh(one, seen, tally)) : batch
      const line = batch.at(-1)!.line
      const counted = { ...tally }
      const outcome = await writeBatch(deps, caller, fresh, {
        ...{ history: asked.history, dryRun: asked.dryRun },
        note: async (tx, { accepted, rejected }, upTo) => {
          await keepRejections(tx, caller.companyNo, id, counted.rejectedCount, rejected)
          counted.line = upTo
          counted.accepted += accepted
          counted.rejectedCount += rejected.length
          await writeProgress(tx, caller.companyNo, id, counted, deps.clock.now())
        },
      })
      // A dry run takes everything back that its batches wrote.
      if (asked.dryRun) await noteDryRun(deps, caller, id, tally, outcome, line)
      tally.accepted += outcome.accepted
      for (const one of outcome.rejected) reject(tally, one.line, one.error)
      tally.line = Math.max(tally.line, line)
      for (const price of outcome.prices) addPrice(prices, price)
      failpoint('import.batch')
    }
    tally.ended = true
  } catch (error) {
    failure = error
  }
  return { tally, charges: [...prices.values()], failure }
}

/** Writes how far a dry run came, for nothing else that it writes stays. */
function noteDryRun(
  { db, clock }: Imports,
  { companyNo }: Caller,
  id: string,
  before: Tally,
  { accepted, rejected }: BatchOutcome,
  line: number,
): Promise<void> {
  const counted = {
    ...{ ...before, line, accepted: before.accepted + accepted },
    rejectedCount: before.rejectedCount + rejected.length,
  }
  return db.company(companyNo, async (tx) => {
    await keepRejections(tx, companyNo, id, before.rejectedCount, rejected)
    await writeProgress(tx, companyNo, id, counted, clock.now())
  })
}

async function keepRejections(
  tx: Tx,
  companyNo: CompanyNo,
  id: string,
  before: number,
  rejected: readonly Rejection[],
): Promise<void> {
  const kept = rejected.slice(0, Math.max(0, REJECTED_KEPT - before))
  if (kept.length) await insertRejections(tx, companyNo, id, before + 1, kept)
}

/** Things in batches to be written together; no item is twice in one, so that the order is kept. */
async function* batches(things: AsyncGenerator<Brought>): AsyncGenerator<Brought[]> {
  let batch: Brought[] = []
  let keys = new Set<string>()
  let size = 0
  for await (const one of things) {
    const own = keysOfBrought(one)
    const full = batch.length >= BATCH_THINGS || size >= BATCH_CHARACTERS
    if (batch.length && (full || own.some((key) => keys.has(key)))) {
      yield batch
      batch = []
      keys = new Set()
      size = 0
    }
    batch.push(one)
    for (const key of own) keys.add(key)
    size += sizeOf(one)
  }
  if (batch.length) yield batch
}

/** Reads the next batch while the one before is being written. */
async function* ahead(batches: AsyncGenerator<Brought[]>): AsyncGenerator<Brought[]> {
  const read = () => {
    const next = batches.next()
    // Whoever stops early never asks for it; what went wrong in it is then nobody's business.
    next.catch(() => {})
    return next
  }
  try {
    for (let next = read(); ; ) {
      const { done, value } = await next
      if (done) return
      next = read()
      yield value
    }
  } finally {
    await batches.return(undefined)
  }
}

/** Of a dry run nothing stays, so that what comes twice would be priced twice. */
function isFresh(one: Brought, seen: Set<string>, tally: Tally): boolean {
  const keys = keysOfBrought(one)
  if (keys.some((key) => seen.has(key))) {
    tally.accepted += 1
    return false
  }
  for (const key of keys) seen.add(key)
  return true
}

function keysOfBrought(one: Brought): string[] {
  if (one.kind === 'nothing' || one.kind === 'member') return []
  const { id } = one.asked
  const keys = id === undefined ? [] : [`${one.kind} ${id}`]
  if (one.kind === 'email' && one.asked.messageId) {
    keys.push(`message ${bareMessageId(one.asked.messageId)}`)
  }
  return keys
}

function sizeOf(one: Brought): number {
  if (one.kind === 'email') return one.asked.body.length + 500
  if (one.kind !== 'call') return 500
  return (one.asked.transcript ?? []).reduce((sum, { text }) => sum + text.length + 80, 500)
}

function addPrice(prices: Map<string, ArrivalPrice>, price: ArrivalPrice): void {
  const before = prices.get(price.trackerId)
  prices.set(price.trackerId, {
    ...price,
    items: price.items + (before?.items ?? 0),
    credits: price.credits + (before?.credits ?? 0n),
  })
}
