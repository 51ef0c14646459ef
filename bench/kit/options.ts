import { parseArgs } from 'node:util'
import { machineLine } from './machine.ts'

/** What every bench can be told. */
export interface Options {
  /** Careful: more rounds, longer, larger. */
  long: boolean
  seed: number
}

/** Reads a bench's options, and says what is measured, where, and from which seed. */
export function begin(args: string[], about: string): Options {
  const { values } = parseArgs({
    args,
    options: { long: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' } },
  })
  const seed = Number(values.seed)
  if (!Number.isInteger(seed)) throw new Error('--seed is a whole number')
  console.log(machineLine())
  console.log(about)
  console.log(`seed: ${seed}${values.long ? ', long' : ''}`)
  return { long: values.long, seed }
}
