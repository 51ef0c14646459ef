import { readdirSync, readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { doctor } from '../../src/doctor/service.ts'
import { ownerSnapshot } from '../../src/platform/owner-snapshot.ts'
import { mortalServer } from '../kit/chaos.ts'
import { randomOf } from '../ledger/random.ts'
import { companyOverHttp } from './crowd.ts'

/** What so many charges a second, for so long, did to a server. Latencies in milliseconds. */
export interface LoadResult {
  charges: number
  p50: number
  p99: number
  p999: number
  longest: number
  /** Answers that were no 201, by what they were. */
  errors: Record<string, number>
  /** Charges in the ledger, which must be those that were answered. */
  inLedger: number
  findings: string[]
  /** The server's memory, open files and connections to PostgreSQL, minute by minute. */
  minutes: Minute[]
}

interface Minute {
  sent: number
  p99: number
  memoryMb: number
  files: number
  connections: number
}

export interface LoadAsked {
  /** Charges a second, over all companies. */
  rate: number
  seconds: number
  companies: number
  /** Charges before the first that counts. */
  warmUp?: number
  seed: number
  /** The control: the server stands still for a second now and then, which the figures must show. */
  stalls?: boolean
  say?: (line: string) => void
}

/**
 * G-15, G-16, G-20: charges at planned moments, whether or not earlier ones have been answered (an open loop),
 * against a server in a process of its own. A latency counts from the planned moment, so that a stall is not
 * hidden by the requests that were not sent meanwhile.
 */
export async function loadServer(url: string, asked: LoadAsked): Promise<LoadResult> {
  const { rate, seconds, companies, warmUp = 2_000, seed, stalls = false, say = () => {} } = asked
  const server = await mortalServer(url)
  const owner = new pg.Pool({ connectionString: url, max: 1 })
  const agent = new Agent({ keepAlive: true, maxSockets: 256 })
  let stalling: NodeJS.Timeout | undefined
  try {
    const keys: string[] = []
    for (let i = 0; i < companies; i++) {
      keys.push((await companyOverHttp(server.address, [500_000_000])).apiKey)
    }
    const chargeOnce = charging(server.address, agent, keys, seed)
    for (let i = 0; i < warmUp; i++) await chargeOnce()
    const before = await chargesIn(owner)

    if (stalls) {
      stalling = setInterval(() => {
        server.signal('SIGSTOP')
        setTimeout(() => server.signal('SIGCONT'), 1_000)
      }, 5_000)
    }
    const planned = rate * seconds
    const took = new Float64Array(planned)
    const errors: Record<string, number> = {}
    const minutes: Minute[] = []
    const perMinute = rate * 60
    const startedAt = performance.now()
    const waiting = new Set<Promise<void>>()
    for (let sent = 0; sent < planned; ) {
      const due = Math.min(planned, Math.floor(((performance.now() - startedAt) * rate) / 1000) + 1)
      for (; sent < due; sent++) {
        const at = startedAt + (sent * 1000) / rate
        const no = sent
        const one = chargeOnce().then((answer) => {
          took[no] = performance.now() - at
          if (answer !== '201') errors[answer] = (errors[answer] ?? 0) + 1
          waiting.delete(one)
        })
        waiting.add(one)
        if (sent % perMinute === perMinute - 1) {
          const last = took.subarray(sent + 1 - perMinute, sent + 1).toSorted()
          const minute = {
            sent: sent + 1,
            p99: quantile(last, 0.99),
            ...(await use(server, owner)),
          }
          minutes.push(minute)
          say(`${minutes.length} min: ${JSON.stringify(minute)}`)
        }
      }
      await sleep(1)
    }
    await Promise.all(waiting)
    clearInterval(stalling)

    const sorted = took.toSorted()
    return {
      charges: planned,
      p50: quantile(sorted, 0.5),
      p99: quantile(sorted, 0.99),
      p999: quantile(sorted, 0.999),
      longest: quantile(sorted, 1),
      errors,
      inLedger: (await chargesIn(owner)) - before,
      findings: (await ownerSnapshot(url, (run) => doctor({ run }))).map((one) => one.detail),
      minutes,
    }
  } finally {
    clearInterval(stalling)
    server.signal('SIGCONT')
    agent.destroy()
    await server.stop()
    await owner.end()
  }
}

/** Sends one charge, for the companies in turn; tells the status, or what went wrong. */
function charging(address: string, agent: Agent, keys: string[], seed: number) {
  const random = randomOf(seed)
  const { hostname, port } = new URL(address)
  let sent = 0
  return () =>
    new Promise<string>((tell) => {
      const quantity = 1 + random.below(20)
      const body = JSON.stringify({ items: [{ type: 'email', quantity }], feature: 'load' })
      const no = sent++
      const headers = {
        ...{ authorization: `Bearer ${keys[no % keys.length]}`, 'idempotency-key': `load ${no}` },
        ...{ 'content-type': 'application/json', 'content-length': body.length },
      }
      const path = '/v1/credits/charges'
      const asking = request({ agent, hostname, port, path, method: 'POST', headers }, (answer) => {
        answer.resume()
        answer.once('end', () => tell(String(answer.statusCode)))
      })
      asking.setTimeout(30_000, () => asking.destroy(new Error('no answer')))
      asking.once('error', (error: NodeJS.ErrnoException) => tell(error.code ?? error.message))
      asking.end(body)
    })
}

async function chargesIn(owner: pg.Pool): Promise<number> {
  const { rows } = await owner.query<{ n: number }>(
    'select count(*)::int as n from ledger_entry where type = 4 and charge_seq = seq',
  )
  return rows[0]!.n
}

/** What a server's process uses right now; 0 where /proc is not there to tell. */
async function use(
  { pid }: { pid(): number },
  owner: pg.Pool,
): Promise<Omit<Minute, 'sent' | 'p99'>> {
  const { rows } = await owner.query<{ n: number }>(
    `select count(*)::int as n from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()`,
  )
  const connections = rows[0]!.n
  if (process.platform !== 'linux') return { memoryMb: 0, files: 0, connections }
  const status = readFileSync(`/proc/${pid()}/status`, 'utf8')
  const memoryMb = Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024)
  return { memoryMb, files: readdirSync(`/proc/${pid()}/fd`).length, connections }
}

/** How much memory a server gains in an hour, by a straight line through the later half of its minutes. */
export function megabytesAnHour(minutes: readonly Minute[]): number {
  const later = minutes.slice(Math.floor(minutes.length / 2))
  const mean = (values: number[]) => values.reduce((sum, one) => sum + one, 0) / values.length
  const x = mean(later.map((_, i) => i))
  const y = mean(later.map(({ memoryMb }) => memoryMb))
  const up = later.reduce((sum, { memoryMb }, i) => sum + (i - x) * (memoryMb - y), 0)
  const along = later.reduce((sum, _, i) => sum + (i - x) ** 2, 0)
  return along === 0 ? 0 : (up / along) * 60
}

function quantile(sorted: Float64Array, part: number): number {
  return (
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]! * 10) / 10
  )
}
