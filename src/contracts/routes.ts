import { z } from 'zod'
import { startOfDay } from '../kit/calendar.ts'
import { toJson } from '../kit/credits.ts'
import { ledgerIds } from '../ledger/ids.ts'
import type { Ledger } from '../ledger/service/ledger.ts'
import type { App } from '../platform/app.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { amount, answers, credits, day, timeOut } from '../platform/shapes.ts'
import { CREDITS_PER_SEAT, contractYears, seatTypes, type Term } from './contract.ts'
import { addSeats, type Contract, getContract, putContract } from './service.ts'

const Seat = z.object({
  type: z.enum(seatTypes),
  count: z.number().int().min(0).max(1_000_000),
  core: z.boolean().default(true),
  creditsPerSeat: amount.optional(),
})

const NewContract = z
  .strictObject({
    startDate: day,
    termMonths: z.number().int().min(1).max(120),
    seats: z.array(Seat).max(seatTypes.length),
    proration: z.enum(['daily', 'full']).optional(),
  })
  .refine(({ seats }) => new Set(seats.map((seat) => seat.type)).size === seats.length, {
    path: ['seats'],
    error: 'must name each type once',
  })

const TermOut = z.object({
  startDate: z.string(),
  endDate: z.string().meta({ description: 'The first day after the term.' }),
  termMonths: z.number().int(),
  proration: z.enum(['daily', 'full']),
  seats: z.array(
    z.object({
      type: z.enum(seatTypes),
      count: z.number().int(),
      core: z.boolean(),
      creditsPerSeat: credits,
    }),
  ),
  contractYears: z.array(z.object({ start: timeOut, end: timeOut })),
})
const ContractOut = TermOut.extend({ timezone: z.string(), terms: z.array(TermOut) }).meta({
  id: 'Contract',
})

const SeatsOut = ContractOut.extend({
  grant: z
    .object({ id: z.string() })
    .nullable()
    .meta({ description: 'What the added seats brought at once.' }),
}).meta({ id: 'SeatChange' })

export function contractRoutes(
  app: App,
  house: { db: Database; ledger: Ledger; clock: Clock },
): void {
  app.put(
    '/v1/contract',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Make the contract, change its seats, or add the next term',
        tags: ['contract'],
        body: NewContract,
        response: answers({ 200: ContractOut }, 409, 422),
      },
    },
    async ({ caller, body }) => {
      const seats = body.seats.map((seat) => ({
        ...seat,
        creditsPerSeat: seat.creditsPerSeat ?? CREDITS_PER_SEAT,
      }))
      return present(await putContract(house, caller, { ...body, seats }))
    },
  )
  app.get(
    '/v1/contract',
    {
      config: { access: 'credits:read' },
      schema: {
        summary: 'Read the contract',
        tags: ['contract'],
        response: answers({ 200: ContractOut }),
      },
    },
    async ({ caller }) => present(await getContract(house, caller)),
  )
  app.post(
    '/v1/contract/seats',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Add seats, or take some away',
        tags: ['contract'],
        body: z.strictObject({
          type: z.enum(seatTypes),
          count: z.number().int().min(-1_000_000).max(1_000_000),
        }),
        response: answers({ 200: SeatsOut }, 422),
      },
    },
    async ({ db, caller, body }) => {
      const { contract, grantNo } = await addSeats({ ...house, db }, caller, body)
      return {
        ...present(contract),
        grant: grantNo ? { id: ledgerIds(caller.companyId).grant(grantNo) } : null,
      }
    },
  )
}

function present({ terms, current, timezone }: Contract) {
  const term = (one: Term) => ({
    startDate: one.startDay,
    endDate: one.endDay,
    termMonths: one.termMonths,
    proration: one.proration,
    seats: one.seats.map(({ type, count, core, creditsPerSeat }) => ({
      type,
      count,
      core,
      creditsPerSeat: toJson(creditsPerSeat),
    })),
    contractYears: contractYears(one.startDay, one.termMonths).map((year) => ({
      start: startOfDay(year.start, timezone).toISOString(),
      end: startOfDay(year.end, timezone).toISOString(),
    })),
  })
  return { ...term(current!), timezone, terms: terms.map(term) }
}
