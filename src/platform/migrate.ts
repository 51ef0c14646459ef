import { readdir } from 'node:fs/promises'
import { runMigrations as migrateQueue } from 'graphile-worker'
import { runner } from 'node-pg-migrate'
import pg from 'pg'

const FOLDER = new URL('../../migrations', import.meta.url).pathname

/**
 * Brings a database to this version of the schema, as its owner. Several processes may ask at once: an
 * advisory lock lets one work while the others wait, and find nothing left to do.
 */
export async function migrate(url: string): Promise<void> {
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
      migrationsTable: 'schema_migration',
      singleTransaction: true,
      noLock: true,
      log: () => {},
    })
  } finally {
    await client.end()
  }
}

/** The migrations of this version that a database has not had yet. */
export async function missingMigrations(pool: pg.Pool): Promise<string[]> {
  const files = await readdir(FOLDER)
  const wanted = files.filter((file) => file.endsWith('.sql')).map((file) => file.slice(0, -4))
  const { rows } = await pool.query<{ name: string }>('select name from schema_migration')
  const had = new Set(rows.map(({ name }) => name))
  return wanted.filter((name) => !had.has(name)).sort()
}
