import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Caller } from '../../kit/caller.ts'
import { Problem } from '../../kit/problem.ts'
import type { Rider } from '../../ledger/commands.ts'
import type { Hold } from '../../ledger/pool.ts'
import { type Item, type RateCard, rate } from '../../rating/rate-card.ts'
import { type ChargeView, detailOf, fromCharged, linesOf } from '../charge.ts'
import { keyOf } from '../key.ts'
import { readHouseHolds } from '../store.ts'
import { withRules } from './charge.ts'
import { attribute, cardNow, type Deps, type For } from './rules.ts'

export type { Rider }

/** Credits reserved for work that a feature of the house is about to do. */
export interface Reserved {
  hold: Hold
  /** The prices the work is charged by, whatever changes meanwhile. */
  card: RateCard
}

/** The rate card in force for a company right now. */
export async function currentCard(deps: Deps, companyNo: number): Promise<RateCard> {
  return cardNow(deps, companyNo, await deps.rules.current(companyNo))
}

/**
 * Reserves what items cost before any work on them begins; throws insufficient-credits or
 * budget-exceeded, having changed nothing. Undefined when they cost nothing: then there is nothing to hold.
 */
export async function reserve(
  deps: Deps,
  caller: Caller,
  asked: For & { items: Item[]; ttlMs: number },
): Promise<Reserved | undefined> {
  let card: RateCard | undefined
  const key = keyOf('house', 'hold', randomUUID(), '')
  const outcome = await withRules(deps, caller, async (rules) => {
    card = await cardNow(deps, caller.companyNo, rules)
    const rated = rate(card, asked.items)
    const attribution = await attribute(deps, caller, asked, rules)
    if (rated.credits === 0n) return { kind: 'settle' }
    return deps.ledger.submit({
      companyNo: caller.companyNo,
      key,
      epoch: rules.epoch,
      asked: {
        kind: 'hold',
        ttlMs: asked.ttlMs,
        priced: { credits: rated.credits, lines: linesOf(rated), rateCard: card.no, attribution },
      },
    })
  })
  if (outcome.kind === 'settle') return undefined
  assert(outcome.kind === 'hold' && card)
  return { hold: outcome.hold, card }
}

export interface CaptureWork {
  items: Item[]
  /** Rows that commit with the charge, or not at all. */
  rider?: { by: Rider; row: unknown } | undefined
  /** Whether the rest of the hold goes back and the hold is over. */
  ends: boolean
  /** Doing it twice under the same name does it once. */
  name: string
}

/** Charges items of the work against its hold, together with what was made of them. */
export async function captureWork(
  deps: Deps,
  caller: Caller,
  { hold, card }: Reserved,
  { items, rider, ends, name }: CaptureWork,
): Promise<ChargeView | 'done before'> {
  const rated = rate(card, items)
  const outcome = await deps.ledger.submit({
    companyNo: caller.companyNo,
    key: keyOf('house', 'capture', name, name),
    rider,
    asked: {
      kind: 'capture',
      holdId: hold.id,
      publicId: String(hold.id),
      detail: detailOf(items, undefined),
      capture: { credits: rated.credits, lines: linesOf(rated), ends },
    },
  })
  if (outcome.kind === 'replay') return 'done before'
  assert(outcome.kind === 'capture')
  return fromCharged(outcome.charged, outcome.priced, hold.id)
}

/**
 * Gives back what the house holds for one instance of a feature: what is left by work that ended without
 * giving it back. Only for who knows that no such work is under way.
 */
export async function dropHoldsOf(
  { db, ledger }: Pick<Deps, 'db' | 'ledger'>,
  companyNo: number,
  of: { feature: string; instanceId: string },
): Promise<void> {
  const left = await db.snapshot(companyNo, (tx) => readHouseHolds(tx, companyNo, of))
  for (const holdId of left) await releaseWork({ ledger }, companyNo, holdId)
}

/** Gives back what is left of a hold; one that is over already is left alone. */
export async function releaseWork(
  { ledger }: Pick<Deps, 'ledger'>,
  companyNo: number,
  holdId: number,
): Promise<void> {
  try {
    await ledger.submit({ companyNo, asked: { kind: 'release', holdId, publicId: String(holdId) } })
  } catch (error) {
    if (!(error instanceof Problem && error.code === 'invalid-state')) throw error
  }
}
