/**
 * Exact amounts: millionths of a credit. The server sends credits as numbers whose shortest text has at
 * most six decimals, so the text is exact, and nothing here ever calculates with the number itself.
 */
export type Micros = bigint

export const ZERO: Micros = 0n

export function microsOf(credits: number | string): Micros {
  const [, sign, whole = '0', part = ''] = /^(-?)(\d+)(?:\.(\d+))?/.exec(plain(credits)) ?? []
  const micros = BigInt(whole) * 1_000_000n + BigInt(part.slice(0, 6).padEnd(6, '0'))
  return sign === '-' ? -micros : micros
}

/** One decimal, cut toward zero; what is above nothing and below a tenth reads `< 0.1`. */
export function creditsText(credits: number | Micros): string {
  const micros = typeof credits === 'bigint' ? credits : microsOf(credits)
  const size = micros < 0n ? -micros : micros
  const sign = micros < 0n ? '\u2212' : ''
  if (size > 0n && size < 100_000n) return sign ? '> \u22120.1' : '< 0.1'
  const tenths = size / 100_000n
  return `${sign}${(tenths / 10n).toLocaleString('en-US')}.${tenths % 10n}`
}

/** All decimals there are, for where a figure is explained. */
export function exactText(credits: number | Micros): string {
  const micros = typeof credits === 'bigint' ? credits : microsOf(credits)
  const size = micros < 0n ? -micros : micros
  const part = String(size % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '')
  const sign = micros < 0n ? '\u2212' : ''
  return `${sign}${(size / 1_000_000n).toLocaleString('en-US')}.${part || '0'}`
}

/** For the small places: `9.5k`, `1.2M`; cut toward zero like the rest. */
export function shortText(credits: number): string {
  const micros = microsOf(credits)
  for (const [unit, size] of [
    ['B', 1_000_000_000n],
    ['M', 1_000_000n],
    ['k', 10_000n],
  ] as const) {
    const from = unit === 'k' ? 10_000n : size
    if (micros >= from * 1_000_000n) {
      const tenths = micros / ((unit === 'k' ? 1_000n : size) * 100_000n)
      return `${tenths / 10n}.${tenths % 10n}${unit}`
    }
  }
  return creditsText(micros)
}

export function sumOf(amounts: readonly number[]): Micros {
  return amounts.reduce((sum, amount) => sum + microsOf(amount), ZERO)
}

/** A share of a whole in percent, floored to one decimal. */
export function shareText(part: Micros, whole: Micros): string {
  if (whole <= 0n) return '0.0'
  const tenths = (part * 1000n) / whole
  return `${tenths / 10n}.${tenths % 10n}`
}

/** The percentage of a balance as the server floored it: one decimal, no rounding. */
export function percentText(percent: number): string {
  const [whole, part = '0'] = plain(percent).split('.')
  return `${whole}.${part[0]}`
}

/** As a float, for lengths on the screen only. */
export function lengthOf(credits: number | Micros): number {
  return typeof credits === 'bigint' ? Number(credits) / 1_000_000 : credits
}

/** The shortest text of a number, never with an exponent. */
function plain(value: number | string): string {
  const text = String(value)
  return /e/i.test(text) ? Number(text).toFixed(6) : text
}
