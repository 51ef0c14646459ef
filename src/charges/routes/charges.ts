import { z } from 'zod'
import type { Caller } from '../../kit/caller.ts'
import { canonical } from '../../kit/canonical.ts'
import { toJson } from '../../kit/credits.ts'
import { pageOf, readCursor } from '../../kit/cursor.ts'
import { notFound, Problem } from '../../kit/problem.ts'
import { ledgerIds } from '../../ledger/ids.ts'
import { listCharges, readCharge, type SpansOfUse } from '../../ledger/service/reads.ts'
import type { App } from '../../platform/app.ts'
import {
  answers,
  credits,
  id,
  listOf,
  page,
  problem,
  text,
  time,
  timeOut,
} from '../../platform/shapes.ts'
import { fromRow, itemsOf, presentCharge } from '../charge.ts'
import { charge, type NewCharge } from '../service/charge.ts'
import { estimate } from '../service/estimate.ts'
import { refund } from '../service/grants.ts'
import type { Deps } from '../service/rules.ts'
import { EntryOut, presentEntry } from './ledger.ts'
import { Charge, For, Items, Metadata, setCreditHeaders } from './shapes.ts'

const NewChargeBody = z.strictObject({ items: Items, ...For, metadata: Metadata })

const ChargeWhole = Charge.extend({
  items: z.array(z.looseObject({ type: z.string() })),
  entries: z.array(EntryOut),
  lines: z.array(z.object({ type: z.string(), count: z.number().int() })),
  metadata: z.json().nullable(),
  refunded: z.boolean(),
}).meta({ id: 'ChargeWithEntries' })

const EstimateOut = z
  .object({
    credits,
    lines: z.array(
      z.object({ type: z.string(), count: z.number().int(), unitCredits: credits, credits }),
    ),
    available: credits,
    sufficient: z.boolean(),
  })
  .meta({ id: 'Estimate' })

const RefundOut = z
  .object({ id: z.string(), chargeId: z.string(), credits, createdAt: timeOut })
  .meta({ id: 'Refund' })

const BATCH_MAX = 1_000
const Batch = z.strictObject({
  charges: z
    .array(z.looseObject({ idempotencyKey: text(255) }))
    .min(1)
    .max(BATCH_MAX),
})
const BatchOut = z
  .object({
    results: z.array(
      z.object({
        status: z.number().int(),
        replayed: z.boolean(),
        charge: Charge.optional(),
        problem: problem.optional(),
      }),
    ),
  })
  .meta({ id: 'BatchResults' })

const tags = ['credits']

export function chargeRoutes(app: App, house: Deps & { spansOfUse: SpansOfUse }): void {
  app.post(
    '/v1/credits/estimate',
    {
      config: { access: 'credits:write', key: 'none' },
      schema: {
        summary: 'Price items without charging them',
        tags,
        body: z.strictObject({ items: Items }),
        response: answers({ 200: EstimateOut }, 422),
      },
    },
    async ({ caller, body }) => {
      const it = await estimate(house, caller, body.items)
      const lines = it.lines.map((line) => ({
        ...line,
        unitCredits: toJson(line.unitCredits),
        credits: toJson(line.credits),
      }))
      return {
        credits: toJson(it.credits),
        lines,
        available: toJson(it.available),
        sufficient: it.sufficient,
      }
    },
  )
  app.post(
    '/v1/credits/charges',
    {
      config: { access: 'credits:write', key: 'required' },
      schema: {
        summary: 'Charge items to the pool',
        tags,
        body: NewChargeBody,
        response: answers({ 201: Charge }, 402, 409, 422),
      },
    },
    async (request, reply) => {
      const asked = { key: request.idempotencyKey, asked: request.asked }
      const { view, replayed } = await charge(
        house,
        request.caller,
        asked,
        request.body as NewCharge,
      )
      setCreditHeaders(reply, {
        replayed,
        charged: view.credits,
        available: view.balance.available,
      })
      return reply.code(201).send(presentCharge(view, ledgerIds(request.caller.companyId)))
    },
  )
  app.post(
    '/v1/credits/charges/batch',
    {
      config: { access: 'credits:write', key: 'none' },
      schema: {
        summary: 'Charge up to 1,000 times; each stands alone',
        tags,
        body: Batch,
        response: answers({ 200: BatchOut }),
      },
    },
    async ({ caller, body, id: requestId }) => ({
      results: await Promise.all(
        body.charges.map((one) => chargeOne(house, caller, one, requestId)),
      ),
    }),
  )
  app.get(
    '/v1/credits/charges',
    {
      config: { access: 'credits:read' },
      schema: {
        summary: 'List charges, newest first',
        tags,
        querystring: z.object({
          ...page,
          from: time.optional(),
          to: time.optional(),
          feature: text(100).optional(),
          instanceId: id.optional(),
          integrationId: id.optional(),
          memberId: id.optional(),
          teamId: id.optional(),
        }),
        response: answers({ 200: listOf(Charge) }),
      },
    },
    async ({ caller, query: { limit, cursor, ...filter } }) => {
      const [at, seq] = readCursor(cursor, 'time', 'bigint') ?? []
      const before = at && seq !== undefined ? { at, seq } : undefined
      const rows = await listCharges(house, caller.companyNo, {
        ...filter,
        before,
        limit: limit + 1,
      })
      const shown = pageOf(rows, limit, (row) => [new Date(row.at), BigInt(row.seq)])
      const ids = ledgerIds(caller.companyId)
      return { ...shown, data: shown.data.map((row) => presentCharge(fromRow(row), ids)) }
    },
  )
  app.get(
    '/v1/credits/charges/:id',
    {
      config: { access: 'credits:read' },
      schema: {
        summary: 'Read a charge down to its ledger entries',
        tags,
        params: z.object({ id }),
        response: answers({ 200: ChargeWhole }),
      },
    },
    async ({ caller, params }) => {
      const ids = ledgerIds(caller.companyId)
      const { at, seq } = ids.readCharge(params.id)
      const row = await readCharge(house, caller.companyNo, at, seq)
      if (!row) throw notFound('charge', params.id)
      return {
        ...presentCharge(fromRow(row), ids),
        items: itemsOf(row.items, row.lines),
        entries: row.entries
          .filter((entry) => entry.credits > 0n)
          .map((entry) => presentEntry(entry, ids)),
        lines: Object.entries(row.lines).map(([type, count]) => ({ type, count })),
        metadata: (row.metadata ?? null) as z.infer<typeof ChargeWhole>['metadata'],
        refunded: row.refunded,
      }
    },
  )
  app.post(
    '/v1/credits/charges/:id/refund',
    {
      config: { access: 'credits:write', key: 'required' },
      schema: {
        summary: 'Return a charge to the grants it came from, once',
        tags,
        params: z.object({ id }),
        body: z.strictObject({ reason: text(500) }),
        response: answers({ 201: RefundOut }, 409),
      },
    },
    async (request, reply) => {
      const asked = { key: request.idempotencyKey, asked: request.asked }
      const { view, replayed } = await refund(
        house,
        request.caller,
        asked,
        request.params.id,
        request.body.reason,
      )
      setCreditHeaders(reply, { replayed })
      const { at, seq, chargeId, credits } = view
      const id = ledgerIds(request.caller.companyId).refund(at, seq)
      const createdAt = new Date(at).toISOString()
      return reply.code(201).send({ id, chargeId, credits: toJson(credits), createdAt })
    },
  )
}

/** One charge of a batch: its own key, its own end. A key here and on a single charge is the same key. */
async function chargeOne(
  house: Deps,
  caller: Caller,
  { idempotencyKey, ...body }: z.infer<typeof Batch>['charges'][number],
  requestId: string,
) {
  try {
    const parsed = NewChargeBody.safeParse(body)
    if (!parsed.success) {
      const errors = parsed.error.issues.map((issue) => ({
        path: issue.path.join('.'),
        message: issue.message,
      }))
      throw new Problem('invalid-request', `${errors[0]?.path}: ${errors[0]?.message}`, { errors })
    }
    const asked = `POST /v1/credits/charges\n${canonical(body)}`
    const { view, replayed } = await charge(
      house,
      caller,
      { key: idempotencyKey, asked },
      parsed.data as NewCharge,
    )
    return { status: 201, replayed, charge: presentCharge(view, ledgerIds(caller.companyId)) }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const { retryAfter: _, ...facts } = error.facts
    const { code, title, status } = error
    const told = {
      type: `/docs/problems#${code}`,
      title,
      status,
      detail: error.message,
      code,
      requestId,
      ...facts,
    }
    return { status, replayed: false, problem: told as z.infer<typeof problem> }
  }
}
