import { Model, Refusal } from '../ledger/model.ts'

/** A charge that a client asked for, until it had an answer. Amounts are micro-credits. */
export interface Asked {
  client: number
  key: string
  credits: number
  invokedAt: number
  /** Undefined while nobody knows what became of it. */
  answeredAt?: number
  answer?:
    | { seq: number; draws: [number, number][]; replayed: boolean }
    | { refused: { available: number; held: number } }
}

/** A balance that a client read. */
export interface Read {
  client: number
  invokedAt: number
  answeredAt: number
  seq: number
  available: number
  held: number
}

/** The ledger of one pool as it is at the end. */
export interface Final {
  entries: {
    seq: number
    type: string
    no: number
    credits: number
    at: number
    chargeSeq: number | null
    available: number
    held: number
  }[]
  keys: { key: string; seq: number }[]
  grants: { credits: number; at: number }[]
}

export interface Verdict {
  acknowledged: number
  replayed: number
  refused: number
  reads: number
  /** By checker: durable, once, no phantom, real time, reads, replay. */
  violations: Record<'J1' | 'J2' | 'J3' | 'J4' | 'J5' | 'J6', string[]>
}

/** Compares what clients were told with what the ledger holds. */
export function checkHistory(asked: Asked[], reads: Read[], final: Final): Verdict {
  const violations: Verdict['violations'] = { J1: [], J2: [], J3: [], J4: [], J5: [], J6: [] }
  const charges = new Map<number, { credits: number; draws: [number, number][]; last: number }>()
  for (const entry of final.entries) {
    if (entry.type !== 'consume' || entry.chargeSeq === null) continue
    const charge = charges.get(entry.chargeSeq) ?? { credits: 0, draws: [], last: 0 }
    charge.credits += entry.credits
    charge.draws.push([entry.no, entry.credits])
    charge.last = entry.seq
    charges.set(entry.chargeSeq, charge)
  }
  const byKey = new Map(final.keys.map(({ key, seq }) => [key, seq]))
  const invoked = new Map(asked.map((one) => [one.key, one]))
  const acked = asked.flatMap((one) =>
    one.answer && 'seq' in one.answer ? [{ ...one, answer: one.answer }] : [],
  )

  // J1: what was acknowledged is there, as acknowledged.
  for (const { key, credits, answer } of acked) {
    const there = charges.get(answer.seq)
    if (!there) violations.J1.push(`${key}: charge ${answer.seq} is lost`)
    else if (there.credits !== credits || String(there.draws) !== String(answer.draws)) {
      violations.J1.push(`${key}: charge ${answer.seq} is not as it was acknowledged`)
    }
  }
  // J2: one key, one charge; whatever was charged has its key.
  const seqs = new Set(final.keys.map((one) => one.seq))
  for (const seq of charges.keys())
    if (!seqs.has(seq)) violations.J2.push(`charge ${seq} has no key of its own`)
  for (const { key, answer } of acked) {
    if (byKey.get(key) !== answer.seq)
      violations.J2.push(`${key}: led to ${byKey.get(key)}, was told ${answer.seq}`)
  }
  // J3: nothing is there that nobody asked for.
  for (const { key } of final.keys)
    if (!invoked.has(key)) violations.J3.push(`${key} was never asked`)
  // J4: what was answered before another was asked comes before it.
  const inOrder = acked.toSorted((a, b) => a.answer.seq - b.answer.seq)
  let latestAsked = -Infinity
  for (const one of inOrder) {
    if (one.answeredAt! < latestAsked)
      violations.J4.push(
        `${one.key} at ${one.answer.seq} was answered before an earlier one was asked`,
      )
    latestAsked = Math.max(latestAsked, one.invokedAt)
  }
  // J5: a balance is that of its entry, and no older than what had been answered.
  const bySeq = new Map(final.entries.map((entry) => [entry.seq, entry]))
  const answered = acked.toSorted((a, b) => a.answeredAt! - b.answeredAt!)
  let known = 0
  let next = 0
  const seenBy = new Map<number, number>()
  for (const read of reads.toSorted((a, b) => a.invokedAt - b.invokedAt)) {
    while (answered[next] && answered[next]!.answeredAt! < read.invokedAt)
      known = Math.max(known, answered[next++]!.answer.seq)
    const entry = bySeq.get(read.seq)
    if (!entry || entry.available !== read.available || entry.held !== read.held)
      violations.J5.push(`the balance at ${read.seq} never was`)
    if (read.seq < known)
      violations.J5.push(`a balance of ${read.seq} was read after ${known} was acknowledged`)
    if (read.seq < (seenBy.get(read.client) ?? 0)) violations.J5.push('a balance went back')
    seenBy.set(read.client, read.seq)
  }
  // J6: the model, asked in the ledger's order, says the same.
  const model = new Model(0)
  const states = new Set<string>()
  const state = () => states.add(`${model.available()}/${model.held()}`)
  for (const grant of final.grants) model.addGrant('purchased', grant.credits, 0, null)
  state()
  for (const [seq, charge] of [...charges].sort(([a], [b]) => a - b)) {
    try {
      const wanted = model
        .charge(charge.credits)
        .charge.draws.map((draw) => [draw.no, draw.credits])
      if (String(wanted) !== String(charge.draws))
        violations.J6.push(`charge ${seq} draws ${charge.draws}, should draw ${wanted}`)
      // The model says used anew each time; what is settled need not be summed again.
      model.charges = []
      state()
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      violations.J6.push(`charge ${seq} should have been refused`)
    }
  }
  let refused = 0
  for (const { key, answer } of asked) {
    if (!answer || !('refused' in answer)) continue
    refused += 1
    if (!states.has(`${answer.refused.available}/${answer.refused.held}`))
      violations.J6.push(`${key} was refused by a balance that never was`)
  }
  return {
    acknowledged: acked.length,
    replayed: acked.filter((one) => one.answer.replayed).length,
    refused,
    reads: reads.length,
    violations,
  }
}

export function violationsOf({ violations }: Verdict): string[] {
  return Object.entries(violations).flatMap(([checker, found]) =>
    found.map((one) => `${checker}: ${one}`),
  )
}
