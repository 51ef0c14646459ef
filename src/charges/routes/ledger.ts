import { z } from 'zod'
import { toJson } from '../../kit/credits.ts'
import { pageOf, readCursor } from '../../kit/cursor.ts'
import { type LedgerIds, ledgerIds } from '../../ledger/ids.ts'
import { entryTypes } from '../../ledger/pool.ts'
import type { EntryRow } from '../../ledger/records.ts'
import { listEntries } from '../../ledger/service/reads.ts'
import type { App } from '../../platform/app.ts'
import { answers, credits, id, listOf, page, time, timeOut } from '../../platform/shapes.ts'
import type { Deps } from '../service/rules.ts'

export const EntryOut = z
  .object({
    seq: z.number().int(),
    id: z.string(),
    type: z.enum(entryTypes),
    credits,
    availableDelta: credits,
    heldDelta: credits,
    availableAfter: credits,
    heldAfter: credits,
    grantId: z.string(),
    chargeId: z.string().nullable(),
    holdId: z.string().nullable(),
    at: timeOut,
    reason: z.string().nullable(),
    actor: z.string().nullable(),
  })
  .meta({ id: 'LedgerEntry' })

export function ledgerRoutes(app: App, house: Deps): void {
  app.get(
    '/v1/credits/ledger',
    {
      config: { access: 'credits:read' },
      schema: {
        summary: 'Read the ledger, entry by entry',
        tags: ['credits'],
        querystring: z.object({
          ...page,
          from: time.optional(),
          to: time.optional(),
          type: z.enum(entryTypes).optional(),
          grantId: id.optional(),
          chargeId: id.optional(),
          holdId: id.optional(),
          order: z.enum(['asc', 'desc']).default('desc'),
        }),
        response: answers({ 200: listOf(EntryOut) }),
      },
    },
    async ({ caller, query }) => {
      const ids = ledgerIds(caller.companyId)
      const [at, seq] = readCursor(query.cursor, 'time', 'bigint') ?? []
      const rows = await listEntries(house, caller.companyNo, {
        from: query.from,
        to: query.to,
        type: query.type,
        grantNo: query.grantId === undefined ? undefined : ids.readGrant(query.grantId),
        charge: query.chargeId === undefined ? undefined : ids.readCharge(query.chargeId),
        holdId: query.holdId === undefined ? undefined : ids.readHold(query.holdId),
        order: query.order,
        after: at && seq !== undefined ? { at, seq } : undefined,
        limit: query.limit + 1,
      })
      const shown = pageOf(rows, query.limit, (row) => [new Date(row.at), BigInt(row.seq)])
      return { ...shown, data: shown.data.map((row) => presentEntry(row, ids)) }
    },
  )
}

/** What each type does to (available, held), as the contract has it. */
export function deltas({
  type,
  credits,
  fromHold,
}: Pick<EntryRow, 'type' | 'credits' | 'fromHold'>): [bigint, bigint] {
  switch (type) {
    case 'grant':
    case 'refund':
      return [credits, 0n]
    case 'hold':
      return [-credits, credits]
    case 'release':
      return [credits, -credits]
    case 'consume':
      return fromHold ? [0n, -credits] : [-credits, 0n]
    case 'expire':
    case 'void':
      return [-credits, 0n]
  }
}

export function presentEntry(row: EntryRow, ids: LedgerIds) {
  const [available, held] = deltas(row)
  return {
    seq: row.seq,
    id: ids.entry(row.at, row.seq),
    type: row.type,
    credits: toJson(row.credits),
    availableDelta: toJson(available),
    heldDelta: toJson(held),
    availableAfter: toJson(row.availableAfter),
    heldAfter: toJson(row.heldAfter),
    grantId: ids.grant(row.grantNo),
    chargeId: row.chargeSeq === null ? null : ids.charge(row.chargeAt ?? row.at, row.chargeSeq),
    holdId: row.holdId === null ? null : ids.hold(row.holdId),
    at: new Date(row.at).toISOString(),
    reason: row.reason,
    actor: row.actor,
  }
}
