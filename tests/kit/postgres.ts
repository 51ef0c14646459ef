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
  const admin = new pg.Client({ connectionString: url.href })
  await admin.connect()
  const template = `template_sluice_${process.pid}`
  await admin.query(`create database ${template}`)
  await admin.end()
  url.pathname = `/${template}`
  await migrate(url.href)
  project.provide('postgresUrl', url.href)
  return async () => {
    await postgres?.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
