import assert from 'node:assert/strict'
import { termEnd } from '../../contracts/service.ts'
import { actorOf, type Caller, may, requireScope } from '../../kit/caller.ts'
import type { Credits } from '../../kit/credits.ts'
import { notFound, Problem, unprocessable } from '../../kit/problem.ts'
import { ledgerIds } from '../../ledger/ids.ts'
import type { Grant } from '../../ledger/pool.ts'
import { readCharge, readGrant, readGrantAsMade } from '../../ledger/service/reads.ts'
import { companyTime } from '../../platform/company-time.ts'
import { keyOf } from '../key.ts'
import type { Answered, Request } from './charge.ts'
import type { Deps } from './rules.ts'
import { trailOf } from './trail.ts'

/** Credits to be added to a pool. */
export interface NewGrant {
  source: 'purchased' | 'adjustment'
  credits: Credits
  effectiveAt?: Date | undefined
  expiresAt?: Date | undefined
  reference?: string | undefined
  reason?: string | undefined
}

/**
 * Adds purchased or adjustment credits. They expire with the contract term unless set earlier; without a
 * contract they never do.
 */
export async function makeGrant(
  deps: Deps,
  caller: Caller,
  request: Request,
  asked: NewGrant,
): Promise<Answered<Grant>> {
  requireScope(caller, 'admin')
  const key = keyOf(actorOf(caller), 'grant', request.key, request.asked)
  const end = await deps.db.snapshot(caller.companyNo, async (tx) =>
    termEnd(tx, caller.companyNo, await companyTime(tx, caller.companyNo, deps.clock)),
  )
  const outcome = await deps.ledger.submit({
    companyNo: caller.companyNo,
    key,
    rider: trailOf(caller, asked),
    asked: {
      kind: 'grant',
      grant: (now) => {
        const over = end && end.getTime() <= now
        if (
          end &&
          !over &&
          asked.source === 'purchased' &&
          asked.expiresAt &&
          asked.expiresAt > end
        ) {
          throw unprocessable(
            'expiresAt',
            `lies past the end of the contract term, ${end.toISOString()}`,
          )
        }
        const expiresAt = asked.expiresAt ?? (over ? undefined : end)
        return {
          source: asked.source,
          amount: asked.credits,
          effectiveAt: asked.effectiveAt?.getTime() ?? now,
          expiresAt: expiresAt?.getTime() ?? null,
          reference: asked.reference ?? null,
          reason: asked.reason ?? null,
          grantedBy: actorOf(caller),
        }
      },
    },
  })
  if (outcome.kind === 'replay') {
    return { view: await readGrantAsMade(deps, caller.companyNo, outcome.result), replayed: true }
  }
  assert(outcome.kind === 'grant')
  return { view: outcome.grant, replayed: false }
}

/** Takes a grant back, in whole or part, for a reason that stays in the ledger. */
export async function voidGrant(
  deps: Deps,
  caller: Caller,
  request: Request,
  id: string,
  asked: { reason: string; credits?: Credits | undefined },
): Promise<Answered<Grant>> {
  requireScope(caller, 'admin')
  const outcome = await deps.ledger.submit({
    companyNo: caller.companyNo,
    key: keyOf(actorOf(caller), 'void', request.key, request.asked),
    rider: trailOf(caller, asked),
    asked: {
      kind: 'void',
      grantNo: ledgerIds(caller.companyId).readGrant(id),
      publicId: id,
      actor: actorOf(caller),
      ...asked,
    },
  })
  if (outcome.kind === 'replay') {
    const { grant } = await readGrant(deps, caller.companyNo, outcome.result, id)
    return { view: grant, replayed: true }
  }
  assert(outcome.kind === 'void')
  return { view: outcome.grant, replayed: false }
}

/** A refund as its maker reads it. */
export interface RefundView {
  seq: number
  chargeId: string
  credits: Credits
  at: number
}

/** Returns a charge's credits to the grants they came from, once. A program refunds its own charges only. */
export async function refund(
  deps: Deps,
  caller: Caller,
  request: Request,
  id: string,
  reason: string,
): Promise<Answered<RefundView>> {
  requireScope(caller, 'credits:write')
  const { at, seq } = ledgerIds(caller.companyId).readCharge(id)
  const row = await readCharge(deps, caller.companyNo, at, seq)
  if (!row) throw notFound('charge', id)
  if (!may(caller, 'admin') && row.attribution.integrationId !== caller.integrationId) {
    throw new Problem('forbidden', 'A key refunds its own charges; others need the scope admin.')
  }
  const outcome = await deps.ledger.submit({
    companyNo: caller.companyNo,
    key: keyOf(actorOf(caller), 'refund', request.key, request.asked),
    rider: trailOf(caller, { reason }),
    asked: {
      kind: 'refund',
      chargeAt: at,
      chargeSeq: seq,
      publicId: id,
      reason,
      actor: actorOf(caller),
    },
  })
  if (outcome.kind === 'replay') {
    const credits = row.entries.reduce((total, entry) => total + entry.credits, 0n) as Credits
    return { view: { seq: outcome.result, chargeId: id, credits, at: outcome.at }, replayed: true }
  }
  assert(outcome.kind === 'refund')
  const { refunded } = outcome
  return {
    view: { seq: refunded.seq, chargeId: id, credits: refunded.credits, at: refunded.at },
    replayed: false,
  }
}
