import { Readable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aCall, anEmail, type Desk, openDesk } from './tests/desk.ts'

// Files that are broken or meant to break something: each is told with its line, and the good ones are in.

let desk: Desk
beforeAll(async () => {
  desk = await openDesk()
})
afterAll(() => desk?.close())

const NDJSON = 'application/x-ndjson'
const EML = 'message/rfc822'
const head = (id: string) =>
  `From: a@b.test\nTo: c@d.test\nDate: Mon, 15 Jun 2026 12:00:00 +0200\nMessage-ID: <${id}>\nSubject: ${id}\n`

test('what is cut in the middle loses its end and nothing else', async () => {
  const whole = [1, 2, 3].map((i) => JSON.stringify({ kind: 'email', ...anEmail(`cut${i}`) }))
  const cut = whole.join('\n').slice(0, -20)
  expect((await desk.upload(NDJSON, cut)).body).toMatchObject({
    ...{ accepted: 2, rejectedCount: 1, rejected: [{ line: 3, error: 'is not JSON' }] },
  })
  const parts = `${head('cut-parts')}Content-Type: multipart/mixed; boundary="x"\n\n--x\n\none\n--x\n\ntw`
  expect((await desk.upload(EML, parts)).body.rejected[0].error).toMatch(/cut off/)
  const mbox = `From a Mon Jun 15 12:00:00 2026\n${head('whole@x')}\nhi\n\nFrom a Mon Jun 15 12:00:00 2026\nSubj`
  expect((await desk.upload('application/mbox', mbox)).body).toMatchObject({
    ...{ accepted: 1, rejectedCount: 1, rejected: [{ line: 10 }] },
  })
  const srt = '1\n00:00:01,000 --> 00:00:02,000\nKept.\n\n2\n00:00:03,000 --> 00:0'
  expect((await desk.upload('application/x-subrip', srt)).body).toMatchObject({
    ...{ accepted: 1, rejectedCount: 1, rejected: [{ line: 6 }] },
  })
})

test('charsets that are named wrongly or not at all do no harm', async () => {
  const latin = Buffer.from(`${head('latin')}\ncaf\xe9 au lait\n`, 'latin1')
  const wrong = Buffer.from(
    `${head('wrong')}Content-Type: text/plain; charset=no-such-charset\n\ncaf\xe9\n`,
    'latin1',
  )
  const utf7 = `${head('utf7')}Content-Type: text/plain; charset=utf-7\n\nHi +AOk-\n`
  for (const body of [latin, wrong, Buffer.from(utf7)]) {
    expect((await desk.upload(EML, body)).body).toMatchObject({ accepted: 1, rejectedCount: 0 })
  }
  const utf16 = Buffer.from(JSON.stringify({ kind: 'email', ...anEmail('u16') }), 'utf16le')
  const body = Buffer.concat([
    Buffer.from('\xff\xfe', 'latin1'),
    utf16,
    Buffer.from(`\n${JSON.stringify({ kind: 'email', ...anEmail('behind') })}`),
  ])
  expect((await desk.upload(NDJSON, body)).body).toMatchObject({
    ...{ accepted: 1, rejected: [{ line: 1, error: 'is not UTF-8' }] },
  })
})

test('a line, a header or a cell without end is rejected alone', async () => {
  const good = (id: string) => JSON.stringify({ kind: 'email', ...anEmail(id) })
  const gigantic = `{"kind":"email","body":"${'x'.repeat(11 * 1024 * 1024)}"}`
  const begun = await desk.upload(NDJSON, `${good('g1')}\n${gigantic}\n${good('g2')}\n`)
  await expect
    .poll(async () => (await status(begun.body.id)).status, { timeout: 30_000 })
    .toBe('done')
  expect(await status(begun.body.id)).toMatchObject({
    ...{ accepted: 2, rejected: [{ line: 2, error: 'is longer than 10 MB' }] },
  })
  const header = `${head('h').replace('Subject: h', `Subject: ${'y'.repeat(5_000_000)}`)}\nhi\n`
  const { body } = await desk.upload(EML, header)
  expect(body.accepted + body.rejectedCount).toBe(1)
  const cell = `id,name\nX1,"${'z\n'.repeat(2_000)}\nX2,Fine\n`
  const csv = (await desk.upload('text/csv', cell, '?kind=lead')).body
  expect(csv.rejected[0]).toMatchObject({ line: 2, error: expect.stringMatching(/quote/) })
  expect((await desk.send('GET', '/v1/leads/X2')).body.name).toBe('Fine')
})

test('parts within parts without end are no way to use up memory or time', async () => {
  let nested = 'deep down\n'
  for (let i = 0; i < 3_000; i += 1) {
    nested = `Content-Type: multipart/mixed; boundary="b${i}"\n\n--b${i}\n${nested}\n--b${i}--\n`
  }
  const wide = `Content-Type: multipart/mixed; boundary="w"\n\n${'--w\n\nx\n'.repeat(50_000)}--w--\n`
  let attached = 'x\n'
  for (let i = 0; i < 500; i += 1)
    attached = `Content-Type: message/rfc822\n\n${head(`m${i}`)}${attached}`
  const reasons: [string, RegExp | undefined][] = [
    [nested, /nesting depth/],
    [wide, /too many parts/],
    [attached, undefined],
  ]
  for (const [i, [body, reason]] of reasons.entries()) {
    const { status, body: answer } = await desk.upload(EML, `${head(`bomb${i}`)}${body}`)
    expect([status, answer.accepted + answer.rejectedCount]).toEqual([200, 1])
    if (reason) expect(answer.rejected[0].error).toMatch(reason)
  }
  expect((await desk.upload(EML, `${head('after')}\nstill here\n`)).body.accepted).toBe(1)
})

test('names that lead elsewhere or turn the text round are names and nothing more', async () => {
  const names = [
    '../../etc/passwd',
    'a\u202Egnp.exe',
    '<img src=x onerror=alert(1)>',
    "'; drop table item; --",
  ]
  for (const [i, name] of names.entries()) {
    const parties = [{ id: 'a', name, affiliation: 'customer' }]
    const call = aCall(`../${name}`, {
      title: name,
      parties,
      transcript: [{ partyId: 'a', text: name }],
    })
    const { body } = await desk.upload(NDJSON, JSON.stringify({ kind: 'call', ...call }))
    expect(body.accepted, name).toBe(1)
    const read = await desk.send('GET', `/v1/calls/${encodeURIComponent(`../${name}`)}`)
    expect(read.body).toMatchObject({ title: name, parties: [{ name }] })
    const eml = `${head(`n${i}@x`)}Content-Type: text/plain; name="${name}"\n\nhi\n`
    expect((await desk.upload(EML, eml)).body.accepted).toBe(1)
  }
  const nul = JSON.stringify({ kind: 'call', ...aCall('nul', { title: 'a\0b' }) })
  const half = `{"kind":"call","id":"half","title":"\\ud800","durationSeconds":1,"parties":[]}`
  expect((await desk.upload(NDJSON, `${nul}\n${half}`)).body).toMatchObject({
    ...{ accepted: 0, rejectedCount: 2 },
  })
  const title = await desk.upload(
    'text/vtt',
    'WEBVTT\n\n00:00.000 --> 00:01.000\nx',
    '?title=a%00b',
  )
  expect(title.status).toBe(400)
})

test('every rejected line can be read, page by page', async () => {
  const bad = Array.from({ length: 2_500 }, () => 'nonsense')
  const { body } = await desk.upload(NDJSON, bad.join('\n'))
  expect([body.rejectedCount, body.rejected.length]).toEqual([2_500, 1_000])
  const lines: number[] = []
  for (let cursor = ''; ; ) {
    const page = (await desk.send('GET', `/v1/imports/${body.id}/rejected?limit=1000${cursor}`))
      .body
    lines.push(...page.data.map((one: { line: number }) => one.line))
    if (page.nextCursor === null) break
    cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`
  }
  expect(lines).toEqual(bad.map((_, i) => i + 1))
  const dry = await desk.upload(NDJSON, 'nonsense', '?dryRun=true')
  const kept = await desk.send('GET', `/v1/imports/${dry.body.id}/rejected`)
  expect(kept.body.data).toEqual([{ line: 1, error: 'is not JSON' }])
  expect((await desk.send('GET', '/v1/imports/none/rejected')).status).toBe(404)
})

test('a long stream is taken in little memory', async () => {
  const MEGABYTES = 60
  const lineOf = (i: number) =>
    `${JSON.stringify({ kind: 'email', ...anEmail(`s${i}`, { body: 'All work. '.repeat(40_000) }) })}\n`
  const times = Math.ceil((MEGABYTES * 2 ** 20) / lineOf(0).length)
  const pieces = Readable.from(
    (function* () {
      for (let i = 0; i < times; i += 1) yield Buffer.from(lineOf(i))
    })(),
    { objectMode: false },
  )
  const before = heldBytes()
  const asked = { history: true, dryRun: false, private: false }
  const body = { format: 'ndjson' as const, stream: pieces, asked, key: '' }
  const { taken } = await desk.importer.take(desk.database.db, desk.key, body)
  let most = heldBytes()
  const look = async () => {
    most = Math.max(most, heldBytes())
    return (await status(taken.id)).status
  }
  await expect.poll(look, { timeout: 80_000 }).toBe('done')
  expect(await status(taken.id)).toMatchObject({ accepted: times, rejectedCount: 0 })
  // A batch and the next one, several times over on their way through text and JSON; never the whole.
  expect((most - before) / 2 ** 20).toBeLessThan(MEGABYTES * 0.8)
}, 90_000)

/** What is held once everything that can go is gone. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

async function status(id: string) {
  return (await desk.send('GET', `/v1/imports/${id}`)).body
}
