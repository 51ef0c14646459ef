import { afterAll, beforeAll, expect, test } from 'vitest'
import { mailServer, type TestMailServer } from '../../tests/kit/mail-server.ts'
import { type Letter, openMailer } from './mail.ts'

let server: TestMailServer
beforeAll(async () => {
  server = await mailServer()
})
afterAll(() => server.close())

const letter = (more: Partial<Letter> = {}): Letter => ({
  to: { name: 'Ada', address: 'ada@ourside.test' },
  subject: 'Hello',
  text: 'Plain.',
  html: '<p>Rich.</p>',
  messageId: 'mail_1@sluice.test',
  date: new Date('2026-06-15T12:00:00Z'),
  ...more,
})
const open = (smtpUrl = server.url) => openMailer({ smtpUrl, from: 'Sluice <credits@sluice.test>' })

const headersOf = (raw: string) =>
  [...raw.split('\r\n\r\n', 1)[0]!.matchAll(/^([\w-]+):/gm)].map(([, name]) => name!.toLowerCase())
const expected = [
  ...['auto-submitted', 'content-type', 'date', 'from', 'message-id', 'mime-version'],
  ...['subject', 'to'],
]

const nasty = [
  'Ada\r\nBcc: mallory@evil.test',
  'x\nX-Evil: 1',
  'a\rb',
  '=1+1',
  '"quoted" \\ back',
  "semi; colon, comma <script>alert('x')</script>",
  '{{7*7}} %0d%0aBcc: m@evil.test',
  'Zoë ① 漢字 \u2028 line',
  '\u0000\u001b[31m',
  'ada@ourside.test, mallory@evil.test',
]

test.each(nasty)('%j in a name or subject stays text', async (text) => {
  server.received.length = 0
  const name = text
  const end = await open().send(
    letter({ to: { name, address: 'ada@ourside.test' }, subject: text }),
  )
  expect(end).toEqual({ kind: 'sent' })
  const [{ raw, to, parsed }] = server.received as [(typeof server.received)[0]]
  expect(to).toEqual(['ada@ourside.test'])
  expect(headersOf(raw).sort()).toEqual(expected)
  expect([parsed.to].flat()[0]?.value.map(({ address }) => address)).toEqual(['ada@ourside.test'])
  expect(parsed.messageId).toBe('<mail_1@sluice.test>')
  expect(parsed.date).toEqual(new Date('2026-06-15T12:00:00Z'))
})

test.each([
  'ada@ourside.test, mallory@evil.test',
  'ada@ourside.test\r\nRCPT TO:<mallory@evil.test>',
  '<ada@ourside.test>',
  '"x"@ourside.test',
  'nobody',
  '@ourside.test',
])('%j is no address', async (address) => {
  const end = await open().send(letter({ to: { name: '', address } }))
  expect(end.kind).toBe('refused')
})

test('what the server says of a mail is final with 5xx only', async () => {
  server.next.push('550 recipient', '554 data', '451 later')
  const mailer = open()
  const ends = [await mailer.send(letter()), await mailer.send(letter())]
  expect(ends.map(({ kind }) => kind)).toEqual(['refused', 'refused'])
  expect((await mailer.send(letter())).kind).toBe('later')
  expect((await mailer.send(letter())).kind).toBe('sent')
})

test('a server that is down rests, and is found again', async () => {
  const other = await mailServer()
  await other.close()
  const mailer = open(other.url)
  expect((await mailer.send(letter())).kind).toBe('later')
  const again = await mailServer(other.port)
  expect(await mailer.send(letter())).toMatchObject({ kind: 'later' })
  expect(again.received).toHaveLength(0)
  expect((await mailer.send(letter(), true)).kind).toBe('sent')
  expect((await mailer.send(letter())).kind).toBe('sent')
  await again.close()
})

test('a silent server holds up a few mails, not all workers', async () => {
  const { createServer } = await import('node:net')
  const silent = createServer(() => {})
  await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening))
  const mailer = open(`smtp://127.0.0.1:${(silent.address() as { port: number }).port}`)
  const begun = Array.from({ length: 10 }, () => mailer.send(letter()))
  const quick = await Promise.race([Promise.all(begun.slice(4)), sleep(1000)])
  expect(quick?.map(({ kind }) => kind)).toEqual(Array(6).fill('busy'))
  silent.close()
})

const sleep = (ms: number) => new Promise<undefined>((done) => setTimeout(done, ms, undefined))
