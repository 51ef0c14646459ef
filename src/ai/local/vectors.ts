import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

/** Word vectors, most frequent word first. Made by `scripts/build-lexicon.ts`. */
export type Vectors = {
  /** 0 for the most frequent word; undefined for one the table does not hold. */
  rank(word: string): number | undefined
  /** Cosine of two words, 0 when either is unknown. */
  similarity(a: string, b: string): number
}

let loaded: Vectors | undefined

/** Reads the table at its first use, so that a server that never asks never pays for it. */
export function loadVectors(): Vectors {
  loaded ??= parseVectors(gunzipSync(readFileSync(new URL('./vectors.bin.gz', import.meta.url))))
  return loaded
}

export function parseVectors(bytes: Uint8Array): Vectors {
  const end = bytes.indexOf(10)
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end))) as {
    axes: number
    words: string[]
  }
  const places = new Map(header.words.map((word, place) => [word, place]))
  const table = new Int8Array(bytes.buffer, bytes.byteOffset + end + 1)
  const lengths = new Float32Array(header.words.length)
  for (let place = 0; place < lengths.length; place += 1) {
    lengths[place] = Math.sqrt(product(table, header.axes, place, place)) || 1
  }
  return {
    rank: (word) => places.get(word),
    similarity(a, b) {
      const first = places.get(a)
      const second = places.get(b)
      if (first === undefined || second === undefined) return 0
      if (first === second) return 1
      const length = lengths[first]! * lengths[second]!
      return product(table, header.axes, first, second) / length
    },
  }
}

function product(table: Int8Array, axes: number, a: number, b: number): number {
  let sum = 0
  const from = a * axes
  const against = b * axes
  for (let axis = 0; axis < axes; axis += 1) sum += table[from + axis]! * table[against + axis]!
  return sum
}
