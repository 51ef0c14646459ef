import fc from 'fast-check'
import type { Server } from './servers.ts'
import {
  type AsOwner,
  anyCommand,
  type Command,
  racingCommand,
  runCommands,
  runRounds,
} from './service.ts'

export interface Comparison {
  commands: number
  /** The shortest history that shows a difference, and the difference. */
  failure?: { seed: number; path: string | null; history: unknown; difference: string }
}

export interface Asked {
  commands: number
  seed: number
  /** Whether a failing history is made as short as it gets. */
  shrinks?: boolean
}

/** Histories of commands one after another, against the model, until so many are done. */
export async function compareSequential(
  servers: Server[],
  asOwner: AsOwner,
  { commands, seed, shrinks = true }: Asked,
): Promise<Comparison> {
  const histories = fc.array(anyCommand, { minLength: 5, maxLength: 40, size: 'max' })
  return compare(histories, (history) => runCommands(history, servers, asOwner), {
    commands,
    seed,
    shrinks,
  })
}

/** Rounds of commands side by side from all servers at once, against the model. */
export async function compareParallel(
  servers: Server[],
  asOwner: AsOwner,
  { commands, seed, shrinks = true }: Asked,
): Promise<Comparison> {
  const round = fc.array(racingCommand, { minLength: 2, maxLength: 30, size: 'max' })
  const rounds = fc.array(round, { minLength: 1, maxLength: 4, size: 'max' })
  return compare(rounds, (history) => runRounds(history, servers, asOwner), {
    commands,
    seed,
    shrinks,
  })
}

async function compare<History extends Command[] | Command[][]>(
  histories: fc.Arbitrary<History>,
  run: (history: History) => Promise<string | undefined>,
  { commands, seed, shrinks = true }: Asked,
): Promise<Comparison> {
  let done = 0
  for (let part = seed; done < commands; part++) {
    let last = ''
    const property = fc.asyncProperty(histories, async (history) => {
      done += history.flat().length
      const difference = await run(history)
      if (difference) {
        last = difference
        throw new Error(difference)
      }
    })
    const result = await fc.check(property, { seed: part, numRuns: 20, endOnFailure: !shrinks })
    if (result.failed && result.counterexample) {
      const [history] = result.counterexample
      return {
        commands: done,
        failure: { seed: part, path: result.counterexamplePath, history, difference: last },
      }
    }
  }
  return { commands: done }
}
