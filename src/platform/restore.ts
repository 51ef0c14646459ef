import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { Manifest, Trailer } from './backup.ts'
import { type BackupTable, backupTables } from './backup-tables.ts'
import { migrate, ownMigrations } from './migrate.ts'
import type { Run } from './run.ts'

/** What keeps a backup from being restored, in one line for whoever asked. */
export class RestoreError extends Error {
  override name = 'RestoreError'
}

/**
 * Fills an empty database with a backup of this version or an earlier one, and brings it up to date. All rows
 * come in with one commit: whatever breaks, the database is as empty as before. `settle` is done in that
 * commit, by this version's modules, for what must not simply go on where the backup was taken.
 */
export async function restore(
  url: string,
  file: string,
  settle: (run: Run) => Promise<void>,
): Promise<Manifest & Trailer> {
  const manifest = await readManifest(file)
  const own = await ownMigrations()
  const count = manifest.migrations.length
  if (manifest.migrations.join() !== own.slice(0, count).join()) {
    throw new RestoreError(
      'the backup is of a version that this one does not know: restore it with the version it was made by.',
    )
  }
  await checkEmpty(url, count)
  await migrate(url, count)
  const client = new pg.Client({ connectionString: url, application_name: 'sluice restore' })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query("begin; set local time zone 'UTC'; set local datestyle = iso")
    const trailer = await load(client, file, manifest)
    const isCurrent = count === own.length
    const run: Run = async (_name, text, values = []) => (await client.query(text, values)).rows
    // Its modules know the tables of this version only.
    if (isCurrent) await settle(run)
    await client.query('commit')
    if (!isCurrent) {
      await migrate(url)
      await client.query('begin')
      await settle(run)
      await client.query('commit')
    }
    await client.query('analyze')
    return { ...manifest, ...trailer }
  } finally {
    await client.end()
  }
}

async function readManifest(file: string): Promise<Manifest> {
  const lines = linesOf(file)
  try {
    const { value } = await lines.next()
    const manifest = value && JSON.parse(value.toString().trimEnd())
    if (manifest?.sluiceBackup !== 1) throw new Error('it is no backup of Sluice')
    return manifest as Manifest
  } catch (error) {
    throw new RestoreError(`${file} cannot be read: ${(error as Error).message}`)
  } finally {
    await lines.return(undefined)
  }
}

/** Refuses a database that has companies, or that is ahead of the backup. */
async function checkEmpty(url: string, count: number): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query(
      "select to_regclass('public.schema_migration') is not null as begun, to_regclass('public.company') is not null as made",
    )
    if (!rows[0].begun) return
    const had = await client.query('select count(*)::int as count from public.schema_migration')
    if (rows[0].made && (await client.query('select from public.company limit 1')).rowCount) {
      throw new RestoreError('the database has companies: restore into an empty one.')
    }
    if (had.rows[0].count > count) {
      throw new RestoreError('the database is newer than the backup: restore into a new one.')
    }
  } finally {
    await client.end()
  }
}

const COPY_LINE = /^COPY ([\w.]+) \((["\w, ]+)\) FROM stdin;$/

async function load(
  client: pg.Client,
  file: string,
  { months, queue }: Manifest,
): Promise<Trailer> {
  await checkQueue(client, queue)
  const tables = new Map((await backupTables(client)).map((table) => [table.name, table]))
  const names = [...tables.keys()]
  // Walls stand before the owner too, and rows do not come in through them: they are open for this commit.
  const walls = await client.query<{ name: string }>(
    `select oid::regclass::text as name from pg_class where oid = any ($1::regclass[]) and relforcerowsecurity`,
    [names],
  )
  for (const { name } of walls.rows)
    await client.query(`alter table ${name} no force row level security`)
  for (const month of months) await client.query('select open_ledger_month($1)', [month])
  const lines = linesOf(file)
  try {
    await lines.next()
    const trailer = await copyAll(client, tables, lines)
    for (const { name } of walls.rows) {
      await client.query(`alter table ${name} force row level security`)
    }
    return trailer
  } finally {
    await lines.return(undefined)
  }
}

async function copyAll(
  client: pg.Client,
  tables: Map<string, BackupTable>,
  lines: AsyncGenerator<Buffer>,
): Promise<Trailer> {
  const rows: Record<string, number> = {}
  for (;;) {
    const { value, done } = await lines.next()
    if (done) throw new RestoreError('the backup was cut off: its end is missing.')
    const text = value.toString().trimEnd()
    const [, name = '', columns = ''] = COPY_LINE.exec(text) ?? []
    const table = tables.get(name)
    if (table) {
      rows[name] = await copyIn(client, table, columns, lines)
    } else if (text.startsWith('{')) {
      const trailer = JSON.parse(text) as Trailer
      await finish(client, trailer, rows)
      return trailer
    } else {
      throw new RestoreError(`the backup has a table that is unknown here: ${text.slice(0, 80)}`)
    }
  }
}

async function checkQueue(client: pg.Client, queue: number): Promise<void> {
  const { rows } = await client.query('select max(id) as now from graphile_worker.migrations')
  if (rows[0].now !== queue) {
    throw new RestoreError(`the backup has jobs of another queue (${queue}, not ${rows[0].now}).`)
  }
}

async function copyIn(
  client: pg.Client,
  { name, columns }: BackupTable,
  asked: string,
  lines: AsyncGenerator<Buffer>,
): Promise<number> {
  const unknown = asked.split(', ').filter((column) => !columns.includes(column))
  if (unknown.length > 0) throw new RestoreError(`${name} has no ${unknown.join(', ')} here.`)
  const copy = client.query(copyFrom(`copy ${name} (${asked}) from stdin`))
  await pipeline(rowsOf(lines), copy)
  return copy.rowCount
}

/** The lines of one table, some at a time: a message for each would take longer than the rows. */
async function* rowsOf(lines: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let some: Buffer[] = []
  let bytes = 0
  for (;;) {
    const { value: line, done } = await lines.next()
    if (done) throw new RestoreError('the backup was cut off in the midst of a table.')
    // In the text format of COPY no row is these two characters.
    if (line.length === 3 && line[0] === 0x5c && line[1] === 0x2e) break
    some.push(line)
    bytes += line.length
    if (bytes < 65_536) continue
    yield Buffer.concat(some)
    some = []
    bytes = 0
  }
  if (some.length > 0) yield Buffer.concat(some)
}

async function finish(
  client: pg.Client,
  trailer: Trailer,
  rows: Record<string, number>,
): Promise<void> {
  for (const [name, count] of Object.entries(trailer.rows)) {
    if (rows[name] !== count) {
      throw new RestoreError(`${name} has ${rows[name] ?? 'no'} rows, the backup says ${count}.`)
    }
  }
  for (const [name, value] of Object.entries(trailer.sequences)) {
    await client.query('select setval($1::regclass, $2::bigint)', [name, value])
  }
  // Whoever worked on a job when the backup was taken does not work here.
  await client.query(
    `update graphile_worker._private_jobs set locked_at = null, locked_by = null where locked_at is not null;
     update graphile_worker._private_job_queues set locked_at = null, locked_by = null where locked_at is not null`,
  )
}

/** The lines of a compressed file as bytes, each with its line break. */
async function* linesOf(file: string): AsyncGenerator<Buffer> {
  const source = createReadStream(file)
  const content = source.pipe(createGunzip())
  source.on('error', (error) => content.destroy(error))
  let rest = Buffer.alloc(0)
  try {
    for await (const piece of content) {
      const bytes = rest.length > 0 ? Buffer.concat([rest, piece as Buffer]) : (piece as Buffer)
      let start = 0
      for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
        yield bytes.subarray(start, end + 1)
        start = end + 1
      }
      rest = Buffer.from(bytes.subarray(start))
    }
  } finally {
    source.destroy()
    content.destroy()
  }
}
