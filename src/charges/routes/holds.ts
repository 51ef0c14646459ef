import { z } from 'zod'
import { pageOf, readCursor } from '../../kit/cursor.ts'
import { ledgerIds } from '../../ledger/ids.ts'
import { listHolds, readHold } from '../../ledger/service/reads.ts'
import type { App } from '../../platform/app.ts'
import { answers, id, listOf, page } from '../../platform/shapes.ts'
import { presentCharge } from '../charge.ts'
import { type Amount, capture, hold, type NewHold, release } from '../service/holds.ts'
import type { Deps } from '../service/rules.ts'
import {
  amountShape,
  Charge,
  For,
  HoldOut,
  Metadata,
  oneAmount,
  oneAmountFault,
  presentHold,
  setCreditHeaders,
} from './shapes.ts'

const TTL_DEFAULT_SECONDS = 900
const TTL_MAX_SECONDS = 86_400

const NewHoldBody = z
  .strictObject({
    ...amountShape,
    ...For,
    ttlSeconds: z.number().int().min(1).max(TTL_MAX_SECONDS).default(TTL_DEFAULT_SECONDS),
    metadata: Metadata,
  })
  .refine(oneAmount, oneAmountFault)
const CaptureBody = z.strictObject(amountShape).refine(oneAmount, oneAmountFault)

const tags = ['credits']
const params = z.object({ id })

export function holdRoutes(app: App, house: Deps): void {
  app.post(
    '/v1/credits/holds',
    {
      config: { access: 'credits:write', key: 'required' },
      schema: {
        summary: 'Set credits aside for work under way',
        tags,
        body: NewHoldBody,
        response: answers({ 201: HoldOut }, 402, 409, 422),
      },
    },
    async (request, reply) => {
      const { ttlSeconds, ...body } = request.body
      const asked = { key: request.idempotencyKey, asked: request.asked }
      const wanted = { ...body, ttlMs: ttlSeconds * 1000 } as NewHold
      const { view, replayed } = await hold(house, request.caller, asked, wanted)
      setCreditHeaders(reply, { replayed })
      return reply.code(201).send(presentHold(view, ledgerIds(request.caller.companyId)))
    },
  )
  app.post(
    '/v1/credits/holds/:id/capture',
    {
      config: { access: 'credits:write', key: 'required' },
      schema: {
        summary: 'Charge what the work took, and give the rest back',
        tags,
        params,
        body: CaptureBody,
        response: answers({ 201: Charge }, 409, 422),
      },
    },
    async (request, reply) => {
      const asked = { key: request.idempotencyKey, asked: request.asked }
      const { view, replayed } = await capture(
        house,
        request.caller,
        asked,
        request.params.id,
        request.body as Amount,
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
    '/v1/credits/holds/:id/release',
    {
      config: { access: 'credits:write', key: 'own' },
      schema: {
        summary: 'Give all that is held back',
        tags,
        params,
        response: answers({ 200: HoldOut }, 409),
      },
    },
    async (request, reply) => {
      const { idempotencyKey: key, asked } = request
      const { view, replayed } = await release(
        house,
        request.caller,
        key ? { key, asked } : undefined,
        request.params.id,
      )
      setCreditHeaders(reply, { replayed })
      return presentHold(view, ledgerIds(request.caller.companyId))
    },
  )
  app.get(
    '/v1/credits/holds',
    {
      config: { access: 'credits:read' },
      schema: {
        summary: 'List holds, newest first',
        tags,
        querystring: z.object({
          ...page,
          status: z.enum(['held', 'captured', 'released', 'expired']).optional(),
        }),
        response: answers({ 200: listOf(HoldOut) }),
      },
    },
    async ({ caller, query: { limit, cursor, status } }) => {
      const [before] = readCursor(cursor, 'bigint') ?? []
      const rows = await listHolds(house, caller.companyNo, { status, before, limit: limit + 1 })
      const shown = pageOf(rows, limit, (row) => [BigInt(row.id)])
      return {
        ...shown,
        data: shown.data.map((row) => presentHold(row, ledgerIds(caller.companyId))),
      }
    },
  )
  app.get(
    '/v1/credits/holds/:id',
    {
      config: { access: 'credits:read' },
      schema: { summary: 'Read a hold', tags, params, response: answers({ 200: HoldOut }) },
    },
    async ({ caller, params }) => {
      const ids = ledgerIds(caller.companyId)
      const found = await readHold(house, caller.companyNo, ids.readHold(params.id), params.id)
      return presentHold(found, ids)
    },
  )
}
