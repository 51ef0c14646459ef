import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { callLine, emailLine } from '../../scripts/convert-data.ts'
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

const folder = process.env.SLUICE_DATA
describe.skipIf(!folder)('the public data', () => {
  const rowsOf = (name: string, count: number) =>
    readFileSync(join(folder!, name), 'utf8')
      .split('\n')
      .slice(0, count)
      .map((line) => JSON.parse(line))

  test('100 calls and 300 emails', async () => {
    const rows = [
      ...rowsOf('calls.jsonl', 100).map(callLine),
      ...rowsOf('emails.jsonl', 300).map(emailLine),
    ]
    const { body } = await desk.upload(NDJSON, lines(...rows.filter((row) => row !== undefined)))
    expect(body.rejected).toEqual([])
    expect(body.accepted).toBe(400)
    const call = rows[0] as ReturnType<typeof callLine>
    const kept = (await desk.send('GET', `/v1/calls/${encodeURIComponent(call.id)}`)).body
    expect(kept.transcript).toEqual(call.transcript)
  })

  test('raw messages become the emails they are', async () => {
    const emails = new Map(rowsOf('emails.jsonl', 1763).map((row) => [row.id, row]))
    const names = readdirSync(join(folder!, 'eml'))
    const faults: string[] = []
    for (const name of names) {
      const { body } = await desk.upload('message/rfc822', readFileSync(join(folder!, 'eml', name)))
      if (body.accepted !== 1) faults.push(`${name}: ${body.rejected[0].error}`)
    }
    expect(faults).toEqual([])
    const first = emails.get(names[0]!.replace('.eml', ''))
    const { rows } = await desk.database.asOwner(
      'select id, title, body from item join item_content c on c.company_id = item.company_id and c.item_no = no where message_id = $1',
      [first.message_id],
    )
    expect(rows[0].title).toBe(first.subject)
    const plain = (text: string) => text.replace(/\s+/g, ' ').trim()
    expect(plain(rows[0].body)).toBe(plain(first.body))
  })

  test('an mbox brings each of its messages once', async () => {
    const mbox = readFileSync(join(folder!, 'sample.mbox'))
    const { body } = await desk.upload('application/mbox', mbox)
    expect([body.accepted, body.rejected]).toEqual([40, []])
  })
})
