// `npm run prove [name…] [-- --minutes N | --ops N] [--seed S] [--control] [--keep]`: proves what the ledger promises.
// Each proof says what it does and ends with one line that holds the figure; with --control it runs the variant
// with a fault in it, which must be caught. `ledger` stands for all of them.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { type MortalPostgres, mortalPostgres } from '../tests/kit/chaos.ts'
import { proofsPage } from '../tests/kit/proofs-page.ts'
import { type Proof, proofs } from '../tests/prove/proofs.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string' },
    ops: { type: 'string' },
    seed: { type: 'string' },
    control: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
})
const names =
  positionals.length === 0 || positionals.includes('ledger') ? Object.keys(proofs) : positionals
const seed = Number(values.seed ?? Date.now() % 1_000_000)
let postgres: MortalPostgres | undefined
// Told to end, it takes what it started with it.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1))
let isProved = true

try {
  for (const name of names) {
    const proof = proofs[name]
    if (!proof)
      throw new Error(`there is no proof ${name}; there are ${Object.keys(proofs).join(', ')}`)
    await prove(name, proof)
  }
} finally {
  await postgres?.stop()
}
process.exit(isProved ? 0 : 1)

async function prove(name: string, proof: Proof): Promise<void> {
  const { control } = values
  const ops = Number(
    values.ops ?? (values.minutes ? Number(values.minutes) * proof.perMinute : proof.ops),
  )
  console.log(
    `${proof.says}${control ? ' (control: with a fault in it, must be caught)' : ''}; seed ${seed}`,
  )
  const startedAt = new Date()
  const url = async () => {
    postgres ??= await mortalPostgres()
    return postgres.url
  }
  const { figure, isClean, counts } = await proof.run({ ops, seed, control, url })
  const seconds = Math.round((Date.now() - startedAt.getTime()) / 1000)
  // A control that is not caught proves that the proof proves nothing.
  const isAsItShould = isClean !== control
  isProved &&= isAsItShould
  if (!isAsItShould || control) console.log(JSON.stringify(counts, null, 2).slice(0, 4_000))
  if (values.keep)
    keep(name, {
      proof: proof.says,
      control,
      seed,
      ops,
      startedAt,
      seconds,
      figure,
      isClean,
      counts,
    })
  console.log(
    `${name}: ${figure}, in ${seconds} s, seed ${seed}: ${isAsItShould ? (control ? 'caught' : 'proved') : 'NOT AS IT SHOULD BE'}`,
  )
}

function keep(name: string, result: Record<string, unknown>): void {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  const machine = {
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  }
  mkdirSync('docs/proofs', { recursive: true })
  const file = `docs/proofs/${name}${values.control ? '-control' : ''}.json`
  writeFileSync(file, `${JSON.stringify({ commit, machine, ...result }, null, 2)}\n`)
  writeFileSync('docs/proofs/README.md', proofsPage())
}
