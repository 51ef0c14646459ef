/**
 * An exact amount of credits: whole micro-credits (1/1,000,000 of a credit) as a bigint. Outside the
 * house an amount is a JSON number of credits with at most six decimals; these functions are the only
 * way in and out.
 */
export type Credits = bigint & { readonly unit: 'micro-credits' }

const MICROS_PER_CREDIT = 1_000_000n

/** Numbers up to here keep six exact decimals in a double (the spacing of doubles there is below 1e-6). */
const EXACT_IN_A_DOUBLE = 2n ** 32n * MICROS_PER_CREDIT

/** The most that one grant may hold: 1,000,000,000 credits. */
export const GRANT_MAX = micros(1_000_000_000n * MICROS_PER_CREDIT)

/** The most that one pool may hold: 9,000,000,000 credits. */
export const POOL_MAX = micros(9_000_000_000n * MICROS_PER_CREDIT)

export const ZERO = micros(0n)

/** Brands a count of micro-credits. The one cast in the house. */
export function micros(count: bigint): Credits {
  return count as Credits
}

/**
 * Reads an amount of credits from its number or decimal text.
 * Gives undefined when it has more than six decimals or is not a finite decimal number.
 */
export function parseCredits(value: number | string): Credits | undefined {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value))
  if (!match) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  const decimals = fraction.length - Number(exponent)
  if (decimals > 6 || decimals < -12) return undefined
  const count = BigInt(whole + fraction) * 10n ** BigInt(6 - decimals)
  return micros(sign ? -count : count)
}

/** An amount known to be well formed, as code and tests write it: `credits(0.5)`. */
export function credits(value: number | string): Credits {
  const amount = parseCredits(value)
  if (amount === undefined) throw new TypeError(`not an exact amount of credits: ${value}`)
  return amount
}

/** An amount in a sentence: `1 credit`, `0.5 credits`. */
export function sayCredits(amount: bigint): string {
  return `${formatCredits(amount)} ${amount === ONE ? 'credit' : 'credits'}`
}

/** What there is, in a sentence: `1 is available`, `0.5 are available`. */
export function sayAvailable(amount: bigint): string {
  return `${formatCredits(amount)} ${amount === ONE ? 'is' : 'are'} available`
}

const ONE = 1_000_000n

/** The shortest exact decimal text of an amount: `0.1`, `-12`, `1234.000001`. */
export function formatCredits(amount: bigint): string {
  const digits = String(amount < 0n ? -amount : amount).padStart(7, '0')
  const text = `${digits.slice(0, -6)}.${digits.slice(-6)}`.replace(/\.?0+$/, '')
  return amount < 0n ? `-${text}` : text
}

/**
 * An amount as `JSON.stringify` writes it: a plain number while a double holds it exactly, beyond that
 * the exact digits. Typed as a number, which is what a reader of the JSON gets.
 */
export function toJson(amount: bigint): number {
  if (amount <= EXACT_IN_A_DOUBLE && amount >= -EXACT_IN_A_DOUBLE) return Number(amount) / 1e6
  return rawJson(formatCredits(amount)) as number
}

// The type library does not know it yet; the runtime does.
const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON

/** The smaller of two amounts. */
export function least(a: Credits, b: Credits): Credits {
  return a < b ? a : b
}

export function plus(a: Credits, b: Credits): Credits {
  return (a + b) as Credits
}

/** `amount` taken `count` times. */
export function times(amount: Credits, count: number | bigint): Credits {
  return (amount * BigInt(count)) as Credits
}

/** The exact sum of amounts. */
export function sum(amounts: Iterable<Credits>): Credits {
  let total = 0n
  for (const amount of amounts) total += amount
  return total as Credits
}

/**
 * Whether `used` is at least `percent` of `total`, compared in whole numbers.
 * Of nothing everything counts as reached: whoever asks decides whether there was ever anything.
 */
export function reaches(used: Credits, total: Credits, percent: number): boolean {
  return used * 100n >= BigInt(percent) * total
}

/** used / total in percent, floored to one decimal, as pages and answers show it. */
export function percentOf(used: Credits, total: Credits): number {
  return total === 0n ? 100 : Number((used * 1000n) / total) / 10
}
