import type { TestCompany } from '../../../tests/kit/house.ts'

/** A small generator of numbers that a seed decides, so that a failing history can be run again. */
export function diceOf(seed: number) {
  let state = seed >>> 0
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  const upTo = (most: number) => Math.floor(next() * most)
  return {
    upTo,
    pick: <T>(from: readonly T[]): T => from[upTo(from.length)]!,
    chance: (p: number) => next() < p,
  }
}

export type Dice = ReturnType<typeof diceOf>

/** What a history has left behind that later steps can work on. */
interface Made {
  now: number
  charges: string[]
  holds: string[]
  grants: string[]
  charged: number
}

const HOUR = 3_600_000

/** Lets a company on a test clock live through random steps; gives how many charges were made. */
export async function live(company: TestCompany, start: Date, dice: Dice, steps: number) {
  const made: Made = { now: start.getTime(), charges: [], holds: [], grants: [], charged: 0 }
  await step.grant(company, made, dice)
  for (let i = 0; i < steps; i++) {
    const kind = dice.pick([
      'charge',
      'charge',
      'charge',
      'hold',
      'hold',
      'end',
      'end',
      'refund',
      'void',
      'grant',
      'time',
      'time',
    ] as const)
    await step[kind](company, made, dice)
  }
  return made
}

type Step = (company: TestCompany, made: Made, dice: Dice) => Promise<void>

const step: Record<'charge' | 'hold' | 'end' | 'refund' | 'void' | 'grant' | 'time', Step> = {
  async charge(company, made, dice) {
    const answer = await company.post('/v1/credits/charges', {
      items: itemsOf(dice),
      ...forWhom(dice),
    })
    expectOneOf(answer, 201, 402)
    if (answer.status !== 201) return
    made.charged += 1
    if (answer.body.credits > 0) made.charges.push(answer.body.id)
  },
  async hold(company, made, dice) {
    const amount = dice.chance(0.3) ? { credits: 1 + dice.upTo(30) } : { items: itemsOf(dice) }
    const ttlSeconds = 60 + dice.upTo(80_000)
    const answer = await company.post('/v1/credits/holds', {
      ...amount,
      ...forWhom(dice),
      ttlSeconds,
    })
    // What costs nothing cannot be held.
    expectOneOf(answer, 201, 402, 422)
    if (answer.status === 201) made.holds.push(answer.body.id)
  },
  async end(company, made, dice) {
    const id = made.holds.splice(dice.upTo(made.holds.length), 1)[0]
    if (!id) return
    if (dice.chance(0.3)) {
      expectOneOf(await company.post(`/v1/credits/holds/${id}/release`), 200, 409)
      return
    }
    const amount = dice.chance(0.3)
      ? { credits: 0.5 }
      : { items: [{ type: 'email', quantity: 1 + dice.upTo(3) }] }
    const answer = await company.post(`/v1/credits/holds/${id}/capture`, amount)
    expectOneOf(answer, 201, 409, 422)
    if (answer.status !== 201) return
    made.charged += 1
    made.charges.push(answer.body.id)
  },
  async refund(company, made, dice) {
    const id = made.charges.splice(dice.upTo(made.charges.length), 1)[0]
    if (id)
      expectOneOf(await company.post(`/v1/credits/charges/${id}/refund`, { reason: '=1+1' }), 201)
  },
  async void(company, made, dice) {
    const id = dice.pick([...made.grants, undefined])
    if (!id || dice.chance(0.5)) return
    expectOneOf(
      await company.post(`/v1/credits/grants/${id}/void`, {
        reason: 'wrong',
        ...(dice.chance(0.7) ? { credits: 3 } : {}),
      }),
      200,
      422,
    )
  },
  async grant(company, made, dice) {
    const at = (hours: number) => new Date(made.now + hours * HOUR).toISOString()
    const answer = await company.post('/v1/credits/grants', {
      source: dice.pick(['purchased', 'adjustment']),
      credits: 20 + dice.upTo(200) / 10,
      ...(dice.chance(0.3) ? { effectiveAt: at(dice.upTo(60)) } : {}),
      ...(dice.chance(0.7) ? { expiresAt: at(61 + dice.upTo(100)) } : {}),
      reference: '@SUM(A1)',
    })
    expectOneOf(answer, 201)
    made.grants.push(answer.body.id)
  },
  async time(company, made, dice) {
    made.now += dice.upTo(30) * HOUR + dice.upTo(HOUR)
    expectOneOf(
      await company.post('/v1/test-clock/advance', { to: new Date(made.now).toISOString() }),
      200,
    )
  },
}

function itemsOf(dice: Dice) {
  const all = [
    { type: 'email', quantity: 1 + dice.upTo(20) },
    { type: 'call', durationSeconds: dice.pick([30, 600, 601, 3600]) },
    { type: 'call', durationSeconds: dice.pick([30, 900]) },
    { type: 'web_search' },
    { type: 'page_view', quantity: 1 + dice.upTo(5) },
    { type: 'free_thing', quantity: 2 },
  ]
  const some = all.filter(() => dice.chance(0.4))
  return some.length > 0 ? some : [all[0]!]
}

function forWhom(dice: Dice) {
  const feature = dice.pick(['ai_tracker', 'ask_anything', '=cmd|calc'])
  return {
    feature,
    ...(dice.chance(0.5)
      ? { instance: { id: dice.pick(['i1', 'i2']), name: dice.pick(['-2+3', 'Wohl "gut", ja']) } }
      : {}),
    trigger: dice.pick(['api', 'continuous', 'refund']),
  }
}

function expectOneOf(answer: { status: number; text: string }, ...statuses: number[]): void {
  if (!statuses.includes(answer.status))
    throw new Error(`${answer.status} is none of ${statuses}: ${answer.text}`)
}
