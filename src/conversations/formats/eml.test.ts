import PostalMime from 'postal-mime'
import { describe, expect, test } from 'vitest'
import { NewEmail } from '../shapes.ts'
import { emailOf } from './eml.ts'

async function read(raw: string | Buffer, postmark?: string): Promise<NewEmail | string> {
  const bytes = typeof raw === 'string' ? Buffer.from(raw.replaceAll('\n', '\r\n'), 'latin1') : raw
  const found = emailOf(bytes, await PostalMime.parse(bytes), postmark)
  return 'error' in found ? found.error : NewEmail.parse(found.email)
}

const HEAD =
  'From: "Cora" <Cora@Customer.test>\nTo: rea@ourside.test\nDate: Mon, 15 Jun 2026 12:00:00 +0200\nMessage-ID: <m@x>\n'
const plain = (type: string, body: string) =>
  read(`${HEAD}Subject: S\nContent-Type: ${type}\n\n${body}`)

describe('texts in every charset', () => {
  test.each([
    ['text/plain; charset=us-ascii', 'cafe', 'cafe'],
    ['text/plain; charset=iso-8859-1', 'caf\xe9', 'café'],
    ['text/plain; charset=windows-1252', 'a\x80', 'a€'],
    ['text/plain; charset=utf-8', 'caf\xc3\xa9', 'café'],
    ['text/plain; charset=koi8-r', '\xc4\xc1', 'да'],
    ['text/plain; charset=gb2312', '\xc4\xe3', '你'],
    ['text/plain; charset=x-nonsense', 'caf\xe9', 'café'],
    ['text/plain; charset=utf-8', 'caf\xe9!', 'caf\ufffd!'],
    ['text/plain', 'a\0b', 'ab'],
    [
      'text/html',
      '<p>Hi <b>you</b> &amp; me<script>x()</script><img src=y></p><p>two</p>',
      'Hi you & me\n\ntwo',
    ],
  ])('%s %j', async (type, body, wanted) => {
    expect(await plain(type, body)).toMatchObject({ body: wanted })
  })
})

test('headers become the email: people, ids, thread, date, folders', async () => {
  const email = await read(
    `From: =?utf-8?B?w4lyaWM=?= <E@X.test>\nTo: Team: a@x.test, "b" <B@x.test>;, nobody\nCc: c@x.test\n` +
      `Date: Mon, 15 Jun 2026 12:00:00 +0200\nMessage-ID: <m2@x>\nIn-Reply-To: <m1@x>\nReferences: <m0@x> <m1@x>\n` +
      'Subject: =?iso-8859-1?Q?caf=E9?=\nX-Folder: \\Inbox\\Deals\nX-Gmail-Labels: Sent,Important\n\nhi\n',
  )
  expect(email).toEqual({
    ...{ messageId: '<m2@x>', threadId: 'm0@x', sentAt: new Date('2026-06-15T10:00:00Z') },
    ...{ from: { name: 'Éric', email: 'e@x.test' }, cc: [{ email: 'c@x.test' }] },
    to: [{ email: 'a@x.test' }, { name: 'b', email: 'b@x.test' }],
    ...{ subject: 'café', body: 'hi', folders: ['\\Inbox\\Deals'], labels: ['Sent', 'Important'] },
  })
})

describe('what is no email, or not all of one, is told apart', () => {
  const multipart = `${HEAD}Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\nhi\n`
  test.each([
    ['nothing', '', /sender/],
    ['noise', '\x00\x01\xff\xfe noise', /sender/],
    ['headers of something else', 'Content-Type: image/png\n\nx', /sender/],
    [
      'a sender who is none',
      'From: undisclosed-recipients:;\nDate: Mon, 15 Jun 2026 12:00:00 +0200\n\nx',
      /sender/,
    ],
    ['no date', 'From: a@b.test\n\nx', /date/],
    ['a date that is none', 'From: a@b.test\nDate: soon\n\nx', /date/],
    ['a part that does not end', multipart, /cut off/],
  ])('%s', async (_, raw, reason) => {
    expect(await read(raw)).toMatch(reason)
  })

  test('whole, it is taken', async () => {
    expect(await read(`${multipart}\n--b--\n`)).toMatchObject({ body: 'hi' })
  })
})

test('without a date header, the last server or the postmark tells', async () => {
  const from = 'From: a@b.test\n'
  expect(
    await read(`${from}Received: from x by y; Tue, 16 Jun 2026 00:00:00 +0000\n\nx`),
  ).toMatchObject({
    sentAt: new Date('2026-06-16T00:00:00Z'),
  })
  expect(await read(`${from}\nx`, 'Tue, 01 Jan 1980 00:00:00 GMT')).toMatchObject({
    sentAt: new Date('1980-01-01T00:00:00Z'),
  })
})

test('without a message id the same bytes have the same id', async () => {
  const raw = 'From: a@b.test\nDate: Mon, 15 Jun 2026 12:00:00 +0200\n\nx'
  const [first, again, other] = [await read(raw), await read(raw), await read(`${raw}y`)]
  expect(first).toEqual(again)
  expect((first as NewEmail).id).not.toBe((other as NewEmail).id)
})

test('names do no harm: they are text, wherever they point', async () => {
  const email = (await read(
    `From: "=?utf-8?Q?a=0D=0ABcc:_x@y.test?=" <a@b.test>\nTo: "../../etc/passwd" <b@b.test>\nDate: Mon, 15 Jun 2026 12:00:00 +0200\n` +
      `Subject: <script>alert(1)</script>\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhi\n--b\n` +
      'Content-Disposition: attachment; filename="../../../tmp/x.sh"\n\nrm -rf\n--b--\n',
  )) as NewEmail
  expect(email.to).toEqual([{ name: '../../etc/passwd', email: 'b@b.test' }])
  expect(email.cc).toEqual([])
  expect(email.subject).toBe('<script>alert(1)</script>')
  expect(email.body).toBe('hi')
})

test('parts nested without end end nothing', async () => {
  const deep = Array.from(
    { length: 5_000 },
    (_, i) => `Content-Type: multipart/mixed; boundary="b${i}"\n\n--b${i}\n`,
  )
  const outcome = await read(`${HEAD}${deep.join('')}`).catch((error: Error) => error.message)
  expect(typeof outcome).toBe('string')
})
