import pg from 'pg'
import { doctor } from '../../src/doctor/service.ts'
import { ownerSnapshot } from '../../src/platform/owner-snapshot.ts'
import { compareParallel, compareSequential } from '../ledger/commands.ts'
import { realEngine, seedBug } from '../ledger/engine.ts'
import { pureMutants, serviceMutants } from '../ledger/mutants.ts'
import { compareWithModel } from '../ledger/pure.ts'
import { openServer } from '../ledger/servers.ts'
import { proveStrangers } from '../security/strangers.ts'
import { troubleAlerts } from './alerts.ts'
import { compareCalendars, zones } from './calendar.ts'
import { examineLarge } from './doctor-size.ts'
import { type LoadAsked, loadServer, megabytesAnHour } from './load.ts'
import { proveMcp } from './mcp.ts'
import { recover } from './recovery.ts'
import { type ChaosResult, killPostgres, killServers, loseReplies, troubleServers } from './runs.ts'
import { killWorkers } from './workers.ts'

const LOAD_LIMITS = { p99: 50, p999: 200 }

/** What a proof is asked for. */
export interface Asked {
  ops: number
  seed: number
  control: boolean
  url: () => Promise<string>
}

export interface Proof {
  says: string
  ops: number
  /** About how many operations a minute, where minutes were asked for. */
  perMinute: number
  run(asked: Asked): Promise<{ figure: string; isClean: boolean; counts: Record<string, unknown> }>
}

/** Every proof, by the name under which `npm run prove` runs it. */
export const proofs: Record<string, Proof> = {
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
  'troubled-servers': {
    says: 'G-3: 24 clients of two servers, which are killed in turn while connections are cut and answers to commits lost',
    ops: 50_000,
    perMinute: 12_000,
    run: async ({ ops, seed, control, url }) =>
      chaos('faults', await troubleServers(await url(), { acknowledged: ops, seed, control })),
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
  load: {
    says: 'G-15: charges at a steady 500 a second over 20 companies, latencies counted from the planned moment',
    ops: 500 * 60,
    perMinute: 500 * 60,
    run: async ({ ops, seed, control, url }) =>
      load(await url(), { rate: 500, seconds: ops / 500, companies: 20, seed, stalls: control }),
  },
  'hot-load': {
    says: 'G-16: charges at a steady 300 a second on one pool, latencies counted from the planned moment',
    ops: 300 * 60,
    perMinute: 300 * 60,
    run: async ({ ops, seed, control, url }) =>
      load(await url(), { rate: 300, seconds: ops / 300, companies: 1, seed, stalls: control }),
  },
  recovery: {
    says: 'G-18: how soon a killed server serves, charges succeed after PostgreSQL died, and a backlog is worked off',
    ops: 10_000,
    perMinute: 5_000,
    async run({ ops, control }) {
      const result = await recover({ deaths: 10, backlog: ops, control })
      const { readyAfterKill, chargeAfterPostgres, backlog, drained, findings } = result
      const [ready, charge] = [Math.max(...readyAfterKill), Math.max(...chargeAfterPostgres)]
      const isClean =
        findings.length === 0 && ready <= 2_000 && charge <= 5_000 && drained <= 300_000
      const figure = `${readyAfterKill.length} kills each, a server serves after ${ready} ms at most (at most 2,000), charges succeed ${charge} ms after PostgreSQL died (at most 5,000), ${count(backlog)} waiting items done in ${count(drained)} ms (at most 300,000), ${findings.length} findings`
      return { figure, isClean, counts: { ...result } }
    },
  },
  alerts: {
    says: 'G-9: threshold crossings while mail servers and receivers of webhooks break off, put off, refuse and redirect',
    ops: 1_000,
    perMinute: 500,
    async run({ ops, seed, control, url }) {
      const result = await troubleAlerts(await url(), { crossings: ops, seed, control })
      const { crossings, mails, copies, broken, messages, refused, faults, findings } = result
      const figure = `${count(crossings)} crossings, ${count(mails)} mails and ${count(copies)} copies of them for ${count(broken)} connections broken after the handover, ${count(messages)} webhook messages after ${count(refused)} refusals, ${faults.length} faults, ${findings.length} findings`
      const isClean = faults.length === 0 && findings.length === 0
      return { figure, isClean, counts: { ...result } }
    },
  },
  doctor: {
    says: 'G-19: how long the doctor takes for a large ledger, hash chain included, and how much memory',
    ops: 1_000_000,
    perMinute: 2_000_000,
    async run({ ops, control, url }) {
      const result = await examineLarge(await url(), { entries: ops, control })
      const { seconds, memoryMb, findings } = result
      const limit = Math.max(2, (ops / 1_000_000) * (ops > 1_000_000 ? 18 : 15))
      const isClean = findings.length === 0 && seconds <= limit && memoryMb <= 300
      const figure = `${count(ops)} entries in ${seconds} s (at most ${limit}), ${memoryMb} MB (at most 300), ${findings.length} findings`
      return { figure, isClean, counts: { ...result, findings: findings.slice(0, 20) } }
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

async function load(url: string, asked: LoadAsked) {
  const result = await loadServer(url, { ...asked, say: console.log })
  const { charges, p50, p99, p999, longest, errors, inLedger, findings, minutes } = result
  const failed = Object.values(errors).reduce((sum, one) => sum + one, 0)
  const isClean =
    failed === 0 &&
    inLedger === charges &&
    findings.length === 0 &&
    p99 <= LOAD_LIMITS.p99 &&
    p999 <= LOAD_LIMITS.p999
  const memory = `memory ${megabytesAnHour(minutes).toFixed(1)} MB an hour`
  const figure = `${count(charges)} charges at ${asked.rate} a second, p50 ${p50} ms, p99 ${p99} ms (at most ${LOAD_LIMITS.p99}), p99.9 ${p999} ms (at most ${LOAD_LIMITS.p999}), longest ${longest} ms, ${failed} errors, ${count(charges - inLedger)} not in the ledger, ${findings.length} findings, ${memory}`
  return { figure, isClean, counts: { ...result, megabytesAnHour: megabytesAnHour(minutes) } }
}

function chaos(what: string, result: ChaosResult) {
  const { faults, acknowledged, replayed, violations, findings } = result
  const isClean = violations.length === 0 && findings.length === 0
  const figure = `${count(faults)} ${what}, ${count(acknowledged)} charges acknowledged, ${count(replayed)} by a replay, ${violations.length} violations, ${findings.length} findings`
  return { figure, isClean, counts: { ...result, violations: violations.slice(0, 20) } }
}

function count(number: number): string {
  return number.toLocaleString('en-US')
}
