import { readFileSync } from 'node:fs'
import MailComposer from 'nodemailer/lib/mail-composer'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { callLine, emailLine } from '../../scripts/convert-data.ts'
import { bareMessageId } from './changes.ts'
import { type Desk, openDesk } from './tests/desk.ts'

let desk: Desk
beforeAll(async () => {
  desk = await openDesk()
})
afterAll(() => desk.close())
beforeEach(() => {
  desk.arrived.length = 0
})

const NDJSON = 'application/x-ndjson'
const lines = (...rows: (object | string)[]) =>
  rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n')

test('a WebVTT file is a call, with what the query says of it', async () => {
  const vtt =
    'WEBVTT\n\n00:00.000 --> 00:05.000\n<v Rea Rep>Hello Cora.\n\n00:05.000 --> x\nlost\n\n00:06.000 --> 11:06.500\n<v Cora>We have a budget.\n'
  const query =
    '?id=vtt1&title=Kick-off&startedAt=2026-05-01T08:00:00Z&company=rea%20rep&direction=outbound'
  const { body } = await desk.upload('text/vtt', vtt, query)
  expect(body).toMatchObject({ accepted: 1, rejectedCount: 1, rejected: [{ line: 6 }] })
  const call = (await desk.send('GET', '/v1/calls/vtt1')).body
  expect(call).toMatchObject({
    ...{
      title: 'Kick-off',
      durationSeconds: 666.5,
      direction: 'outbound',
      startedAt: '2026-05-01T08:00:00.000Z',
    },
    parties: [
      { name: 'Rea Rep', affiliation: 'company' },
      { name: 'Cora', affiliation: 'customer' },
    ],
  })
  expect(desk.arrived).toMatchObject([{ companyWords: 2, customerWords: 4 }])
  const wrong = await desk.upload('text/vtt', vtt, '?direction=sideways')
  expect(wrong.body).toMatchObject({
    accepted: 0,
    rejected: [{ error: expect.stringMatching(/direction/) }, { line: 6 }],
  })
  expect((await desk.upload('text/vtt', 'WEBVTT')).body).toMatchObject({
    accepted: 0,
    rejectedCount: 1,
  })
  expect((await desk.upload('text/vtt', 'no cues')).body).toMatchObject({
    accepted: 0,
    rejectedCount: 1,
  })
  expect((await desk.upload('text/vtt', Buffer.from([0xff, 0xfe]))).body.rejected[0].error).toMatch(
    /UTF-8/,
  )
  const nested = `WEBVTT\n\n00:00.000 --> 00:05.000\n${'<b>'.repeat(50_000)}x\n`
  expect((await desk.upload('text/vtt', nested)).status).toBe(200)
})

test('an mbox and an eml are the emails in them; what is none is told', async () => {
  const eml = (id: string) =>
    `From: a@b.test\nTo: c@d.test\nDate: Mon, 15 Jun 2026 12:00:00 +0200\nMessage-ID: <${id}>\nSubject: ${id}\n\nFrom here on\n`
  const from = 'From a@b.test Mon Jun 15 12:00:00 2026\n'
  const mbox = `${from}${eml('one@b.test')}\n${from}no headers\n\n${from}${eml('two@b.test')}`
  const { body } = await desk.upload('application/mbox', mbox)
  expect(body).toMatchObject({ accepted: 2, rejectedCount: 1, rejected: [{ line: 10 }] })
  const again = await desk.upload('message/rfc822', eml('one@b.test'))
  expect(again.body).toMatchObject({ accepted: 1, rejectedCount: 0 })
  expect(desk.arrived.map(({ title }) => title)).toEqual(['one@b.test', 'two@b.test'])
  expect((await desk.upload('message/rfc822', '\x00\xff')).body).toMatchObject({
    accepted: 0,
    rejectedCount: 1,
  })
  expect((await desk.upload('application/mbox', 'hello\n')).body).toMatchObject({
    accepted: 0,
    rejectedCount: 1,
  })
})

describe('the conversations and emails of the examples', () => {
  const rowsOf = (name: string) =>
    readFileSync(new URL(`../../examples/data/${name}`, import.meta.url), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  const emails = rowsOf('emails.jsonl')
  /** A message as mail programs write it: headers folded and encoded, the text wrapped and quoted-printable. */
  const raw = (row: (typeof emails)[number]): Promise<Buffer> =>
    new MailComposer({
      ...{ messageId: row.message_id, date: row.sent_at, subject: row.subject, text: row.body },
      from: { name: row.from.name, address: row.from.email },
      to: row.to.map(({ name, email }: Record<string, string>) => ({ name, address: email })),
    })
      .compile()
      .build()
  const emailOf = async (messageId: string) => {
    const { rows } = await desk.database.asOwner(
      'select id, title, body from item join item_content c on c.company_id = item.company_id and c.item_no = no where message_id = $1',
      [bareMessageId(messageId)],
    )
    return rows[0]
  }
  const plain = (text: string) => text.replace(/\s+/g, ' ').trim()

  test('come in as ndjson, each as it is', async () => {
    const rows = [...rowsOf('calls.jsonl').map(callLine), ...emails.map(emailLine)]
    const { body } = await desk.upload(NDJSON, lines(...rows.filter((row) => row !== undefined)))
    expect(body.rejected).toEqual([])
    expect(body.accepted).toBe(400)
    const call = rows[0] as ReturnType<typeof callLine>
    const kept = (await desk.send('GET', `/v1/calls/${encodeURIComponent(call.id)}`)).body
    expect(kept.transcript).toEqual(call.transcript)
  })

  test('raw messages become the emails they are', async () => {
    for (const row of emails.slice(0, 40)) {
      const messageId = row.message_id.replace('<', '<raw-')
      const message = await raw({ ...row, message_id: messageId })
      expect((await desk.upload('message/rfc822', message)).body).toMatchObject({ accepted: 1 })
      const kept = await emailOf(messageId)
      expect(kept.title).toBe(row.subject)
      expect(plain(kept.body)).toBe(plain(row.body))
    }
  })

  test('an mbox brings each of its messages once', async () => {
    const named = emails
      .slice(0, 40)
      .map((row) => ({ ...row, message_id: row.message_id.replace('<', '<box-') }))
    const messages = await Promise.all(named.map(raw))
    const quoted = messages.map((message) => message.toString().replace(/^(>*From )/gm, '>$1'))
    const mbox = quoted.map((message) => `From a@b.test Mon Jun 15 12:00:00 2026\n${message}\n`)
    for (let time = 1; time <= 2; time++) {
      const { body } = await desk.upload('application/mbox', Buffer.from(mbox.join('')))
      expect([body.accepted, body.rejected]).toEqual([40, []])
    }
    const last = named.at(-1)!
    expect(plain((await emailOf(last.message_id)).body)).toBe(plain(last.body))
  })
})
