import { z } from 'zod'
import { toJson } from '../../kit/credits.ts'
import { pageOf, readCursor } from '../../kit/cursor.ts'
import { ledgerIds } from '../../ledger/ids.ts'
import { listGrants, readGrant, readPoolNow } from '../../ledger/service/reads.ts'
import { statusOf, thresholds, totalOf, usedPercent } from '../../ledger/thresholds.ts'
import type { App } from '../../platform/app.ts'
import {
  amount,
  answers,
  credits,
  id,
  listOf,
  page,
  text,
  time,
  timeOut,
} from '../../platform/shapes.ts'
import { makeGrant, voidGrant } from '../service/grants.ts'
import type { Deps } from '../service/rules.ts'
import { GrantOut, presentGrant, setCreditHeaders } from './shapes.ts'

const NewGrantBody = z.strictObject({
  source: z.enum(['purchased', 'adjustment']),
  credits: amount,
  effectiveAt: time.optional(),
  expiresAt: time.optional(),
  reference: text(300).optional(),
  reason: text(500).optional(),
})

const BalanceOut = z
  .object({
    asOf: timeOut,
    seq: z.number().int(),
    available: credits,
    held: credits,
    used: credits,
    total: credits,
    usedPercent: z.number(),
    status: z.enum(['ok', 'low', 'exhausted']),
    thresholds: z.array(z.object({ percent: z.number().int(), reachedAt: timeOut.nullable() })),
    grants: z.array(GrantOut),
  })
  .meta({ id: 'Balance' })

const tags = ['credits']
const params = z.object({ id })

export function grantRoutes(app: App, house: Deps): void {
  app.get(
    '/v1/credits/balance',
    {
      config: { access: 'credits:read' },
      schema: { summary: 'The balance right now', tags, response: answers({ 200: BalanceOut }) },
    },
    async ({ caller }) => {
      const { asOf, pool, grants } = await readPoolNow(house, caller.companyNo)
      return {
        asOf: asOf.toISOString(),
        seq: pool.seq,
        available: toJson(pool.available),
        held: toJson(pool.held),
        used: toJson(pool.used),
        total: toJson(totalOf(pool)),
        usedPercent: usedPercent(pool),
        status: statusOf(pool),
        thresholds: thresholds.map((percent, i) => {
          const at = pool.reached[i] ?? null
          return { percent, reachedAt: at === null ? null : new Date(at).toISOString() }
        }),
        grants: grants.map((grant) =>
          presentGrant(grant, asOf.getTime(), ledgerIds(caller.companyId)),
        ),
      }
    },
  )
  app.post(
    '/v1/credits/grants',
    {
      config: { access: 'admin', key: 'required' },
      schema: {
        summary: 'Add purchased or adjustment credits',
        tags,
        body: NewGrantBody,
        response: answers({ 201: GrantOut }, 409, 422),
      },
    },
    async (request, reply) => {
      const asked = { key: request.idempotencyKey, asked: request.asked }
      const { view, replayed } = await makeGrant(house, request.caller, asked, request.body)
      setCreditHeaders(reply, { replayed })
      return reply
        .code(201)
        .send(presentGrant(view, view.createdAt, ledgerIds(request.caller.companyId)))
    },
  )
  app.get(
    '/v1/credits/grants',
    {
      config: { access: 'credits:read' },
      schema: {
        summary: 'List grants, newest first',
        tags,
        querystring: z.object(page),
        response: answers({ 200: listOf(GrantOut) }),
      },
    },
    async ({ caller, query: { limit, cursor } }) => {
      const [before] = readCursor(cursor, 'int') ?? []
      const { now, grants } = await listGrants(house, caller.companyNo, before, limit + 1)
      const shown = pageOf(grants, limit, (grant) => [grant.no])
      return {
        ...shown,
        data: shown.data.map((grant) => presentGrant(grant, now, ledgerIds(caller.companyId))),
      }
    },
  )
  app.get(
    '/v1/credits/grants/:id',
    {
      config: { access: 'credits:read' },
      schema: { summary: 'Read a grant', tags, params, response: answers({ 200: GrantOut }) },
    },
    async ({ caller, params }) => {
      const ids = ledgerIds(caller.companyId)
      const { grant, now } = await readGrant(
        house,
        caller.companyNo,
        ids.readGrant(params.id),
        params.id,
      )
      return presentGrant(grant, now, ids)
    },
  )
  app.post(
    '/v1/credits/grants/:id/void',
    {
      config: { access: 'admin', key: 'required' },
      schema: {
        summary: 'Take a grant back, in whole or part',
        tags,
        params,
        body: z.strictObject({ reason: text(500), credits: amount.optional() }),
        response: answers({ 200: GrantOut }, 409, 422),
      },
    },
    async (request, reply) => {
      const asked = { key: request.idempotencyKey, asked: request.asked }
      const { view, replayed } = await voidGrant(
        house,
        request.caller,
        asked,
        request.params.id,
        request.body,
      )
      setCreditHeaders(reply, { replayed })
      const ids = ledgerIds(request.caller.companyId)
      const { now } = await readGrant(house, request.caller.companyNo, view.no, request.params.id)
      return presentGrant(view, now, ids)
    },
  )
}
