import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestCompany, type TestHouse, testHouse } from './kit/house.ts'

let house: TestHouse
let company: TestCompany
let address: string
let folder: string
beforeAll(async () => {
  house = await testHouse()
  company = await house.newCompany()
  address = await house.app.listen({ port: 0, host: '127.0.0.1' })
  folder = await mkdtemp(join(tmpdir(), 'sluice-import-command-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
  await house?.close()
})

const eml = (id: string, more = '') =>
  `From: a@b.test\nTo: c@d.test\nMessage-ID: <${id}@x>\nSubject: ${id}\n${more}\nFrom here on\n`
const DATED = 'Date: Mon, 15 Jun 2026 12:00:00 +0200\n'

async function put(files: Record<string, string | Buffer>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
}

async function run(paths: string[], ...options: string[]) {
  const args = ['scripts/import.ts', ...paths.map((path) => join(folder, path)), ...options]
  const child = spawn(process.execPath, args, {
    env: { ...process.env, SLUICE_URL: address, SLUICE_KEY: company.key },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece) => {
      text += piece
    })
  }
  const [code] = await once(child, 'close')
  return { code, lines: text.replaceAll(`${folder}/`, '').trim().split('\n') }
}

const titles = async (path: string) =>
  (await company.get(path, { limit: 1000 })).body.data.map(
    (one: { subject?: string; title?: string }) => one.subject ?? one.title,
  )

test('folders are walked, and every file and line that was not taken is told', async () => {
  await put({
    'in/accounts.csv': 'Id,Name,Website\nA1,Acme,acme.test\nA2\n',
    'in/contacts.csv': 'Name,Email,Account Id\nAnn,ann@acme.test,A1\nBo,bo@acme.test,none\n',
    'in/mail/one.eml': eml('one', DATED),
    'in/mail/undated.eml': eml('undated'),
    'in/mail/two.eml': eml('two', DATED),
    // A maildir says by its file names when a message came.
    'in/box/cur/1700000000.M1.host:2,S': eml('kept'),
    'in/box/new/1700000001.M2.host': eml('fresh', DATED),
    'in/box/tmp/1700000002.M3.host': eml('half', DATED),
    'in/all.mbox': `From a Mon Jun 15 12:00:00 2026\n${eml('three', DATED)}\nFrom a Mon Jun 15 12:00:00 2026\nno headers\n`,
    'in/kick-off.vtt': 'WEBVTT\n\n00:00.000 --> 00:05.000\n<v Rea>Hello.\n',
    'in/latin.srt': Buffer.from('1\n00:00:01,000 --> 00:00:02,000\ncaf\xe9\n', 'latin1'),
    'in/answer.json': JSON.stringify({ segments: [{ start: 0, end: 1, text: 'Hi.' }] }),
    'in/other.json': '{"a":1}',
    'in/evil\u202Etxt.exe': 'x',
  })
  await symlink(join(folder, 'in'), join(folder, 'in/round'))
  const { code, lines } = await run(['in'], '--history', '--company', 'rea')
  expect(code).toBe(1)
  expect(
    lines
      .slice(0, -1)
      .filter((line) => !/%$/.test(line))
      .toSorted(),
  ).toEqual([
    'in/accounts.csv:3: has 1 cells where the header has 3',
    'in/all.mbox:10: is not an email: it has no sender',
    'in/box/tmp/1700000002.M3.host: left out: is not a kind of file that is imported',
    'in/contacts.csv:3: accountId: There is no such account.',
    'in/evil\\u202etxt.exe: left out: is not a kind of file that is imported',
    'in/latin.srt:1: is not UTF-8',
    'in/mail/undated.eml:1: has no date that can be read',
    'in/other.json: is no transcript of Deepgram, AssemblyAI or Whisper',
    'in/round: left out: is a link, which is not followed',
  ])
  expect(lines.at(-1)).toMatch(/^9 taken · 6 rejected · .* · 3 files left out/)
  expect((await titles('/v1/emails')).toSorted()).toEqual(['fresh', 'kept', 'one', 'three', 'two'])
  expect((await titles('/v1/calls')).toSorted()).toEqual(['answer', 'kick-off'])
})

test('the same again brings nothing twice, and with a state file is not even sent', async () => {
  const state = join(folder, 'state')
  await put({
    'again/a.eml': eml('again', DATED),
    'again/b.eml': eml('', DATED).replace(/Message-ID.*\n/, ''),
  })
  const before = (await titles('/v1/emails')).length
  expect((await run(['again'], '--state', state)).lines.at(-1)).toMatch(/^2 taken/)
  expect((await run(['again'])).lines.at(-1)).toMatch(/^2 taken/)
  expect((await run(['again'], '--state', state)).lines.at(-1)).toMatch(/^0 taken/)
  await put({ 'again/a.eml': eml('again', `${DATED}X: changed\n`) })
  expect((await run(['again'], '--state', state)).lines.at(-1)).toMatch(/^1 taken/)
  // The one without a message id is the same also when it is sent as it is.
  const headers = { 'content-type': 'message/rfc822' }
  const raw = eml('', DATED)
    .replace(/Message-ID.*\n/, '')
    .replaceAll('\n', '\r\n')
  expect((await company.post('/v1/import', raw, { headers })).body.accepted).toBe(1)
  expect((await titles('/v1/emails')).length).toBe(before + 2)
})

test('a large file is followed to its end, and each of its rejected lines is told', async () => {
  const line = (i: number) =>
    JSON.stringify({
      ...{ kind: 'email', id: `big${i}`, sentAt: '2026-06-15T10:00:00Z', subject: 'Big' },
      ...{ from: { email: 'a@b.test' }, to: [], body: 'All work and no play. '.repeat(250) },
    })
  const rows = Array.from({ length: 3_600 }, (_, i) => (i % 3 === 2 ? 'nonsense' : line(i)))
  await put({ 'big.ndjson': rows.join('\n') })
  const { code, lines } = await run(['big.ndjson'], '--history')
  expect([code, lines.at(-1)]).toEqual([1, expect.stringMatching(/^2,400 taken · 1,200 rejected/)])
  const told = lines.filter((one) => one.endsWith('is not JSON'))
  expect([told.length, told[0], told.at(-1)]).toEqual([
    ...[1_200, 'big.ndjson:3: is not JSON', 'big.ndjson:3600: is not JSON'],
  ])
}, 120_000)

test('a dry run changes nothing; what cannot go on says why and ends with 2', async () => {
  await put({ 'dry.eml': eml('dry', DATED) })
  const dry = await run(['dry.eml'], '--dry-run')
  expect([dry.code, dry.lines.at(-1)]).toEqual([0, expect.stringMatching(/^1 taken .* dry run$/)])
  expect(await titles('/v1/emails')).not.toContain('dry')
  expect((await run(['dry.eml'], '--key', 'wrong')).code).toBe(2)
  expect((await run(['dry.eml'], '--surprise')).code).toBe(2)
  expect((await run([])).code).toBe(2)
  const missing = await run(['none.eml'])
  expect([missing.code, missing.lines[0]]).toEqual([1, 'none.eml: cannot be read (ENOENT)'])
})

test('mailboxes are made, changed and ended by administrators only, and never show a password', async () => {
  const asked = { host: 'imap.example.com', user: 'u', password: 'p4ssw0rd-of-mine' }
  const made = await company.post('/v1/mailboxes', asked)
  expect([made.status, made.body]).toMatchObject([
    201,
    { port: 993, tls: 'implicit', folder: 'INBOX', existing: 'history', status: 'waiting' },
  ])
  const path = `/v1/mailboxes/${made.body.id}`
  expect((await company.patch(path, { enabled: false })).body.status).toBe('off')
  expect((await company.post(`${path}/check`)).status).toBe(409)
  expect((await company.patch(path, { host: 'other.example.com' })).status).toBe(422)
  expect((await company.post('/v1/mailboxes', { ...asked, host: '127.0.0.1' })).status).toBe(422)
  const listed = await company.get('/v1/mailboxes')
  const audit = await company.get('/v1/audit')
  expect(listed.body.data).toHaveLength(1)
  expect(made.text + listed.text + audit.text).not.toContain(asked.password)
  const { body } = await company.post('/v1/integrations', {
    ...{ name: 'data', kind: 'api', access: 'shared', scopes: ['data:write', 'data:read'] },
  })
  expect((await company.as(body.key).get('/v1/mailboxes')).status).toBe(403)
  expect((await (await house.newCompany()).get(path)).status).toBe(404)
  expect((await company.del(path)).status).toBe(204)
  expect((await company.get(path)).status).toBe(404)
})
