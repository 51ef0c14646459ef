import pg from 'pg'
import { connectionSettings } from './database.ts'
import type { Run } from './run.ts'

/**
 * One read-only snapshot of the whole database, seen as its owner: all companies at one moment, whatever
 * a server does meanwhile. Nothing can be written through it.
 */
export function ownerSnapshot<T>(url: string, look: (run: Run) => Promise<T>): Promise<T> {
  return asOwner(url, 'begin transaction isolation level repeatable read read only', look)
}

/** One transaction of the owner on all companies: for what a restore leaves to be done. */
export function ownerTransaction<T>(url: string, work: (run: Run) => Promise<T>): Promise<T> {
  return asOwner(url, 'begin', work)
}

async function asOwner<T>(url: string, begin: string, work: (run: Run) => Promise<T>): Promise<T> {
  const { types, connectionTimeoutMillis } = connectionSettings(url, 1)
  const client = new pg.Client({
    connectionString: url,
    application_name: 'sluice doctor',
    options: '-c timezone=UTC -c jit=off -c work_mem=64MB',
    ...(types ? { types } : {}),
    ...(connectionTimeoutMillis ? { connectionTimeoutMillis } : {}),
  })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query(begin)
    const done = await work(
      async (_name, text, values = []) => (await client.query(text, values)).rows,
    )
    await client.query('commit')
    return done
  } finally {
    await client.end()
  }
}
