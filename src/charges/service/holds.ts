import assert from 'node:assert/strict'
import { actorOf, type Caller, requireScope } from '../../kit/caller.ts'
import type { Credits } from '../../kit/credits.ts'
import { ledgerIds } from '../../ledger/ids.ts'
import type { Hold } from '../../ledger/pool.ts'
import { readHold, readHoldAsMade } from '../../ledger/service/reads.ts'
import { type Item, rate } from '../../rating/rate-card.ts'
import { type ChargeView, detailOf, fromCharged, linesOf } from '../charge.ts'
import { keyOf } from '../key.ts'
import { type Answered, type Request, replayOf, withRules } from './charge.ts'
import { attribute, cardNow, type Deps, type For } from './rules.ts'

/** What is reserved or captured: items to be priced, or an amount. */
export type Amount =
  | { items: Item[]; credits?: undefined }
  | { credits: Credits; items?: undefined }

export type NewHold = For & Amount & { ttlMs: number; metadata?: unknown }

/** The price class under which an amount that names no items is kept. */
const AMOUNT_LINES = {}

/** Sets credits aside for work under way. End it with `capture` or `release`, before it expires. */
export async function hold(
  deps: Deps,
  caller: Caller,
  request: Request,
  asked: NewHold,
): Promise<Answered<Hold>> {
  requireScope(caller, 'credits:write')
  const key = keyOf(actorOf(caller), 'hold', request.key, request.asked)
  const outcome = await withRules(deps, caller, async (rules) => {
    const card = await cardNow(deps, caller.companyNo, rules)
    const rated = asked.items && rate(card, asked.items)
    return deps.ledger.submit({
      companyNo: caller.companyNo,
      key,
      epoch: rules.epoch,
      asked: {
        kind: 'hold',
        ttlMs: asked.ttlMs,
        metadata: asked.metadata,
        priced: {
          credits: rated ? rated.credits : asked.credits!,
          lines: rated ? linesOf(rated) : AMOUNT_LINES,
          rateCard: card.no,
          attribution: await attribute(deps, caller, asked, rules),
        },
      },
    })
  })
  if (outcome.kind === 'replay') {
    return { view: await readHoldAsMade(deps, caller.companyNo, outcome.result), replayed: true }
  }
  assert(outcome.kind === 'hold')
  return { view: outcome.hold, replayed: false }
}

/**
 * Charges what the work took, by the rate card of the moment the hold was made, and gives the rest back.
 * A hold ends once.
 */
export async function capture(
  deps: Deps,
  caller: Caller,
  request: Request,
  id: string,
  asked: Amount,
): Promise<Answered<ChargeView>> {
  requireScope(caller, 'credits:write')
  const holdId = ledgerIds(caller.companyId).readHold(id)
  const key = keyOf(actorOf(caller), 'capture', request.key, request.asked)
  const outcome = await withRules(deps, caller, ({ cards }) =>
    deps.ledger.submit({
      companyNo: caller.companyNo,
      key,
      asked: {
        kind: 'capture',
        holdId,
        publicId: id,
        detail: asked.items && detailOf(asked.items, undefined),
        capture: (held) => {
          if (!asked.items) return { credits: asked.credits, lines: AMOUNT_LINES, ends: true }
          const card = cards.find((one) => one.no === held.rateCard)
          // Another server has added the version since these rules were read.
          if (!card) return 'stale'
          const rated = rate(card, asked.items)
          return { credits: rated.credits, lines: linesOf(rated), ends: true }
        },
      },
    }),
  )
  if (outcome.kind === 'replay') return replayOf(deps, caller, outcome)
  assert(outcome.kind === 'capture')
  return { view: fromCharged(outcome.charged, outcome.priced, holdId), replayed: false }
}

/** Gives all that is held back. */
export async function release(
  deps: Deps,
  caller: Caller,
  request: Request | undefined,
  id: string,
): Promise<Answered<Hold>> {
  requireScope(caller, 'credits:write')
  const holdId = ledgerIds(caller.companyId).readHold(id)
  const key = request && keyOf(actorOf(caller), 'release', request.key, request.asked)
  const outcome = await deps.ledger.submit({
    companyNo: caller.companyNo,
    key,
    asked: { kind: 'release', holdId, publicId: id },
  })
  if (outcome.kind === 'replay') {
    return { view: await readHold(deps, caller.companyNo, holdId, id), replayed: true }
  }
  assert(outcome.kind === 'release')
  return { view: outcome.hold, replayed: false }
}
