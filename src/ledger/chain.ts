import { createHash } from 'node:crypto'

/** A stretch of a pool's ledger as it is sealed: what its entries hash to, together and one by one. */
export interface Stretch {
  fromSeq: bigint
  toSeq: bigint
  fromAt: Date
  toAt: Date
  /** SHA-256 of all its entries. */
  content: Buffer
  /** Four bytes of each entry's own hash. */
  marks: Buffer
}

/** A stretch with its place in the chain. */
export interface Seal {
  fromSeq: bigint
  toSeq: bigint
  previous: Buffer
  hash: Buffer
  marks: Buffer
}

/** So many entries at most stand under one seal. */
export const STRETCH_MAX = 1_000

/** What stands before the first seal. */
export const GENESIS = Buffer.alloc(32)

const MARK_BYTES = 4

/** The hash of a stretch that follows on another: it covers all that came before. */
export function linkHash(
  previous: Buffer,
  { fromSeq, toSeq, content, marks }: Omit<Stretch, 'fromAt' | 'toAt'>,
): Buffer {
  const place = Buffer.alloc(16)
  place.writeBigInt64BE(fromSeq, 0)
  place.writeBigInt64BE(toSeq, 8)
  return createHash('sha256').update(previous).update(place).update(content).update(marks).digest()
}

/** Links stretches to a chain that ends with `previous`. */
export function seal(previous: Buffer, stretches: readonly Stretch[]): (Stretch & Seal)[] {
  let last = previous
  return stretches.map((stretch) => {
    const made = { ...stretch, previous: last, hash: linkHash(last, stretch) }
    last = made.hash
    return made
  })
}

/** The first thing wrong with a pool's chain: the entry it concerns, and what is wrong. */
export interface BrokenLink {
  seq: bigint
  fault: string
}

/**
 * Checks one seal against the entries found where they should be, and against the seal before it. The
 * marks name the entry; when they are no help, the seal's first entry stands for all of it.
 */
export function checkSeal(
  sealed: Seal,
  before: Pick<Seal, 'toSeq' | 'hash'> | undefined,
  found: { content: Buffer; marks: Buffer },
): BrokenLink | undefined {
  const { fromSeq, toSeq, previous, hash, marks } = sealed
  const from = (before?.toSeq ?? 0n) + 1n
  if (fromSeq !== from)
    return { seq: from, fault: `the seal of the entries from ${from} on is missing` }
  if (!previous.equals(before?.hash ?? GENESIS))
    return { seq: fromSeq, fault: 'the seal does not follow on the one before' }
  if (linkHash(previous, { fromSeq, toSeq, ...found }).equals(hash)) {
    return marks.equals(found.marks) ? undefined : { seq: fromSeq, fault: 'its seal was changed' }
  }
  const count = Number(toSeq - fromSeq) + 1
  for (let i = 0; i < count; i++) {
    const at = i * MARK_BYTES
    const mark = found.marks.subarray(at, at + MARK_BYTES)
    if (!mark.equals(marks.subarray(at, at + MARK_BYTES))) {
      return { seq: fromSeq + BigInt(i), fault: 'the entry is not as it was sealed' }
    }
  }
  return { seq: fromSeq, fault: `the entries up to ${toSeq} are not as they were sealed` }
}
