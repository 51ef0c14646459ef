import { readdirSync, readFileSync } from 'node:fs'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type TestHouse, testHouse } from '../kit/house.ts'
import { type RichCompany, richCompany } from '../kit/rich-company.ts'

// Thousands of requests take as long as the machine is busy.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

const logged: string[] = []
let house: TestHouse
let company: RichCompany
beforeAll(async () => {
  const stream = new Writable({
    write(chunk, _encoding, done) {
      logged.push(String(chunk))
      done()
    },
  })
  house = await testHouse({ log: pino({ level: 'trace' }, stream), resolve: async () => [] })
  company = await richCompany(house, 'secret')
})
afterAll(() => house.close())

const said = () => [
  ...company.secrets,
  `password-${company.canary}`,
  `token-${company.canary}`,
  'op_only-for-tests-0123456789',
]

test('no credential reaches the log, at its most talkative, whatever fails', async () => {
  const { key, canary } = company
  // A refusal, a body that is no JSON, a key in the wrong place, and an error of our own.
  await company.post('/v1/teams', `{"name": "${canary}`)
  await house.client(`Bearer ${key}x`).get('/v1/company')
  await house.client(`Basic ${btoa(`int:${key}`)}`).get('/v1/company', { api_key: key })
  await house.client().post('/v1/session', { email: `member@${canary}.test`, password: 'wrong' })
  await house.database.asOwner('alter table team rename to team_gone')
  expect((await company.post('/v1/teams', { name: canary })).status).toBe(500)
  await house.database.asOwner('alter table team_gone rename to team')
  const text = logged.join('')
  expect(text).toContain('team')
  expect(said().filter((secret) => text.includes(secret))).toEqual([])
  expect(text).not.toContain(canary)
})

test('what is logged stays one line, whatever it says', async () => {
  const before = logged.length
  house.log.warn({ reason: 'a\r\n{"level":60}\u2028\u001b[31m' }, 'x\n{"msg":"forged"}')
  expect(logged.length).toBe(before + 1)
  expect(logged.at(-1)).toMatch(/^[^\r\n\u001b]+\n$/)
  expect(JSON.parse(logged.at(-1)!).msg).toBe('x\n{"msg":"forged"}')
})

test('no credential stands in the database as it was shown', async () => {
  const { rows: tables } = await house.database.asOwner(
    "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'graphile_worker')",
  )
  expect(tables.length).toBeGreaterThan(40)
  const found: string[] = []
  for (const { name } of tables) {
    const { rows } = await house.database.asOwner(`select t::text as line from ${name} t`)
    for (const secret of said()) {
      const hex = Buffer.from(secret).toString('hex')
      if (rows.some(({ line }) => line.includes(secret) || line.includes(hex)))
        found.push(`${name}: ${secret.slice(0, 12)}`)
    }
  }
  expect(found).toEqual([])
})

test('no answer shows a credential a second time', async () => {
  const { ids } = company
  for (const path of [
    '/v1/integrations',
    `/v1/integrations/${ids.integrations}`,
    '/v1/webhooks',
    `/v1/webhooks/${ids.webhooks}`,
    '/v1/members',
    '/v1/connectors',
    '/v1/mailboxes',
    '/v1/audit',
    '/v1/mails',
    '/v1/company',
  ]) {
    const { status, text } = await company.get(path)
    expect(status, path).toBe(200)
    expect(
      said().filter((secret) => text.includes(secret)),
      path,
    ).toEqual([])
    expect(text, path).not.toMatch(/whsec_|argon2|password_?hash/i)
  }
})

test('no key stands in the repository', () => {
  const root = new URL('../../', import.meta.url).pathname
  const folders = ['src', 'scripts', 'migrations', 'docs', 'tests', 'web/src', 'examples', 'bench']
  const files = folders.flatMap((folder) =>
    readdirSync(root + folder, { recursive: true, withFileTypes: true })
      .filter(
        (entry) => entry.isFile() && /\.(ts|tsx|mjs|sql|md|json|http|out|html)$/.test(entry.name),
      )
      .map((entry) => `${entry.parentPath}/${entry.name}`),
  )
  expect(files.length).toBeGreaterThan(300)
  const patterns =
    /slc_[0-9a-z]{20,}_[0-9a-z]{52}[0-9a-f]{8}|sk-ant-[\w-]{20,}|\bsk-[A-Za-z0-9]{32,}|AKIA[0-9A-Z]{16}|-----BEGIN (RSA |EC )?PRIVATE KEY|ghp_\w{36}/
  expect(files.filter((file) => patterns.test(readFileSync(file, 'utf8')))).toEqual([])
})
