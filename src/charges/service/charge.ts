import assert from 'node:assert/strict'
import { actorOf, type Caller, requireScope } from '../../kit/caller.ts'
import { Problem, type ProblemCode } from '../../kit/problem.ts'
import type { Outcome } from '../../ledger/commands.ts'
import { readCharge } from '../../ledger/service/reads.ts'
import { failpoint } from '../../platform/failpoints.ts'
import { type Item, rate } from '../../rating/rate-card.ts'
import { type ChargeView, detailOf, fromCharged, fromRow, linesOf } from '../charge.ts'
import { keyOf } from '../key.ts'
import { attribute, cardNow, type Deps, type For, type Rules } from './rules.ts'

/** One consumption to be charged. */
export interface NewCharge extends For {
  items: Item[]
  metadata?: unknown
}

export interface Answered<View> {
  view: View
  /** Whether this is what an earlier request with the same key did. */
  replayed: boolean
}

/** A request under a key: the key, and the canonical text of all that was asked. */
export interface Request {
  key: string
  asked: string
}

/** Prices items and takes their cost from the pool: one atomic step, or nothing at all. */
export async function charge(
  deps: Deps,
  caller: Caller,
  request: Request,
  asked: NewCharge,
): Promise<Answered<ChargeView>> {
  requireScope(caller, 'credits:write')
  const key = keyOf(actorOf(caller), 'charge', request.key, request.asked)
  const outcome = await withRules(deps, caller, async (rules) => {
    const card = await cardNow(deps, caller.companyNo, rules)
    const rated = rate(card, asked.items)
    return deps.ledger.submit({
      companyNo: caller.companyNo,
      key,
      epoch: rules.epoch,
      asked: {
        kind: 'charge',
        detail: detailOf(asked.items, asked.metadata),
        priced: {
          credits: rated.credits,
          lines: linesOf(rated),
          rateCard: card.no,
          attribution: await attribute(deps, caller, asked, rules),
        },
      },
    })
  })
  if (outcome.kind === 'replay') return replayOf(deps, caller, outcome)
  assert(outcome.kind === 'charge')
  failpoint('charge.committed')
  return { view: fromCharged(outcome.charged, outcome.priced), replayed: false }
}

/** Prepares a command by the rules, and again when they turn out to have changed meanwhile. */
export async function withRules(
  { rules }: Deps,
  { companyNo }: Caller,
  prepare: (rules: Rules) => Promise<Outcome>,
): Promise<Outcome> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const known = await rules.of(companyNo)
    try {
      const outcome = await prepare(known)
      if (outcome.kind !== 'stale') return outcome
      rules.forget(companyNo)
    } catch (error) {
      // What the rules refuse, they may have refused because they are old.
      const isByRules = error instanceof Problem && RULED.has(error.code)
      if (!isByRules || (await rules.current(companyNo)).epoch === known.epoch) throw error
    }
  }
  assert.fail('the rules change faster than a command can be prepared')
}

const TRIES_MAX = 50
const RULED = new Set<ProblemCode>(['unprocessable', 'feature-disabled'])

/** The charge that an earlier request with the same key made. */
export async function replayOf(
  deps: Deps,
  caller: Caller,
  { at, result }: Outcome & { kind: 'replay' },
): Promise<Answered<ChargeView>> {
  const row = await readCharge(deps, caller.companyNo, at, result)
  assert(row, 'a remembered charge is in the ledger')
  return { view: fromRow(row), replayed: true }
}
