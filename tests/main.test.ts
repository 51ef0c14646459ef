import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from './kit/database.ts'

const main = new URL('../src/main.ts', import.meta.url).pathname

let database: TestDatabase
let dataDir: string
beforeAll(async () => {
  database = await testDatabase()
  dataDir = await mkdtemp(join(tmpdir(), 'sluice-main-'))
})
afterAll(async () => {
  await database.drop()
  await rm(dataDir, { recursive: true })
})

interface Run {
  child: ChildProcess
  /** What it said so far. */
  said: { stdout: string; stderr: string }
  ended: Promise<number | null>
}

function start(env: Record<string, string>, ...args: string[]): Run {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, [main, ...args], {
    env: {
      ...{ PATH, HOME, PORT: '0', SLUICE_DATA_DIR: dataDir, SLUICE_LOG_LEVEL: 'error' },
      ...{ DATABASE_URL: database.url, SLUICE_OPERATOR_KEY: 'op_only-for-this-test' },
      ...env,
    },
  })
  const said = { stdout: '', stderr: '' }
  child.stdout.on('data', (text) => (said.stdout += text))
  child.stderr.on('data', (text) => (said.stderr += text))
  return { child, said, ended: once(child, 'exit').then(([code]) => code) }
}

async function addressOf({ said }: Run): Promise<string> {
  for (let tries = 0; tries < 300; tries += 1) {
    const [address] = /http:\/\/[^\s]+/.exec(said.stdout) ?? []
    if (address) return address
    await sleep(50)
  }
  throw new Error(`no address: ${said.stdout}${said.stderr}`)
}

test('it tells its address in one line, serves, and ends in order when it is told to', async () => {
  const run = start({})
  const address = await addressOf(run)
  expect(run.said.stdout.trim().split('\n')).toHaveLength(1)
  expect((await fetch(`${address}/readyz`)).status).toBe(200)
  const headers = {
    ...{ authorization: 'Bearer op_only-for-this-test', 'content-type': 'application/json' },
  }
  const body = JSON.stringify({ name: 'Under way', admin: admin() })
  const underWay = fetch(`${address}/v1/companies`, { method: 'POST', headers, body })
  await sleep(30)
  const begun = performance.now()
  run.child.kill('SIGTERM')
  run.child.kill('SIGTERM')
  expect(await run.ended).toBe(0)
  expect(performance.now() - begun).toBeLessThan(5000)
  // What was under way is finished, not cut off.
  expect((await underWay).status).toBe(201)
  expect(run.said.stderr).toBe('')
})

test('migrate brings a database up to date and ends', async () => {
  const run = start({}, 'migrate')
  expect(await run.ended).toBe(0)
})

test('work does jobs without serving', async () => {
  const run = start({}, 'work')
  await expect.poll(() => run.said.stdout, { timeout: 15_000 }).toMatch(/works on jobs/)
  run.child.kill('SIGTERM')
  expect(await run.ended).toBe(0)
})

test.each([
  ['a port that is none', { PORT: '70000' }, /^Sluice stops: PORT [^\n]+\n$/],
  ['a URL that is none', { DATABASE_URL: 'not a url' }, /^Sluice stops: DATABASE_URL [^\n]+\n$/],
  [
    'a database that nobody serves',
    { DATABASE_URL: 'postgres://a:hidden@127.0.0.1:9/x' },
    /^Sluice stops: DATABASE_URL cannot be used: (?!.*hidden)[^\n]+\n$/,
  ],
])('%s stops the start with one line that names the setting', async (_what, env, line) => {
  const run = start(env)
  expect(await run.ended).toBe(78)
  expect(run.said.stderr).toMatch(line)
  expect(run.said.stdout).toBe('')
})

test('a port that is taken stops the start, and says so', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as { port: number }
  const run = start({ PORT: String(port) })
  expect(await run.ended).toBe(78)
  expect(run.said.stderr).toMatch(/^Sluice stops: PORT and HOST cannot be listened on: .*\n$/)
  taken.close()
})

test('a host that does not exist stops the start, and says so', async () => {
  const run = start({ HOST: 'no-such-host.invalid' })
  expect(await run.ended).toBe(78)
  expect(run.said.stderr).toMatch(/^Sluice stops: PORT and HOST cannot be listened on: .*\n$/)
})

function admin() {
  return { name: 'Ada', email: 'ada@example.com', password: 'correct horse battery' }
}
