const MICROS = 1_000_000
/** Floating-point sums are off by far less than this part of a micro-credit; a seventh decimal by more. */
const SLACK = 0.001
/** Large amounts are off by more, in proportion: two roundings of a double. */
const ROUNDING = 2 ** -51

/**
 * An amount as the server takes it: with at most six decimals. What arithmetic on numbers left behind
 * (`0.1 + 0.2`) is put right; an amount that really has more decimals throws a RangeError.
 */
export function exactCredits(amount: number): number {
  return creditsOf(microsOf(amount))
}

/** The exact sum of amounts: `sumCredits([0.1, 0.2])` is 0.3. */
export function sumCredits(amounts: Iterable<number>): number {
  let total = 0n
  for (const amount of amounts) total += microsOf(amount)
  return creditsOf(total)
}

/** The exact price of so many units: `timesCredits(0.1, 3)` is 0.3. */
export function timesCredits(unitCredits: number, count: number): number {
  if (!Number.isSafeInteger(count)) throw new RangeError(`not a whole number: ${count}`)
  return creditsOf(microsOf(unitCredits) * BigInt(count))
}

/** An amount in whole micro-credits (1/1,000,000), for exact arithmetic of one's own. */
export function microsOf(amount: number): bigint {
  const scaled = amount * MICROS
  const whole = Math.round(scaled)
  const slack = Math.max(SLACK, Math.abs(scaled) * ROUNDING)
  if (!Number.isSafeInteger(whole) || Math.abs(scaled - whole) > slack) {
    throw new RangeError(`not an amount of credits with at most six decimals: ${amount}`)
  }
  return BigInt(whole)
}

/** Whole micro-credits as a number of credits. */
export function creditsOf(micros: bigint): number {
  return Number(micros) / MICROS
}

/** The same request with its amount as the server takes it, where it has one. */
export function withExact<Body extends { credits?: number }>(body: Body): Body {
  return body.credits === undefined ? body : { ...body, credits: exactCredits(body.credits) }
}
