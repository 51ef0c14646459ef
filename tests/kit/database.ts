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

/** A database without anything in it, not even tables. */
export async function emptyDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const server = new URL(inject('postgresUrl'))
  server.pathname = '/postgres'
  const name = `t_${process.pid}_${++count}`
  await once(server.href, `create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return {
    url: url.href,
    drop: () => once(server.href, `drop database ${name} with (force)`),
  }
}

/** What `testHouse` needs to be a server on a database that is there already. */
export function openedDatabase(url: string): TestDatabase {
  const owner = new pg.Pool({ connectionString: url, max: 2 })
  owner.on('error', () => {})
  const db = openDatabase({ url, connections: 2 })
  return {
    ...{ db, url },
    asOwner: (text, values) => owner.query(text, values),
    async drop() {
      await db.close()
      await owner.end()
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
