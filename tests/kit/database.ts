import pg from 'pg'
import { inject } from 'vitest'
import { type Database, openDatabase } from '../../src/platform/database.ts'

let count = 0

export interface TestDatabase {
  db: Database
  /** The owner's URL, for what the serving role may not do. */
  url: string
  /** Runs SQL as the owner. */
  asOwner: (text: string, values?: unknown[]) => Promise<pg.QueryResult>
  drop(): Promise<void>
}

/** A fresh, migrated database of this test's own. */
export async function testDatabase(): Promise<TestDatabase> {
  const template = new URL(inject('postgresUrl'))
  const server = new URL(template)
  server.pathname = '/postgres'
  const name = `t_${process.pid}_${++count}`
  await once(server.href, `create database ${name} template ${template.pathname.slice(1)}`)
  const url = new URL(template)
  url.pathname = `/${name}`
  const owner = new pg.Pool({ connectionString: url.href, max: 2 })
  // Dropping the database ends connections that are on their way out anyhow.
  owner.on('error', () => {})
  owner.on('connect', (client) => client.on('error', () => {}))
  const db = openDatabase({ url: url.href, connections: 12 })
  return {
    db,
    url: url.href,
    asOwner: (text, values) => owner.query(text, values),
    async drop() {
      await db.close()
      await owner.end()
      await once(server.href, `drop database ${name} with (force)`)
    },
  }
}

async function once(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}
