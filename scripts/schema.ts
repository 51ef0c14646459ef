// Writes src/platform/schema.ts: the types of the migrated database, as its catalogue tells them.
// With --check it writes nothing and fails when the file is not what it would be.
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../src/platform/embedded-postgres.ts'
import { createLog } from '../src/platform/log.ts'
import { migrate } from '../src/platform/migrate.ts'

const folder = await mkdtemp(join(tmpdir(), 'sluice-schema-'))
const postgres = await startPostgres({ dataDir: folder, log: createLog('error') })
try {
  await migrate(postgres.url)
  const { status } = spawnSync(
    'node_modules/.bin/kysely-codegen',
    [
      '--dialect=postgres',
      `--url=${postgres.url}`,
      '--camel-case',
      '--default-schema=public',
      '--include-pattern=public.*',
      '--exclude-pattern=public.schema_migration',
      '--date-parser=string',
      '--type-mapping={"int8":"bigint"}',
      '--out-file=src/platform/schema.ts',
      ...(process.argv.includes('--check') ? ['--verify'] : []),
    ],
    { stdio: 'inherit' },
  )
  process.exitCode = status ?? 1
} finally {
  await postgres.stop()
  await rm(folder, { recursive: true, force: true })
}
