import { createWriteStream } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { type BackupTable, backupTables, ledgerMonths, sequences } from './backup-tables.ts'

/** What stands at the beginning of a backup. */
export interface Manifest {
  sluiceBackup: 1
  /** When the one moment was that it shows, by the database's clock. */
  takenAt: string
  /** What the database had been migrated by, in order. */
  migrations: string[]
  /** The version of the queue's own tables. */
  queue: number
  /** Months that have entries in the ledger, as their first days. */
  months: string[]
}

/** What stands at its end, so that a backup that was cut off is known as one. */
export interface Trailer {
  rows: Record<string, number>
  sequences: Record<string, string>
}

/**
 * Writes all rows of a database, as they were at one moment, into one compressed file: its owner reads them in one
 * snapshot, while servers go on. The file is there whole or not at all. Nothing of the data folder is in it: the
 * operator's key and the key that secrets are sealed with are kept elsewhere.
 */
export async function backUp(url: string, file: string): Promise<Manifest & Trailer> {
  const draft = `${file}.part`
  const client = new pg.Client({ connectionString: url, application_name: 'sluice backup' })
  // A connection that breaks fails its query; without a listener it would end the process too.
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query('begin transaction isolation level repeatable read read only')
    await client.query("set local time zone 'UTC'; set local datestyle = iso; set local jit = off")
    const manifest = await manifestOf(client)
    const rows: Record<string, number> = {}
    const trailer = async (): Promise<Trailer> => ({ rows, sequences: await sequences(client) })
    const tables = await backupTables(client)
    const content = contentOf(client, manifest, tables, rows, trailer)
    await pipeline(
      content,
      createGzip({ level: 4 }),
      createWriteStream(draft, { mode: 0o600, flush: true }),
    )
    await rename(draft, file)
    await syncFolder(dirname(file))
    return { ...manifest, ...(await trailer()) }
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  } finally {
    await client.end()
  }
}

async function* contentOf(
  client: pg.Client,
  manifest: Manifest,
  tables: BackupTable[],
  rows: Record<string, number>,
  trailer: () => Promise<Trailer>,
): AsyncGenerator<string | Buffer> {
  yield `${JSON.stringify(manifest)}\n`
  for (const { name, columns } of tables) {
    yield `COPY ${name} (${columns.join(', ')}) FROM stdin;\n`
    // A query, so that the entries of all months are read as one table.
    const copy = client.query(copyTo(`copy (select ${columns.join(', ')} from ${name}) to stdout`))
    for await (const piece of copy) yield piece as Buffer
    rows[name] = copy.rowCount
    yield '\\.\n'
  }
  yield `${JSON.stringify(await trailer())}\n`
}

async function manifestOf(client: pg.Client): Promise<Manifest> {
  const { rows } = await client.query<{ at: Date; migrations: string[]; queue: number }>(
    `select now() as at, (select array_agg(name order by name) from schema_migration) as migrations,
      (select max(id) from graphile_worker.migrations) as queue`,
  )
  const { at, migrations, queue } = rows[0]!
  const months = await ledgerMonths(client)
  return { sluiceBackup: 1, takenAt: at.toISOString(), migrations, queue, months }
}

/** The new name of a file outlives a power cut only when its folder is written too. */
async function syncFolder(folder: string): Promise<void> {
  const opened = await open(folder, 'r').catch(() => undefined)
  await opened?.sync().catch(() => {})
  await opened?.close()
}
