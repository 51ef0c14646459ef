import { createHash } from 'node:crypto'
import type { Names } from './names.ts'

/** What has an alias that is drawn from its own id. */
export type Kind = 'user' | 'tracker' | 'brief' | 'party'

// Of all numbers up to 19 digits these are ours to give; every other number may be somebody's own id.
const RESERVED_FROM = 9_000_000_000_000_000_000n
const RESERVED_TO = 9_010_000_000_000_000_000n
const NAMED_FROM = 9_001_000_000_000_000_000n
const WORKSPACE_FROM = 1_000_000_000_000_000n

/** The id of a call or email as these doors show it; it never changes. */
export function itemIdOf({ no, id }: { no: bigint; id: string }, names: Names): string {
  return shownAs(id, names) ?? String(RESERVED_FROM + no)
}

/** The id of a person, tracker or brief; of a party within its call, when `id` names both. */
export function idOf(kind: Kind, id: string, names: Names): string {
  return shownAs(id, names) ?? String(NAMED_FROM + drawn(`${kind} ${id}`, 52n))
}

/** The one workspace of a company: a number that JSON numbers hold exactly. */
export function workspaceIdOf(companyId: string): string {
  return String(WORKSPACE_FROM + drawn(`workspace ${companyId}`, 48n))
}

/** The number of the call or email that an alias stands for; undefined for an own id. */
export function numberIn(alias: string): bigint | undefined {
  if (!isGiven(alias)) return undefined
  const no = BigInt(alias) - RESERVED_FROM
  return no < NAMED_FROM - RESERVED_FROM ? no : undefined
}

/** Which of the own ids was meant: by its alias, else by itself. */
export function meant(kind: Kind, asked: string, ids: readonly string[]): string | undefined {
  const decimal: Names = { style: 'decimal', asked: new Set() }
  return ids.find((id) => idOf(kind, id, decimal) === asked) ?? ids.find((id) => id === asked)
}

/**
 * An own id that is shown as it is: one that is a fitting number already, one by which the request itself
 * named the thing, and every one where the company wants its own ids.
 */
function shownAs(id: string, { style, asked }: Names): string | undefined {
  const isOwn = style === 'own' || asked.has(id)
  return isOwn || (isDecimal(id) && !isGiven(id)) ? id : undefined
}

function isDecimal(id: string): boolean {
  return /^[1-9]\d{0,18}$/.test(id)
}

/** Whether an id is a number that these doors give out for things with other ids of their own. */
export function isGiven(id: string): boolean {
  return isDecimal(id) && BigInt(id) >= RESERVED_FROM && BigInt(id) < RESERVED_TO
}

function drawn(name: string, bits: bigint): bigint {
  const digest = createHash('sha256').update(name).digest()
  return digest.readBigUInt64BE() >> (64n - bits)
}
