import { createHash } from 'node:crypto'

const ADDRESS = /[^\s"<>(),;:]+@[^\s"<>(),;:]+/g
const NAMES_MAX = 10_000

/**
 * The hashes of all ids and mail addresses in an answer, by which it is found when one of them is erased.
 * An answer that is no JSON names nothing.
 */
export function namesIn(answer: string): bigint[] {
  const names = new Set<bigint>()
  const note = (key: string, value: string) => {
    if (names.size >= NAMES_MAX) return
    if (key === 'id' || key.endsWith('Id') || key.endsWith('Ids')) names.add(hashOf(value))
    if (value.includes('@')) for (const [found] of value.matchAll(ADDRESS)) names.add(hashOf(found))
  }
  const walk = (key: string, value: unknown) => {
    if (typeof value === 'string') note(key, value)
    else if (Array.isArray(value)) for (const one of value) walk(key, one)
    else if (value && typeof value === 'object') {
      for (const [inner, one] of Object.entries(value)) walk(inner, one)
    }
  }
  try {
    walk('', JSON.parse(answer))
  } catch {
    return []
  }
  return [...names]
}

/** The hash of one id or address, whatever its case. */
export function hashOf(name: string): bigint {
  return createHash('sha256').update(name.toLowerCase()).digest().readBigInt64BE()
}
