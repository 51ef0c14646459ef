import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { atMost, median, table, verdict } from './kit/figures.ts'
import { begin } from './kit/options.ts'

const ABOUT =
  'start: npm start (installed) until GET /readyz answers 200, on an empty data folder and again'
const PATIENCE_MS = 60_000

export async function bench(args: string[]): Promise<void> {
  const { long } = begin(args, ABOUT)
  const rows: [string, number, number][] = []
  for (let round = 1; round <= (long ? 7 : 3); round++) {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-start-'))
    try {
      const first = await startOnce(folder)
      rows.push([`round ${round}`, first, await startOnce(folder)])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
  console.log(`\n${table(['', 'first s', 'again s'], rows)}\n`)
  const goals = [
    atMost('first', 6, median(rows.map((row) => row[1])), ' s'),
    atMost('again', 2, median(rows.map((row) => row[2])), ' s'),
  ]
  console.log(verdict('start', goals))
}

/** Seconds from `npm start` to the first 200. */
async function startOnce(folder: string): Promise<number> {
  const port = await freePort()
  const env: NodeJS.ProcessEnv = { ...process.env, PORT: String(port), SLUICE_DATA_DIR: folder }
  delete env.DATABASE_URL
  const startedAt = performance.now()
  const root = join(import.meta.dirname, '..')
  const child = spawn('npm', ['start', '--silent'], {
    cwd: root,
    env,
    stdio: 'ignore',
    detached: true,
  })
  const ended = once(child, 'exit')
  try {
    while (performance.now() - startedAt < PATIENCE_MS) {
      const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)
      if (answer?.ok) return (performance.now() - startedAt) / 1000
      if (child.exitCode !== null) throw new Error(`npm start ended with ${child.exitCode}`)
      await sleep(10)
    }
    throw new Error('the server did not become ready')
  } finally {
    // npm and the server are one group: an orderly end for both.
    if (child.exitCode === null) process.kill(-child.pid!, 'SIGTERM')
    await ended
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
