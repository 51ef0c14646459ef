import { call } from './calls.ts'
import type { NewCharge } from './credits.ts'
import type { Charge } from './generated/types.gen.ts'
import type { Problem } from './problem.ts'
import { isNotNow, pauseAfter } from './retry.ts'
import { type CallOptions, pause, type Transport } from './transport.ts'

/** One charge of a batch, and the key under which it counts once. */
export type BatchCharge = NewCharge & { key: string }

/** How one charge of a batch ended. */
export type Batched =
  | { charge: Charge; replayed: boolean; problem?: undefined }
  | { problem: Problem; replayed?: undefined; charge?: undefined }

const BATCH_MAX = 1_000
/** Charges that were put off are asked for again so many times. */
const ROUNDS = 5

/** Charges in batches of a thousand, in the order given; what the server puts off is asked for again. */
export async function chargeAll(
  transport: Transport,
  charges: BatchCharge[],
  options: CallOptions = {},
): Promise<Batched[]> {
  const results: Batched[] = new Array(charges.length)
  let open = charges.map((charge, place) => ({ charge, place }))
  for (let round = 1; open.length > 0; round += 1) {
    const later: typeof open = []
    for (let from = 0; from < open.length; from += BATCH_MAX) {
      const batch = open.slice(from, from + BATCH_MAX)
      const answers = await sendBatch(transport, batch, options)
      for (const [i, one] of batch.entries()) {
        const answer = answers[i]!
        results[one.place] = answer
        if (answer.problem && isNotNow(answer.problem.code)) later.push(one)
      }
    }
    open = round < ROUNDS ? later : []
    if (open.length > 0) await pause(pauseAfter(round, undefined, Math.random()), options.signal)
  }
  return results
}

async function sendBatch(
  transport: Transport,
  batch: { charge: BatchCharge }[],
  options: CallOptions,
): Promise<Batched[]> {
  const charges = batch.map(({ charge: { key, ...asked } }) => ({ idempotencyKey: key, ...asked }))
  const route = 'POST /v1/credits/charges/batch'
  const { body } = await call(transport, route, { body: { charges } }, options)
  return body.results.map(({ charge, problem, replayed }) =>
    charge ? { charge, replayed } : { problem: problem as Problem },
  )
}
