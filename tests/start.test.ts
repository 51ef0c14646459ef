import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'

/** A small project whose one package is the Node that runs this test. */
let project: string
let children: ChildProcess[]

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'start-'))
  children = []
  for (const folder of ['scripts', 'src', 'parts/node/bin']) {
    await mkdir(join(project, folder), { recursive: true })
  }
  for (const script of ['scripts/start.mjs', 'scripts/page.mjs']) {
    await copyFile(resolve(script), join(project, script))
  }
  await symlink(process.execPath, join(project, 'parts/node/bin/node'))
  await pinNode(process.versions.node)
  await writeMain('console.log(JSON.stringify({ args: process.argv.slice(2), pid: process.pid }))')
})

afterEach(async () => {
  for (const child of children) {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, 'SIGKILL')
  }
  await rm(project, { recursive: true, force: true })
})

test('the first start installs the packages and says so, the next one does not', async () => {
  const first = await start()
  expect(first).toMatchObject({ code: 0, err: expect.stringMatching(/^Installing packages .*\n/) })
  expect(JSON.parse(first.out).args).toEqual(['serve'])

  const second = await start(['doctor', '--json'])
  expect(second).toMatchObject({ code: 0, err: '' })
  expect(JSON.parse(second.out)).toEqual({ args: ['doctor', '--json'], pid: second.pid })
})

test('packages are installed again when they are not those of package-lock.json', async () => {
  await start()
  const installed = join(project, 'node_modules/.package-lock.json')
  const list = await readFile(installed, 'utf8')
  await writeFile(installed, list.replace(process.versions.node, '20.0.0'))
  expect((await start()).err).toMatch(/^Installing packages/)
})

test('packages are installed again when their installation was broken off', async () => {
  await start()
  await rm(join(project, 'node_modules/.package-lock.json'))
  expect((await start()).err).toMatch(/^Installing packages/)
})

test('another Node gives way to the pinned one, and its exit code is ours', async () => {
  await pinNode('99.0.0')
  await writeMain('console.log(process.execPath); process.exit(7)')
  const { out, code } = await start()
  expect(out.trim()).toBe(process.execPath)
  expect(code).toBe(7)
})

test('an exit code is kept in process too', async () => {
  await writeMain('process.exit(7)')
  expect((await start()).code).toBe(7)
})

test.each(['SIGTERM', 'SIGINT'] as const)('%s goes on to the pinned Node', async (signal) => {
  await pinNode('99.0.0')
  await writeMain(`
    process.on('${signal}', () => { console.log('orderly'); process.exit(5) })
    setInterval(() => {}, 1000)
    console.log(process.pid)`)
  const { child, said } = launch()
  const inner = await untilSaid(said)
  child.kill(signal)
  const [code] = await once(child, 'close')
  expect(said.out).toContain('orderly')
  expect(code).toBe(5)
  expect(() => process.kill(inner, 0)).toThrow('ESRCH')
})

test('SIGTERM to the whole group ends everything', async () => {
  await pinNode('99.0.0')
  await writeMain('setInterval(() => {}, 1000); console.log(process.pid)')
  const { child, said } = launch()
  await untilSaid(said)
  process.kill(-child.pid!, 'SIGTERM')
  const [code] = await once(child, 'close')
  expect(code).toBe(143)
  expect(() => process.kill(-child.pid!, 0)).toThrow('ESRCH')
})

test('a Node that is too old is told in one line', async () => {
  const pretend = 'Object.defineProperty(process.versions, "node", { value: "20.19.9" })'
  const { code, err } = await start([], {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(pretend)}`,
  })
  expect(err).toMatch(/^Sluice does not start: it needs Node 20\.20 or newer, .*\n$/)
  expect(code).toBe(1)
})

test('a missing npm and a failing npm are told in one line', async () => {
  const bare = { npm_execpath: '', PATH: join(project, 'empty') }
  expect(await start([], bare)).toMatchObject({
    code: 1,
    err: expect.stringMatching(/\nSluice does not start: npm cannot be run \(.*ENOENT\): .*\n$/),
  })

  await mkdir(join(project, 'bin'))
  await writeFile(join(project, 'bin/npm'), '#!/bin/sh\nexit 9\n')
  await chmod(join(project, 'bin/npm'), 0o755)
  const failing = {
    npm_execpath: '',
    PATH: `${join(project, 'bin')}${delimiter}${process.env.PATH}`,
  }
  expect(await start([], failing)).toMatchObject({
    code: 1,
    err: expect.stringMatching(/\nSluice does not start: npm ci failed \(exit code 9\), .*\n$/),
  })
})

test('the packages of this checkout count as installed', async () => {
  const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8'))
  expect(Object.keys(packages).length).toBeGreaterThan(100)
  for (const name of ['package.json', 'package-lock.json']) {
    await copyFile(name, join(project, name))
  }
  await symlink(resolve('node_modules'), join(project, 'node_modules'))
  expect((await start()).err).toBe('')
})

async function pinNode(version: string): Promise<void> {
  const node = { name: 'node', version, bin: { node: 'bin/node' } }
  await writeFile(join(project, 'parts/node/package.json'), JSON.stringify(node))
  const own = {
    name: 'project',
    version: '1.0.0',
    type: 'module',
    dependencies: { node: 'file:parts/node' },
  }
  await writeFile(join(project, 'package.json'), JSON.stringify(own))
  const made = spawnSync('npm', ['install', '--package-lock-only', '--offline'], { cwd: project })
  expect(made.status, String(made.stderr)).toBe(0)
}

async function writeMain(code: string): Promise<void> {
  await writeFile(join(project, 'src/main.ts'), `${code} as unknown\nexport {}\n`)
}

async function start(args: string[] = [], env: Record<string, string> = {}) {
  const { child, said } = launch(args, env)
  const [code] = await once(child, 'close')
  return { ...said, code, pid: child.pid }
}

function launch(args: string[] = [], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['scripts/start.mjs', ...args], {
    cwd: project,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Node writes warnings of its own; npm writes one for a setting it does not know.
    env: { ...process.env, NODE_NO_WARNINGS: '1', npm_config_loglevel: 'silent', ...env },
  })
  const said = { out: '', err: '' }
  child.stdout.on('data', (chunk) => {
    said.out += chunk
  })
  child.stderr.on('data', (chunk) => {
    said.err += chunk
  })
  children.push(child)
  return { child, said }
}

/** The number that the program prints once it runs. */
async function untilSaid(said: { out: string }): Promise<number> {
  for (let tries = 0; tries < 500 && !said.out.endsWith('\n'); tries++) await sleep(20)
  return Number(said.out)
}
