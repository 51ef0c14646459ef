import { readdir } from 'node:fs/promises'
import { runMigrations as migrateQueue } from 'graphile-worker'
import { runner } from 'node-pg-migrate'
import pg from 'pg'

const FOLDER = new URL('../../migrations', import.meta.url).pathname

/**
 * Brings a database to this version of the schema, as its owner; or an empty one to an earlier version, that
 * of the first `count` migrations. Several processes may ask at once: an advisory lock lets one work while
 * the others wait, and find nothing left to do.
 */
export async function migrate(url: string, count = Number.POSITIVE_INFINITY): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'sluice migrate' })
  await client.connect()
  try {
    await client.query("select pg_advisory_lock(hashtext('sluice migrate'))")
    await migrateQueue({ connectionString: url })
    await runner({
      dbClient: client,
      dir: `${FOLDER}/*.sql`,
      useGlob: true,
      direction: 'up',
      count,
      migrationsTable: 'schema_migration',
      singleTransaction: true,
      noLock: true,
      log: () => {},
    })
  } finally {
    await client.end()
  }
}

/** The migrations of this version, in their order. */
export async function ownMigrations(): Promise<string[]> {
  const files = await readdir(FOLDER)
  return files
    .filter((file) => file.endsWith('.sql'))
    .map((file) => file.slice(0, -4))
    .sort()
}

/** The migrations of this version that a database has not had yet. */
export async function missingMigrations(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>('select name from schema_migration')
  const had = new Set(rows.map(({ name }) => name))
  return (await ownMigrations()).filter((name) => !had.has(name))
}
