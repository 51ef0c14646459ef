import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import type { Caller } from '../../src/kit/caller.ts'
import type { Credits } from '../../src/kit/credits.ts'
import { ledgerIds } from '../../src/ledger/ids.ts'
import { ContractModel } from './contract-model.ts'
import { Refusal } from './model.ts'
import { newCompany, type Server } from './servers.ts'

/** One command to the real service; amounts are emails, 0.1 each, so that everything is priced. */
export type Command =
  | { do: 'charge'; emails: number }
  | { do: 'hold'; emails: number; minutes: number }
  | { do: 'capture'; hold: number; emails: number }
  | { do: 'release'; hold: number }
  | { do: 'refund'; charge: number }
  | {
      do: 'grant'
      source: 'adjustment' | 'purchased'
      emails: number
      from: number
      to: number | undefined
    }
  | { do: 'void'; grant: number; emails: number | undefined }
  | { do: 'contract'; start: number; months: number; seats: number; full: boolean }
  | { do: 'same contract'; seats: number }
  | { do: 'seats'; count: number }
  | { do: 'advance'; hours: number }
  | { do: 'advance'; days: number }
  | { do: 'replay'; command: number; other: boolean }

const UNIT = 100_000
const HOUR = 3_600_000
const DAY = 24 * HOUR
const PER_SEAT = 20 * UNIT

const few = fc.nat({ max: 3 })

/** What may come one after another. */
export const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 24,
    arbitrary: fc.record({
      do: fc.constant('charge' as const),
      emails: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('hold' as const),
      emails: fc.integer({ min: 1, max: 12 }),
      minutes: fc.constantFrom(1, 15, 60, 1440),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('capture' as const),
      hold: few,
      emails: fc.integer({ min: 1, max: 12 }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('release' as const), hold: few }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('refund' as const), charge: few }) },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('grant' as const),
      source: fc.constantFrom('adjustment' as const, 'purchased' as const),
      emails: fc.integer({ min: 1, max: 40 }),
      from: fc.constantFrom(0, 0, 0, 1, 30, 400),
      to: fc.option(fc.constantFrom(1, 2, 24, 700, 9000), { nil: undefined }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('void' as const),
      grant: few,
      emails: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('contract' as const),
      // 374 days after the first moment it is 29 February 2028.
      start: fc.constantFrom(-40, 0, 0, 1, 59, 374),
      months: fc.constantFrom(6, 12, 18, 36, 60),
      seats: fc.nat({ max: 4 }),
      full: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('same contract' as const), seats: fc.nat({ max: 4 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('seats' as const),
      count: fc.integer({ min: -3, max: 3 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('advance' as const), hours: fc.constantFrom(1, 2, 25) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      days: fc.constantFrom(20, 100, 200, 365),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('replay' as const), command: few, other: fc.boolean() }),
  },
)

/** What several may do at the same moment: things whose place in the order the ledger itself tells. */
export const racingCommand: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('charge' as const),
      emails: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('hold' as const),
      emails: fc.integer({ min: 1, max: 12 }),
      minutes: fc.constantFrom(15, 60),
    }),
  },
)

export type AsOwner = (
  text: string,
  values?: unknown[],
) => Promise<{ rows: Record<string, unknown>[] }>

interface Said {
  key: string
  asked: string
  answer: unknown
  /** Asks exactly this once more. */
  again(server: Server, asked: string): Promise<{ view: unknown; replayed: boolean }>
}

/** A company of the real thing beside its model. */
export class Pair {
  readonly asOwner: AsOwner
  caller!: Caller
  model!: ContractModel
  /** The ids that the service gave, by the model's order. */
  holds: string[] = []
  said: Said[] = []
  commands = 0
  private keys = 0

  constructor(asOwner: AsOwner) {
    this.asOwner = asOwner
  }

  static async open(asOwner: AsOwner, start = Date.parse('2027-02-20T09:00:00Z')): Promise<Pair> {
    const pair = new Pair(asOwner)
    pair.caller = await newCompany(asOwner, { clock: new Date(start) })
    pair.model = new ContractModel(start)
    return pair
  }

  newKey(): { key: string; asked: string } {
    const key = `key-${++this.keys}`
    return { key, asked: `asked ${key}` }
  }

  /** Does one command on both; gives what they say differently. */
  async take(command: Command, server: Server): Promise<string | undefined> {
    this.commands++
    const { model } = this
    const real = await settled(() => this.ask(command, server))
    const wanted = await settled(() => this.askModel(command))
    if (real !== wanted) return `${JSON.stringify(command)}: ${real} should be ${wanted}`
    void model
    return this.difference()
  }

  private async ask(command: Command, server: Server): Promise<unknown> {
    const { caller, model } = this
    const { deps } = server
    const ids = ledgerIds(caller.companyId)
    const request = this.newKey()
    const keep = async <View>(
      act: (on: Server, asked: string) => Promise<{ view: View; replayed: boolean }>,
    ) => {
      const { view } = await act(server, request.asked)
      this.said.push({ ...request, answer: view, again: act })
      return view
    }
    switch (command.do) {
      case 'charge':
        return keep((on, asked) =>
          on.charges.charge(
            on.deps,
            caller,
            { ...request, asked },
            {
              items: [{ type: 'email', quantity: command.emails }],
              feature: 'ai_tracker',
            },
          ),
        ).then((view) => [view.seq, view.at, drawsOf(view.draws), view.thresholdsReached])
      case 'hold':
        return keep((on, asked) =>
          on.holds.hold(
            on.deps,
            caller,
            { ...request, asked },
            {
              items: [{ type: 'email', quantity: command.emails }],
              feature: 'ask_anything',
              ttlMs: command.minutes * 60_000,
            },
          ),
        ).then((view) => [view.id, drawsOf(view.draws), view.expiresAt])
      case 'capture': {
        const id = ids.hold(model.holds.at(-1 - command.hold)?.id ?? 999_999)
        const items = [{ type: 'email', quantity: command.emails }]
        return keep((on, asked) =>
          on.holds.capture(on.deps, caller, { ...request, asked }, id, { items }),
        ).then((view) => [view.seq, drawsOf(view.draws), view.thresholdsReached])
      }
      case 'release': {
        const id = ids.hold(model.holds.at(-1 - command.hold)?.id ?? 999_999)
        return keep((on, asked) =>
          on.holds.release(on.deps, caller, { ...request, asked }, id),
        ).then((view) => view.status)
      }
      case 'refund': {
        const charge = model.charges.at(-1 - command.charge)
        const id = ids.charge(charge?.at ?? 1, charge?.seq ?? 999_999)
        await keep((on, asked) =>
          on.grants.refund(on.deps, caller, { ...request, asked }, id, 'why'),
        )
        return 'done'
      }
      case 'grant': {
        const at = (hours: number) => new Date(model.now + hours * HOUR)
        const asked = {
          source: command.source,
          credits: BigInt(command.emails * UNIT) as Credits,
          effectiveAt: command.from === 0 ? undefined : at(command.from),
          expiresAt: command.to === undefined ? undefined : at(command.to),
        }
        return keep((on, text) =>
          on.grants.makeGrant(on.deps, caller, { ...request, asked: text }, asked),
        ).then((view) => [view.no, view.expiresAt])
      }
      case 'void': {
        const id = ids.grant(model.grants.at(-1 - command.grant)?.no ?? 999_999)
        const credits =
          command.emails === undefined ? undefined : (BigInt(command.emails * UNIT) as Credits)
        const view = await server.grants.voidGrant(deps, caller, request, id, {
          reason: 'why',
          credits,
        })
        return view.view.no
      }
      case 'contract':
      case 'same contract': {
        const asked = this.contractOf(command)
        if (!asked) return 'nothing'
        const { start, months, seats, proration } = asked
        await server.contracts.putContract(deps, caller, {
          startDate: start,
          termMonths: months,
          seats: seats.map((seat) => ({
            type: seat.type,
            count: seat.count,
            core: true,
            creditsPerSeat: BigInt(seat.creditsPerSeat) as Credits,
          })),
          proration,
        })
        return 'done'
      }
      case 'seats':
        await server.contracts.addSeats(deps, caller, { type: 'foundation', count: command.count })
        return 'done'
      case 'advance': {
        const to = model.now + ('hours' in command ? command.hours * HOUR : command.days * DAY)
        await server.testClock.advance(deps, caller, new Date(to))
        return 'done'
      }
      case 'replay': {
        const past = this.said.at(-1 - command.command)
        if (!past) return 'nothing'
        const done = await past.again(
          server,
          command.other ? `${past.asked}, but other` : past.asked,
        )
        if (!done.replayed) return 'done a second time'
        return isDeepStrictEqual(done.view, past.answer)
          ? 'as the first time'
          : `answered ${said(done.view)} after ${said(past.answer)}`
      }
    }
  }

  private askModel(command: Command): unknown {
    const { model } = this
    const drawn = (draws: { no: number; credits: number }[]) =>
      draws.map((draw) => [draw.no, draw.credits])
    switch (command.do) {
      case 'charge': {
        const { charge, reached } = model.charge(command.emails * UNIT)
        return [charge.seq, charge.at, drawn(charge.draws), reached]
      }
      case 'hold': {
        const hold = model.hold(command.emails * UNIT, command.minutes * 60_000)
        return [hold.id, drawn(hold.draws), hold.expiresAt]
      }
      case 'capture': {
        const { charge, reached } = model.capture(
          this.modelHold(command.hold),
          command.emails * UNIT,
        )
        return [charge.seq, drawn(charge.draws), reached]
      }
      case 'release':
        return model.release(this.modelHold(command.hold)).status
      case 'refund':
        model.refund(model.charges.at(-1 - command.charge)?.seq ?? -1)
        return 'done'
      case 'grant': {
        const end = model.termEnd()
        const from = model.now + command.from * HOUR
        const to = command.to === undefined ? end : model.now + command.to * HOUR
        if (command.source === 'purchased' && end !== null && to !== null && to > end)
          throw new Refusal('unprocessable')
        const grant = model.addGrant(command.source, command.emails * UNIT, from, to)
        return [grant.no, grant.to]
      }
      case 'void':
        return model.void(
          model.grants.at(-1 - command.grant)?.no ?? -1,
          command.emails === undefined ? undefined : command.emails * UNIT,
        ).no
      case 'contract':
      case 'same contract': {
        const asked = this.contractOf(command)
        if (!asked) return 'nothing'
        model.putContract(asked.start, asked.months, asked.seats, asked.proration)
        return 'done'
      }
      case 'seats':
        model.addSeats('foundation', command.count, 24_000_000_000)
        return 'done'
      case 'advance':
        model.advance(model.now + ('hours' in command ? command.hours * HOUR : command.days * DAY))
        return 'done'
      case 'replay':
        if (!this.said.at(-1 - command.command)) return 'nothing'
        if (command.other) throw new Refusal('idempotency-conflict')
        return 'as the first time'
    }
  }

  private contractOf(command: Command & { do: 'contract' | 'same contract' }) {
    const term = this.model.terms.at(-1)
    if (command.do === 'same contract' && !term) return undefined
    // Without the type it has: its seats are taken away.
    const seats = [
      ...(command.seats === 0
        ? []
        : [{ type: 'foundation' as const, count: command.seats, creditsPerSeat: PER_SEAT }]),
      ...(command.seats === 3
        ? [{ type: 'engage' as const, count: 1, creditsPerSeat: PER_SEAT }]
        : []),
    ]
    if (command.do === 'same contract')
      return { start: term!.start, months: term!.months, seats, proration: undefined }
    const start = new Date(this.model.now + command.start * DAY).toISOString().slice(0, 10)
    return {
      start,
      months: command.months,
      seats,
      proration: command.full ? ('full' as const) : undefined,
    }
  }

  private modelHold(back: number): number {
    return this.model.holds.at(-1 - back)?.id ?? -1
  }

  /** Where the database differs from the model. */
  async difference(): Promise<string | undefined> {
    const { rows } = await this.asOwner(STATE, [this.caller.companyNo])
    const real = rows[0]!.state as Record<string, unknown>
    const { model } = this
    const wanted: Record<string, unknown> = {
      available: model.available(),
      held: model.held(),
      used: model.used(),
      seq: model.seq,
      reached: model.reached,
      crossings: model.crossings.map(({ percent, at }) => [percent, at]).sort(byText),
      grants: model.grants.map((grant) => [
        ...[grant.no, grant.source, grant.amount, grant.available, grant.held, grant.consumed],
        ...[grant.expired, grant.voided, grant.from, grant.to, grant.entered],
      ]),
      years: model.years
        .map((year) => [year.start, year.end, year.allotment])
        .sort((a, b) => a[0]! - b[0]!),
      holds: model.holds.map((hold) => [hold.id, hold.status, hold.captured, hold.expiresAt]),
      entries: model.entries
        .filter((entry) => entry.credits > 0)
        .map((entry) => `${entry.at} ${entry.type} ${entry.no} ${entry.credits}`)
        .sort(),
    }
    real.crossings = (real.crossings as unknown[][]).sort(byText)
    real.entries = (real.entries as string[]).sort()
    for (const [name, value] of Object.entries(wanted)) {
      if (!isDeepStrictEqual(real[name], value))
        return `${name}: ${said(real[name])} should be ${said(value)}`
    }
    return undefined
  }
}

const byText = (a: unknown, b: unknown) => (String(a) < String(b) ? -1 : 1)
const said = (value: unknown) =>
  JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? Number(one) : one))
const drawsOf = (draws: { grantNo: number; credits: bigint }[]) =>
  draws.map((draw) => [draw.grantNo, Number(draw.credits)])

async function settled(act: () => unknown): Promise<string> {
  try {
    return said(await act()) ?? 'done'
  } catch (error) {
    if (error instanceof Refusal) return `refused: ${error.code}`
    if ((error as Error).name === 'Problem') return `refused: ${(error as { code?: string }).code}`
    return `broke: ${(error as Error).message}`
  }
}

const MS = (column: string) => `(extract(epoch from ${column}) * 1000)::bigint`
const STATE = `
  select jsonb_build_object(
    'available', available, 'held', held, 'used', used, 'seq', seq,
    'reached', (select jsonb_agg(${MS('r')} order by n) from unnest(reached) with ordinality x(r, n)),
    'crossings', coalesce((select jsonb_agg(jsonb_build_array(percent, ${MS('at')}))
      from threshold_crossing where company_id = p.company_id), '[]'),
    'grants', coalesce((select jsonb_agg(jsonb_build_array(no, source, amount, available, held, consumed, expired, voided,
        ${MS('effective_at')}, ${MS('expires_at')}, entered) order by no)
      from credit_grant where company_id = p.company_id), '[]'),
    'years', coalesce((select jsonb_agg(jsonb_build_array(${MS('starts_at')}, ${MS('ends_at')}, allotment) order by starts_at)
      from period where company_id = p.company_id and begun_at is null), '[]'),
    'holds', coalesce((select jsonb_agg(jsonb_build_array(id, status, captured, ${MS('expires_at')}) order by id)
      from hold where company_id = p.company_id), '[]'),
    'entries', coalesce((select jsonb_agg(${MS('at')} || ' ' ||
        (array['grant', 'hold', 'release', 'consume', 'refund', 'expire', 'void'])[type] || ' ' || grant_no || ' ' || credits)
      from ledger_entry where company_id = p.company_id and credits > 0), '[]')) as state
  from pool p where company_id = $1`

/** One history of commands, one after another; gives the first difference. */
export async function runCommands(
  commands: Command[],
  servers: Server[],
  asOwner: AsOwner,
): Promise<string | undefined> {
  const pair = await Pair.open(asOwner)
  for (const [i, command] of commands.entries()) {
    const difference = await pair.take(command, servers[i % servers.length]!)
    if (difference) return difference
  }
  return undefined
}

/**
 * Rounds of commands at the same moment, from several servers: afterwards the ledger's own order is played to the
 * model, which must say the same of each; who was refused must have been refused by some state on the way.
 */
export async function runRounds(
  rounds: Command[][],
  servers: Server[],
  asOwner: AsOwner,
): Promise<string | undefined> {
  const pair = await Pair.open(asOwner)
  const { caller, model } = pair
  for (const round of rounds) {
    const total = round.reduce((sum, one) => sum + ('emails' in one ? (one.emails ?? 0) : 0), 0)
    const grant = {
      do: 'grant' as const,
      source: 'purchased' as const,
      emails: 1 + Math.floor(total / 2),
      from: 0,
      to: undefined,
    }
    const difference = await pair.take(grant, servers[0]!)
    if (difference) return difference
    const answers = await Promise.all(
      round.map(async (command, i) => {
        const server = servers[i % servers.length]!
        const request = pair.newKey()
        const asked = {
          items: [{ type: 'email', quantity: (command as { emails: number }).emails }],
          feature: 'race',
        }
        // Each is asked twice at once, by the same key, of different servers.
        const ask = (on: Server) =>
          command.do === 'hold'
            ? on.holds.hold(on.deps, caller, request, { ...asked, ttlMs: command.minutes * 60_000 })
            : on.charges.charge(on.deps, caller, request, asked)
        const twice = await Promise.allSettled([
          ask(server),
          ask(servers[(i + 1) % servers.length]!),
        ])
        return { command, twice }
      }),
    )
    const found = settleRound(answers, model) ?? (await pair.difference())
    if (found) return found
    pair.commands += round.length
  }
  return undefined
}

type View = {
  view: { seq?: number; id?: unknown; draws: { grantNo: number; credits: bigint }[] }
  replayed: boolean
}
type Twice = { command: Command; twice: PromiseSettledResult<unknown>[] }

function settleRound(answers: Twice[], model: ContractModel): string | undefined {
  const done: { command: Command; seq: number; draws: unknown }[] = []
  const refused: { available: number; held: number; needed: number }[] = []
  for (const { command, twice } of answers) {
    const views = twice.flatMap((one) => (one.status === 'fulfilled' ? [one.value as View] : []))
    const errors = twice.flatMap((one) =>
      one.status === 'rejected'
        ? [one.reason as { code?: string; message: string; facts: never }]
        : [],
    )
    for (const error of errors) {
      if (error.code !== 'insufficient-credits') return `broke: ${error.message}`
      const { available, held, needed } = error.facts as {
        available: number
        held: number
        needed: number
      }
      refused.push({
        available: Math.round(available * 1e6),
        held: Math.round(held * 1e6),
        needed: Math.round(needed * 1e6),
      })
    }
    if (views.filter((one) => !one.replayed).length !== (views.length ? 1 : 0))
      return 'a key was used twice'
    const [first] = views.filter((one) => !one.replayed)
    if (!first) continue
    if (views.some((one) => said(one.view.draws) !== said(first.view.draws)))
      return 'a replay answers otherwise'
    done.push({
      command,
      seq: Number(first.view.seq ?? first.view.id),
      draws: said(drawsOf(first.view.draws)),
    })
  }
  done.sort((a, b) => a.seq - b.seq)
  const states = [{ available: model.available(), held: model.held() }]
  for (const { command, seq, draws } of done) {
    try {
      if (command.do === 'charge') {
        const { charge } = model.charge(command.emails * UNIT)
        const wanted = said(charge.draws.map((draw) => [draw.no, draw.credits]))
        if (charge.seq !== seq || wanted !== draws)
          return `entry ${seq} draws ${draws} should be ${charge.seq} ${wanted}`
      } else if (command.do === 'hold') {
        model.hold(command.emails * UNIT, command.minutes * 60_000)
      }
    } catch (error) {
      return `what the ledger did at ${seq} should have been refused: ${(error as Error).message}`
    }
    states.push({ available: model.available(), held: model.held() })
  }
  for (const one of refused) {
    const was = states.some((state) => state.available === one.available && state.held === one.held)
    if (!was || one.needed <= one.available) return `nobody could be refused with ${said(one)}`
  }
  return undefined
}
