import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { startPostgres } from '../../src/platform/embedded-postgres.ts'
import { createLog } from '../../src/platform/log.ts'
import { migrate } from '../../src/platform/migrate.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A PostgreSQL server for this run, with a migrated database `template_sluice` to copy. */
    postgresUrl: string
  }
}

/** One private PostgreSQL for the whole run; each test file copies the migrated template. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.TEST_POSTGRES_URL
  const folder = await mkdtemp(join(tmpdir(), 'sluice-test-'))
  const postgres = given
    ? undefined
    : await startPostgres({ dataDir: folder, log: createLog('error') })
  const url = new URL(given ?? postgres!.url)
  const template = `template_sluice_${process.pid}`
  await once(url.href, `create database ${template}`)
  url.pathname = `/${template}`
  await migrate(url.href)
  project.provide('postgresUrl', url.href)
  return async () => {
    if (given) await once(given, `drop database ${template} with (force)`)
    await postgres?.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function once(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(text)
  await client.end()
}
