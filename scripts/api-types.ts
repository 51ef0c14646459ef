// Writes web/src/api/generated: the types of the HTTP API, as its own document tells them. The page
// knows nothing else of the server. With --check it writes nothing and fails when they are not what
// they would be.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@hey-api/openapi-ts'
import { openHouse } from '../src/house.ts'
import { startPostgres } from '../src/platform/embedded-postgres.ts'
import { createLog } from '../src/platform/log.ts'
import { migrate } from '../src/platform/migrate.ts'

const target = 'web/src/api/generated/types.gen.ts'
const log = createLog('error')
const folder = await mkdtemp(join(tmpdir(), 'sluice-api-types-'))
try {
  const made = await generate(await document())
  const isCheck = process.argv.includes('--check')
  const isSame = made === (await readFile(target, 'utf8').catch(() => ''))
  if (isCheck && !isSame) {
    console.error(`${target} is not what the API says: run npm run api-types.`)
    process.exitCode = 1
  } else if (!isSame) await writeFile(target, made)
} finally {
  await rm(folder, { recursive: true, force: true })
}

/** The document that a whole server publishes. */
async function document(): Promise<string> {
  const postgres = await startPostgres({ dataDir: join(folder, 'data'), log })
  try {
    await migrate(postgres.url)
    const house = await openHouse(
      {
        databaseUrl: postgres.url,
        databasePool: 4,
        operatorKey: 'op_only-for-the-document',
        publicUrl: undefined,
        sessions: { idleMs: 60_000, longestMs: 60_000 },
        ai: { provider: 'local' },
        spoolDir: join(folder, 'spool'),
      },
      { log },
    )
    try {
      return (await house.app.inject('/openapi.json')).body
    } finally {
      await house.close()
    }
  } finally {
    await postgres.stop()
  }
}

async function generate(text: string): Promise<string> {
  const input = join(folder, 'openapi.json')
  await writeFile(input, text)
  const output = join(folder, 'types')
  await createClient({
    input,
    output: { path: output, entryFile: false },
    logs: { level: 'silent' },
    plugins: ['@hey-api/typescript'],
  })
  return readFile(join(output, 'types.gen.ts'), 'utf8')
}
