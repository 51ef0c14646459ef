// `npm run prove [name…] [-- --minutes N | --ops N] [--seed S] [--control] [--keep]`: proves what the ledger promises.
// Each proof says what it does and ends with one line that holds the figure; with --control it runs the variant
// with a fault in it, which must be caught. `ledger` stands for all of them.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { doctor } from '../src/doctor/service.ts'
import { ownerSnapshot } from '../src/platform/owner-snapshot.ts'
import { type MortalPostgres, mortalPostgres } from '../tests/kit/chaos.ts'
import { compareParallel, compareSequential } from '../tests/ledger/commands.ts'
import { realEngine, seedBug } from '../tests/ledger/engine.ts'
import { pureMutants, serviceMutants } from '../tests/ledger/mutants.ts'
import { compareWithModel } from '../tests/ledger/pure.ts'
import { openServer } from '../tests/ledger/servers.ts'
import { compareCalendars, zones } from '../tests/prove/calendar.ts'
import { proveMcp } from '../tests/prove/mcp.ts'
import { type ChaosResult, killPostgres, killServers, loseReplies } from '../tests/prove/runs.ts'
import { killWorkers } from '../tests/prove/workers.ts'
import { proveStrangers } from '../tests/security/strangers.ts'

interface Asked {
  ops: number
  seed: number
  control: boolean
  url: () => Promise<string>
}

interface Proof {
  says: string
  ops: number
  /** About how many operations a minute, where minutes were asked for. */
  perMinute: number
  run(asked: Asked): Promise<{ figure: string; isClean: boolean; counts: Record<string, unknown> }>
}

const proofs: Record<string, Proof> = {
  model: {
    says: 'G-1: random histories, the pure core beside the model',
    ops: 10_000_000,
    perMinute: 1_500_000,
    async run({ ops, seed, control }) {
      const source = control
        ? await seedBug(pureMutants.find(({ name }) => name.includes('newer grant'))!)
        : undefined
      const { steps, failure } = compareWithModel(
        await (source?.engine() ?? realEngine()),
        ops,
        seed,
      )
      await source?.remove()
      return {
        figure: `${count(steps)} operations, ${failure ? 'a difference' : '0 differences'}`,
        isClean: !failure,
        counts: { steps, failure },
      }
    },
  },
  commands: {
    says: 'G-2: commands to the real service on PostgreSQL, two servers in turn and racing, beside the model',
    ops: 50_000,
    perMinute: 6_000,
    async run({ ops, seed, control, url }) {
      const databaseUrl = await url()
      const source = control
        ? await seedBug(serviceMutants.find(({ name }) => name === 'the pool is not locked')!)
        : undefined
      const servers = [
        await openServer(databaseUrl, source?.url),
        await openServer(databaseUrl, source?.url),
      ]
      const owner = new pg.Pool({ connectionString: databaseUrl, max: 2 })
      const asOwner = (text: string, values?: unknown[]) => owner.query(text, values)
      const sequential = await compareSequential(servers, asOwner, {
        commands: Math.ceil(ops / 2),
        seed,
      })
      const parallel = await compareParallel(servers, asOwner, {
        commands: Math.floor(ops / 2),
        seed,
      })
      const findings = await ownerSnapshot(databaseUrl, (run) => doctor({ run }))
      for (const server of servers) await server.close()
      await owner.end()
      await source?.remove()
      const commands = sequential.commands + parallel.commands
      const isClean = !sequential.failure && !parallel.failure && findings.length === 0
      const figure = `${count(commands)} commands, ${isClean ? '0 differences, the doctor finds nothing' : 'differences'}`
      return { figure, isClean, counts: { sequential, parallel, findings: findings.slice(0, 5) } }
    },
  },
  'server-kills': {
    says: 'G-4: SIGKILL of a serving process under 12 clients',
    ops: 200,
    perMinute: 30,
    run: async ({ ops, control, url }) =>
      chaos('kills of the server', await killServers(await url(), { kills: ops, control })),
  },
  'postgres-kills': {
    says: 'G-5: SIGKILL of PostgreSQL with all its children under 12 clients of two servers',
    ops: 20,
    perMinute: 15,
    run: async ({ ops, control }) =>
      chaos('kills of PostgreSQL', await killPostgres({ kills: ops, control })),
  },
  'lost-replies': {
    says: 'G-6: commits that take place while their answer is lost',
    ops: 2_000,
    perMinute: 1_000,
    run: async ({ ops, seed, control, url }) =>
      chaos('lost replies', await loseReplies(await url(), { losses: ops, seed, control })),
  },
  strangers: {
    says: 'G-10: malformed requests to every place of every route: refused in the promised form, nothing changed',
    ops: 10_000,
    perMinute: 8_000,
    async run({ ops, seed, control, url }) {
      const { requests, refused, findings } = await proveStrangers(await url(), {
        ops,
        seed,
        control,
      })
      const figure = `${count(requests)} malformed requests, ${count(refused)} refused, ${findings.length} findings`
      const isClean = findings.length === 0
      return { figure, isClean, counts: { requests, refused, findings: findings.slice(0, 20) } }
    },
  },
  mcp: {
    says: 'The official MCP conformance suite and client, in both protocols, against a real server',
    ops: 1,
    perMinute: 1,
    async run({ control, url }) {
      const { passed, failed } = await proveMcp(await url(), { control })
      const figure = `${passed.length} passed (${passed.join(', ')}), ${failed.length} failed`
      return { figure, isClean: failed.length === 0, counts: { passed, failed } }
    },
  },
  workers: {
    says: 'SIGKILL of working processes while trackers read their history, beside a calm run',
    ops: 40,
    perMinute: 10,
    async run({ ops, seed, control, url }) {
      const items = Math.max(300, ops * 50)
      const result = await killWorkers(await url(), { kills: ops, items, seed, control })
      const { kills, results, charges, differences, findings } = result
      const figure = `${count(kills)} kills of workers, ${count(results)} results, ${count(charges)} charges, ${differences.length} differences, ${findings.length} findings`
      const isClean = differences.length === 0 && findings.length === 0
      return { figure, isClean, counts: { ...result, differences: differences.slice(0, 20) } }
    },
  },
  calendar: {
    says: 'G-12: the first instant of every day 2000–2100 and every anniversary, TypeScript beside PostgreSQL',
    ops: zones.length,
    perMinute: 40,
    async run({ ops, control, url }) {
      const asked = { from: '2000-01-01', to: '2101-01-01', inZones: zones.slice(0, ops), control }
      const { boundaries, differences } = await compareCalendars(await url(), asked)
      const figure = `${count(boundaries)} boundaries in ${asked.inZones.length} zones, ${count(differences.length)} differences`
      return {
        figure,
        isClean: differences.length === 0,
        counts: { boundaries, zones: asked.inZones.length, differences: differences.slice(0, 20) },
      }
    },
  },
}

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

function chaos(what: string, result: ChaosResult) {
  const { faults, acknowledged, replayed, violations, findings } = result
  const isClean = violations.length === 0 && findings.length === 0
  const figure = `${count(faults)} ${what}, ${count(acknowledged)} charges acknowledged, ${count(replayed)} by a replay, ${violations.length} violations, ${findings.length} findings`
  return { figure, isClean, counts: { ...result, violations: violations.slice(0, 20) } }
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
}

function count(number: number): string {
  return number.toLocaleString('en-US')
}
