import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** The real server in a process of its own. */
export interface RunningServer {
  address: string
  /** Founds a company with plenty of credits; its number in the database, and its key. */
  newCompany(): Promise<{ id: string; key: string }>
  /** The most memory it has had at once, in MB; NaN where the kernel does not tell. */
  peakMegabytes(): number
  stop(): Promise<void>
}

const OPERATOR_KEY = 'op_only-for-benches-0123456789'

export async function startServer(databaseUrl: string): Promise<RunningServer> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-server-'))
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../src/main.ts'), 'serve'], {
    env: {
      ...process.env,
      ...{ DATABASE_URL: databaseUrl, PORT: '0', SLUICE_DATA_DIR: folder },
      ...{ SLUICE_OPERATOR_KEY: OPERATOR_KEY, SLUICE_LOG_LEVEL: 'error' },
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  process.once('exit', () => child.kill())
  const address = await addressOf(child)
  return {
    address,
    async newCompany() {
      const company = await post(`${address}/v1/companies`, OPERATOR_KEY, { name: 'Bench' })
      const { id, apiKey } = company as { id: string; apiKey: { key: string } }
      for (let days = 1; days <= 3; days++) {
        const expiresAt = new Date(Date.now() + days * 86_400_000).toISOString()
        await post(`${address}/v1/credits/grants`, apiKey.key, {
          ...{ source: 'purchased', credits: 900_000_000, expiresAt },
        })
      }
      return { id, key: apiKey.key }
    },
    peakMegabytes() {
      if (process.platform !== 'linux') return Number.NaN
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
      return Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]) / 1024
    },
    async stop() {
      await endProcess(child)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The address in the first line that a server prints. */
export async function addressOf(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const address = /http:\/\/\S+/.exec(line)?.[0]
    if (address) {
      child.stdout!.resume()
      return address
    }
  }
  throw new Error('the server did not start')
}

export async function endProcess(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

let keys = 0

async function post(url: string, key: string, body: unknown): Promise<unknown> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${key}`,
      'idempotency-key': `bench-${keys++}`,
    },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`)
  return answer.json()
}
