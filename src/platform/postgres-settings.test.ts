import { expect, test } from 'vitest'
import { checkServer } from './postgres-settings.ts'

const good = {
  server_version: '15.0',
  server_version_num: '150000',
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'remote_apply',
}

test('PostgreSQL 15 with durable commits is accepted', async () => {
  await expect(checkServer(serverWith({}))).resolves.toBeUndefined()
})

test.each(['fsync', 'full_page_writes', 'synchronous_commit'])(
  '%s = off is refused',
  async (name) => {
    await expect(checkServer(serverWith({ [name]: 'off' }))).rejects.toThrow(
      `The database runs with ${name} = off and could lose charges; set it to on.`,
    )
  },
)

test('every fault has a line of its own', async () => {
  const old = { server_version: '14.9 (Debian)', server_version_num: '140009', fsync: 'off' }
  await expect(checkServer(serverWith(old))).rejects.toThrow(
    'The database is PostgreSQL 14.9 (Debian); 15 or newer is needed.\n' +
      'The database runs with fsync = off and could lose charges; set it to on.',
  )
})

function serverWith(changes: Partial<Record<string, string>>) {
  const settings = Object.entries({ ...good, ...changes })
  return {
    query: async () => ({ rows: settings.map(([name, setting]) => ({ name, setting: setting! })) }),
  }
}
