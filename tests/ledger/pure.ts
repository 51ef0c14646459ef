import type { Credits } from '../../src/kit/credits.ts'
import type { Book } from '../../src/ledger/book.ts'
import type { PastCharge } from '../../src/ledger/movements.ts'
import type { Attribution, Grant, Hold, Period, Pool } from '../../src/ledger/pool.ts'
import type { Engine } from './engine.ts'
import { Model, Refusal } from './model.ts'
import { type Random, randomOf } from './random.ts'

/** One step of a random history; moments and amounts are small, so that much collides. */
export type Step =
  | { do: 'charge'; credits: number }
  | { do: 'hold'; credits: number; ttl: number }
  | { do: 'capture'; hold: number; credits: number }
  | { do: 'release'; hold: number }
  | { do: 'refund'; charge: number }
  | {
      do: 'grant'
      source: 'adjustment' | 'purchased'
      credits: number
      from: number
      to: number | null
    }
  | { do: 'void'; grant: number; credits: number | undefined }
  | { do: 'year'; start: number; end: number; credits: number }
  | { do: 'advance'; by: number }

export function randomStep(random: Random): Step {
  const dice = random.below(100)
  if (dice < 24) return { do: 'charge', credits: random.below(9) }
  if (dice < 38) return { do: 'hold', credits: 1 + random.below(9), ttl: 1 + random.below(12) }
  if (dice < 48) return { do: 'capture', hold: random.below(4), credits: random.below(9) }
  if (dice < 56) return { do: 'release', hold: random.below(4) }
  if (dice < 66) return { do: 'refund', charge: random.below(5) }
  if (dice < 78) {
    return {
      do: 'grant',
      source: random.percent(50) ? 'adjustment' : 'purchased',
      credits: 1 + random.below(20),
      from: random.percent(70) ? 0 : random.below(10),
      to: random.percent(25) ? null : 1 + random.below(25),
    }
  }
  if (dice < 84)
    return {
      do: 'void',
      grant: random.below(6),
      credits: random.percent(50) ? undefined : 1 + random.below(9),
    }
  if (dice < 87)
    return {
      do: 'year',
      start: 1 + random.below(15),
      end: 16 + random.below(20),
      credits: random.below(15),
    }
  return { do: 'advance', by: random.below(8) }
}

const attribution: Attribution = {
  ...{ id: 1, feature: 'ai_tracker', instanceId: null, instanceName: null, trigger: 'api' },
  ...{ integrationId: null, memberId: null, teamId: null },
}

/**
 * The pure core with the least that keeps its rows between two changes, as the service does with the
 * database: only live grants, and those a command names, are on the desk.
 */
export class PureLedger {
  readonly engine: Engine
  pool: Pool
  grants = new Map<number, Grant>()
  holds = new Map<number, Hold>()
  charges: PastCharge[] = []
  periods: Period[] = []
  entries: Book['entries'] = []
  crossings: Book['crossings'] = []
  now: number

  constructor(engine: Engine, now: number) {
    this.engine = engine
    this.now = now
    this.pool = {
      ...{
        companyNo: 1,
        seq: 0,
        available: 0n as Credits,
        held: 0n as Credits,
        used: 0n as Credits,
      },
      ...{ periodStart: null, everGranted: false, reached: [null, null, null, null, null] },
      ...{
        exhaustedSeq: null,
        exhaustedAt: null,
        lastAt: null,
        nextDueAt: null,
        clock: null,
        grants: 0,
        configEpoch: 0,
        stamp: 0n,
      },
    }
  }

  /** One transaction: what is due first, then `work`. */
  change<T>(wanted: number[], work: (book: Book) => T): T {
    const { engine } = this
    const onDesk = [...this.grants.values()].filter(
      (grant) => engine.pool.isLive(grant) || wanted.includes(grant.no),
    )
    const book = engine.book.openBook(this.pool, onDesk)
    for (const hold of this.holds.values()) book.holds.set(hold.id, hold)
    book.periods = this.periods
    engine.due.catchUp(book, this.now)
    try {
      return work(book)
    } finally {
      for (const grant of book.grants.values()) this.grants.set(grant.no, grant)
      for (const hold of book.holds.values()) this.holds.set(hold.id, hold)
      this.entries.push(...book.entries)
      this.crossings.push(...book.crossings)
    }
  }
}

/** Does one step on the core and on the model; gives what the two say differently. */
export function takeStep(step: Step, ledger: PureLedger, model: Model): string | undefined {
  const { movements } = ledger.engine
  const big = (count: number) => BigInt(count) as Credits
  const said = { real: '', model: '' }
  const attempt = (side: 'real' | 'model', act: () => unknown) => {
    try {
      said[side] =
        JSON.stringify(act(), (_, value) => (typeof value === 'bigint' ? Number(value) : value)) ??
        'done'
    } catch (error) {
      if (error instanceof Refusal) said[side] = `refused: ${error.code}`
      else if ((error as Error).name === 'Problem')
        said[side] = `refused: ${(error as { code?: string }).code}`
      else said[side] = `broke: ${(error as Error).message}`
    }
  }
  const drawsOf = (draws: { grantNo: number; credits: bigint }[]) =>
    draws.map((draw) => [draw.grantNo, draw.credits])
  const modelDraws = (draws: { no: number; credits: number }[]) =>
    draws.map((draw) => [draw.no, draw.credits])
  const lines = { email: 1 }
  switch (step.do) {
    case 'advance':
      ledger.now += step.by
      attempt('real', () => ledger.change([], () => 'done'))
      attempt('model', () => {
        model.advance(ledger.now)
        return 'done'
      })
      break
    case 'year': {
      const [startsAt, endsAt] = [ledger.now + step.start, ledger.now + step.end]
      if (ledger.periods.some((one) => one.startsAt === startsAt)) return undefined
      ledger.periods.push({ startsAt, endsAt, allotment: big(step.credits), reference: null })
      ledger.periods.sort((a, b) => a.startsAt - b.startsAt)
      ledger.engine.book.dueBy(ledger.pool, startsAt)
      model.years.push({ start: startsAt, end: endsAt, allotment: step.credits })
      return undefined
    }
    case 'charge':
      attempt('real', () =>
        ledger.change([], (book) => {
          const done = movements.charge(
            book,
            { credits: big(step.credits), lines, rateCard: 0, attribution },
            ledger.now,
          )
          ledger.charges.push({
            seq: done.seq,
            at: done.at,
            draws: done.draws,
            attribution,
            lines,
            rateCard: 0,
            refunded: false,
          })
          return [done.seq, done.at, drawsOf(done.draws), done.thresholdsReached]
        }),
      )
      attempt('model', () => {
        const { charge, reached } = model.charge(step.credits)
        return [charge.seq, charge.at, modelDraws(charge.draws), reached]
      })
      break
    case 'hold':
      attempt('real', () =>
        ledger.change([], (book) => {
          const asked = { credits: big(step.credits), lines, rateCard: 0, attribution }
          const made = movements.hold(book, asked, step.ttl, null, ledger.now)
          return [made.id, drawsOf(made.draws), made.expiresAt]
        }),
      )
      attempt('model', () => {
        const made = model.hold(step.credits, step.ttl)
        return [made.id, modelDraws(made.draws), made.expiresAt]
      })
      break
    case 'capture': {
      const id = model.holds.at(-1 - step.hold)?.id ?? -1
      attempt('real', () =>
        ledger.change([], (book) => {
          const held = movements.holdOf(book, id, 'hold')
          const done = movements.capture(
            book,
            held,
            { credits: big(step.credits), lines, ends: true },
            ledger.now,
          )
          ledger.charges.push({
            seq: done.seq,
            at: done.at,
            draws: done.draws,
            attribution,
            lines,
            rateCard: 0,
            refunded: false,
          })
          return [done.seq, drawsOf(done.draws), done.thresholdsReached]
        }),
      )
      attempt('model', () => {
        const { charge, reached } = model.capture(id, step.credits)
        return [charge.seq, modelDraws(charge.draws), reached]
      })
      break
    }
    case 'release': {
      const id = model.holds.at(-1 - step.hold)?.id ?? -1
      attempt('real', () =>
        ledger.change(
          [],
          (book) => movements.release(book, movements.holdOf(book, id, 'hold'), ledger.now).status,
        ),
      )
      attempt('model', () => model.release(id).status)
      break
    }
    case 'refund': {
      const seq = model.charges.at(-1 - step.charge)?.seq ?? -1
      const past = ledger.charges.find((charge) => charge.seq === seq)
      if (!past) return undefined
      attempt('real', () =>
        ledger.change(
          past.draws.map((draw) => draw.grantNo),
          (book) => {
            movements.refund(book, past, 'why', null, ledger.now)
            past.refunded = true
            return 'done'
          },
        ),
      )
      attempt('model', () => {
        model.refund(seq)
        return 'done'
      })
      break
    }
    case 'grant': {
      const [from, to] = [ledger.now + step.from, step.to === null ? null : ledger.now + step.to]
      attempt('real', () =>
        ledger.change([], (book) => {
          const said = { reference: null, reason: null, grantedBy: null }
          const asked = {
            source: step.source,
            amount: big(step.credits),
            effectiveAt: from,
            expiresAt: to,
            ...said,
          }
          return movements.grant(book, asked, ledger.now).no
        }),
      )
      attempt('model', () => model.addGrant(step.source, step.credits, from, to).no)
      break
    }
    case 'void': {
      const no = model.grants.at(-1 - step.grant)?.no
      if (no === undefined) return undefined
      attempt('real', () =>
        ledger.change([no], (book) => {
          const credits = step.credits === undefined ? undefined : big(step.credits)
          return movements.voidGrant(book, book.grants.get(no)!, credits, 'why', null, ledger.now)
            .no
        }),
      )
      attempt('model', () => model.void(no, step.credits).no)
      break
    }
  }
  if (said.real !== said.model) return `${step.do}: ${said.real} should be ${said.model}`
  return differenceOf(ledger, model)
}

/** Where the two differ in what they hold now. */
function differenceOf(
  { pool, grants, holds, crossings, entries }: PureLedger,
  model: Model,
): string | undefined {
  const differ = (what: string, real: unknown, wanted: unknown) =>
    `${what} is ${real}, should be ${wanted}`
  const counts: [string, bigint | number, number][] = [
    ['available', pool.available, model.available()],
    ['held', pool.held, model.held()],
    ['used', pool.used, model.used()],
    ['seq', pool.seq, model.seq],
    ['the number of entries', entries.length, pool.seq],
    ['the number of crossings', crossings.length, model.crossings.length],
  ]
  for (const [what, real, wanted] of counts) {
    if (Number(real) !== wanted) return differ(what, real, wanted)
  }
  if (pool.reached.some((at, i) => at !== model.reached[i])) {
    return differ('reached', pool.reached, model.reached)
  }
  for (const wanted of model.grants) {
    const grant = grants.get(wanted.no)
    if (!grant) return `grant ${wanted.no} is missing`
    const isSame =
      Number(grant.available) === wanted.available &&
      Number(grant.held) === wanted.held &&
      Number(grant.consumed) === wanted.consumed &&
      Number(grant.expired) === wanted.expired &&
      Number(grant.voided) === wanted.voided &&
      grant.entered === wanted.entered
    if (!isSame) {
      const { available, held, consumed, expired, voided } = grant
      const is = [available, held, consumed, expired, voided]
      const should = [wanted.available, wanted.held, wanted.consumed, wanted.expired, wanted.voided]
      return differ(`grant ${wanted.no}`, is, should)
    }
  }
  for (const wanted of model.holds) {
    const hold = holds.get(wanted.id)
    if (hold?.status !== wanted.status || Number(hold.captured) !== wanted.captured) {
      return differ(`hold ${wanted.id}`, hold?.status, wanted.status)
    }
  }
  return undefined
}

/** The ledgers' lines, sorted within a moment: what falls on one moment has no order of its own. */
function linesOf(
  entries: { type: string; credits: number | bigint; at: number; no: number }[],
): string[] {
  return entries
    .filter((entry) => Number(entry.credits) > 0)
    .map((entry) => `${String(entry.at).padStart(8)} ${entry.type} ${entry.no} ${entry.credits}`)
    .sort()
}

export interface Failure {
  seed: number
  steps: Step[]
  difference: string
}

/** One history of random steps; gives the first difference. */
export function runHistory(engine: Engine, steps: Step[]): string | undefined {
  const ledger = new PureLedger(engine, 1_000)
  const model = new Model(1_000)
  for (const step of steps) {
    const difference = takeStep(step, ledger, model)
    if (difference) return difference
  }
  const real = linesOf(
    ledger.entries.map(({ type, credits, at, grantNo }) => ({ type, credits, at, no: grantNo })),
  )
  const wanted = linesOf(model.entries)
  const at = wanted.findIndex((line, i) => line !== real[i])
  if (at >= 0 || real.length !== wanted.length)
    return `the ledger says "${real[at]}", should say "${wanted[at]}"`
  return undefined
}

/** Runs histories until so many steps are done; the first failure is made as short as it gets. */
export function compareWithModel(
  engine: Engine,
  steps: number,
  seed: number,
): { steps: number; failure?: Failure } {
  for (let done = 0, history = 0; done < steps; history++) {
    const mine = seed + history
    const random = randomOf(mine)
    const asked = Array.from({ length: 10 + random.below(50) }, () => randomStep(random))
    done += asked.length
    const difference = runHistory(engine, asked)
    if (difference) {
      const short = shrink(engine, asked)
      return {
        steps: done,
        failure: { seed: mine, steps: short, difference: runHistory(engine, short)! },
      }
    }
  }
  return { steps }
}

function shrink(engine: Engine, steps: Step[]): Step[] {
  for (let i = steps.length - 1; i >= 0; i--) {
    const fewer = steps.toSpliced(i, 1)
    if (runHistory(engine, fewer)) return shrink(engine, fewer)
  }
  return steps
}
