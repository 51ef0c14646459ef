import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startPostgres } from '../../src/platform/embedded-postgres.ts'
import { createLog } from '../../src/platform/log.ts'
import { migrate } from '../../src/platform/migrate.ts'

/** A migrated database for one bench. */
export interface BenchDatabase {
  url: string
  /** The owner's connections, for what the product itself does not do. */
  owner: pg.Pool
}

/** One PostgreSQL, the same for everybody who is measured. */
export interface BenchServer {
  /** The embedded server's process, whose CPU time is counted; unknown for another server. */
  postmaster: number | undefined
  newDatabase(): Promise<BenchDatabase>
  stop(): Promise<void>
}

const SHOWN = [
  ...['server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums'],
  ...['wal_sync_method', 'shared_buffers', 'min_wal_size', 'max_wal_size', 'checkpoint_timeout'],
]

/**
 * An embedded PostgreSQL in a folder of its own, with the settings that the product gives it; with
 * DATABASE_URL, new databases on that server.
 */
export async function openBenchServer(): Promise<BenchServer> {
  const given = process.env.DATABASE_URL
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
  const server = given
    ? undefined
    : await startPostgres({ dataDir: folder, log: createLog('error') })
  const url = new URL(given ?? server!.url)
  const admin = new pg.Client({ connectionString: url.href })
  await admin.connect()
  await tellSettings(admin)
  if (server) await layInWal(admin)
  const made: { name: string; owner: pg.Pool }[] = []
  return {
    postmaster: server && (await postmasterIn(folder)),
    async newDatabase() {
      const name = `sluice_bench_${process.pid}_${made.length}`
      await admin.query(`create database ${name}`)
      const its = new URL(url)
      its.pathname = `/${name}`
      await migrate(its.href)
      const owner = new pg.Pool({ connectionString: its.href, max: 4 })
      owner.on('error', () => {})
      made.push({ name, owner })
      return { url: its.href, owner }
    },
    async stop() {
      for (const { name, owner } of made) {
        await owner.end()
        await admin.query(`drop database ${name} with (force)`)
      }
      await admin.end()
      await server?.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A server with one database, for a bench that needs no more. */
export async function openBenchDatabase(): Promise<
  BenchDatabase & { postmaster: number | undefined; drop(): Promise<void> }
> {
  const server = await openBenchServer()
  const database = await server.newDatabase()
  return { ...database, postmaster: server.postmaster, drop: () => server.stop() }
}

async function tellSettings(admin: pg.Client): Promise<void> {
  const { rows } = await admin.query<{ name: string; value: string }>(
    'select name, current_setting(name) as value from pg_settings where name = any ($1)',
    [SHOWN],
  )
  const values = new Map(rows.map((row) => [row.name, row.value]))
  console.log(`postgres: ${SHOWN.map((name) => `${name}=${values.get(name)}`).join(' ')}`)
}

/**
 * Fills and gives back WAL segments, as a server has them that ran for a while: a fresh one would make
 * each new segment inside somebody's commit, whoever is being measured.
 */
async function layInWal(admin: pg.Client): Promise<void> {
  for (let i = 0; i < WAL_SEGMENTS; i++) {
    await admin.query("select pg_logical_emit_message(false, 'bench', 'a line'), pg_switch_wal()")
  }
  await admin.query('checkpoint')
}

const WAL_SEGMENTS = 48

async function postmasterIn(folder: string): Promise<number | undefined> {
  const file = join(folder, 'postgres', 'postmaster.pid')
  const text = await readFile(file, 'utf8').catch(() => '')
  return Number(text.split('\n')[0]) || undefined
}
