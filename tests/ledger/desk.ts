import { credits, ZERO } from '../../src/kit/credits.ts'
import { type Book, openBook } from '../../src/ledger/book.ts'
import { addGrant, enterGrant } from '../../src/ledger/movements.ts'
import type { Attribution, Grant, Pool } from '../../src/ledger/pool.ts'

export const someone: Attribution = {
  ...{ id: 1, feature: 'ai_tracker', instanceId: null, instanceName: null, trigger: 'continuous' },
  ...{ integrationId: null, memberId: null, teamId: null },
}

export const priced = (amount: number) => ({
  credits: credits(amount),
  lines: {},
  rateCard: 0,
  attribution: someone,
})

export function emptyPool(): Pool {
  return {
    ...{
      companyNo: 1,
      seq: 0,
      available: ZERO,
      held: ZERO,
      used: ZERO,
      periodStart: null,
      everGranted: false,
    },
    ...{
      reached: [null, null, null, null, null],
      exhaustedSeq: null,
      exhaustedAt: null,
      lastAt: null,
      nextDueAt: null,
    },
    ...{ clock: null, grants: 0, configEpoch: 0, stamp: 0n },
  }
}

const sources = { d: 'default', a: 'adjustment', p: 'purchased' } as const

/**
 * A desk at day 0 with grants written `d100/30 p50/_`: a default one of 100 that ends on day 30, a purchased one of 50
 * that never ends.
 */
export function deskOf(grants: string): Book {
  const book = openBook(emptyPool(), [])
  for (const text of grants.split(' ').filter(Boolean)) {
    const [, source, amount, end] = /^([dap])([\d.]+)\/(\d+|_)$/.exec(text)!
    const made = addGrant(
      book,
      {
        source: sources[source as 'd'],
        amount: credits(amount!),
        effectiveAt: 0,
        expiresAt: end === '_' ? null : Number(end),
        ...{ reference: null, reason: null, grantedBy: null },
      },
      0,
    )
    enterGrant(book, made, 0)
  }
  return book
}

/** `1:30 2:5` for 30 from grant 1 and 5 from grant 2. */
export const said = (draws: { grantNo: number; credits: bigint }[] | undefined) =>
  draws?.map((draw) => `${draw.grantNo}:${Number(draw.credits) / 1e6}`).join(' ')

/** A grant's states: `available held consumed expired voided`. */
export const stateOf = (grant: Grant) =>
  [grant.available, grant.held, grant.consumed, grant.expired, grant.voided]
    .map((one) => Number(one) / 1e6)
    .join(' ')
