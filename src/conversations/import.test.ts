import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { aCall, anEmail, type Desk, openDesk } from './tests/desk.ts'

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

test('every kind of line comes in, whatever its order in the batch', async () => {
  const { status, body } = await desk.upload(
    NDJSON,
    lines(
      { kind: 'call', ...aCall('k1', { accountId: 'acc' }) },
      { kind: 'email', ...anEmail('k2', { dealId: 'deal' }) },
      { kind: 'deal', id: 'deal', name: 'D', accountId: 'acc' },
      { kind: 'contact', name: 'C', email: 'cora@customer.test', accountId: 'acc' },
      { kind: 'lead', name: 'L', email: 'l@customer.test' },
      { kind: 'account', id: 'acc', name: 'A', domains: ['customer.test'] },
      { kind: 'member', id: 'rea', name: 'Rea', email: 'rea@ourside.test' },
    ),
  )
  expect([status, body.status, body.accepted, body.rejected]).toEqual([200, 'done', 7, []])
  expect((await desk.send('GET', '/v1/calls/k1')).body).toMatchObject({
    accountId: 'acc',
    dealId: 'deal',
  })
  expect((await desk.send('GET', '/v1/emails/k2')).body).toMatchObject({
    accountId: 'acc',
    scope: 'external',
  })
  expect(desk.arrived.map(({ id }) => id)).toEqual(['k1', 'k2'])
})

test('bad lines never stop good ones, and each is told with its line', async () => {
  const bad: [object | string | Buffer, RegExp][] = [
    ['{"kind":"call"', /JSON/],
    ['null', /object/],
    ['[1]', /object/],
    ['"x"', /object/],
    [{ kind: 'planet' }, /kind/],
    [{ id: 'x' }, /kind/],
    ['{"kind":"__proto__"}', /kind/],
    ['{"kind":"email","__proto__":{"a":1}}', /sentAt|from|to/],
    [
      lines({ kind: 'call', ...aCall('b', { durationSeconds: 77 }) }).replace('77', '1e400'),
      /durationSeconds/,
    ],
    [{ kind: 'call', ...aCall('b', { durationSeconds: '5' }) }, /durationSeconds/],
    [{ kind: 'call', ...aCall('b', { title: 'x\0y' }) }, /title/],
    [{ kind: 'call', ...aCall('b', { accountId: 'no-such' }) }, /accountId/],
    [
      {
        kind: 'call',
        ...aCall('b', {
          parties: [
            { id: 'a', affiliation: 'company' },
            { id: 'a', affiliation: 'company' },
          ],
        }),
      },
      /parties\.1\.id/,
    ],
    [{ kind: 'email', ...anEmail('b', { body: undefined }) }, /body/],
    [{ kind: 'email', ...anEmail('b', { sentAt: '2026-13-01T00:00:00Z' }) }, /sentAt/],
    [{ kind: 'email', ...anEmail('b', { surprise: 1 }) }, /surprise/],
    [{ kind: 'deal', name: 'D', accountId: 'no-such' }, /accountId/],
    [Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), /UTF-8/],
    [`${'['.repeat(20_000)}`, /JSON/],
    [`{"kind":"email","body":${'['.repeat(9_000)}${']'.repeat(9_000)}}`, /body|sentAt|from|to/],
  ]
  const body = Buffer.concat(
    bad.flatMap(([row], i) => [
      Buffer.isBuffer(row) ? row : Buffer.from(lines(row)),
      Buffer.from(`\n\r\n${lines({ kind: 'email', ...anEmail(`good${i}`) })}\n`),
    ]),
  )
  const { body: answer } = await desk.upload(NDJSON, body)
  expect(answer).toMatchObject({
    accepted: bad.length,
    rejectedCount: bad.length,
    line: bad.length * 3,
  })
  for (const [i, [, reason]] of bad.entries()) {
    expect(answer.rejected[i]).toEqual({ line: i * 3 + 1, error: expect.stringMatching(reason) })
  }
})

test('a mark at the start, no line break at the end, nothing at all', async () => {
  const one = lines({ kind: 'email', ...anEmail('marked') })
  expect((await desk.upload(NDJSON, `\uFEFF${one}`)).body).toMatchObject({
    accepted: 1,
    rejectedCount: 0,
  })
  expect((await desk.upload(NDJSON, '')).status).toBeLessThan(500)
  expect((await desk.upload(NDJSON, '\n\n')).body).toMatchObject({ accepted: 0, rejectedCount: 0 })
  expect((await desk.upload('application/json', '{}')).status).toBe(400)
  expect((await desk.upload('application/pdf', 'x')).status).toBe(400)
})

test('an item that comes twice is one, in the order of the lines', async () => {
  const { body } = await desk.upload(
    NDJSON,
    lines(
      { kind: 'call', ...aCall('twice', { title: 'First' }) },
      { kind: 'call', ...aCall('twice', { title: 'Last' }) },
      { kind: 'email', ...anEmail('t1', { messageId: 'same' }) },
      { kind: 'email', ...anEmail('t2', { messageId: '<same>', subject: 'Last' }) },
    ),
  )
  expect(body).toMatchObject({ accepted: 4, rejectedCount: 0 })
  expect((await desk.send('GET', '/v1/calls/twice')).body.title).toBe('Last')
  expect((await desk.send('GET', '/v1/emails/t1')).body.subject).toBe('Last')
  expect(desk.arrived.map(({ id }) => id)).toEqual(['twice', 't1'])
})

test('a line without an id is the same thing when it comes again, in whatever file', async () => {
  const call = { kind: 'call', ...aCall('', { id: undefined }) }
  const member = { kind: 'member', name: 'Bo', email: 'bo@ourside.test', role: 'business_admin' }
  const all = [
    member,
    { kind: 'account', name: 'Nameless', domains: ['nameless.test'] },
    { kind: 'contact', name: 'N', email: 'n@nameless.test' },
    { kind: 'deal', name: 'N', accountId: 'acc' },
    { kind: 'lead', name: 'N', email: 'n@lead.test' },
    call,
    { kind: 'email', ...anEmail('', { id: undefined }) },
  ]
  const counts = async () => {
    const { rows } = await desk.database.asOwner(
      'select (select count(*) from item) + (select count(*) from entity) + (select count(*) from member) as n',
    )
    return Number(rows[0].n)
  }
  const before = await counts()
  expect((await desk.upload(NDJSON, lines(...all))).body).toMatchObject({ accepted: 7 })
  expect(await counts()).toBe(before + 7)
  const { transcript, ...rest } = call as Record<string, unknown>
  const again = lines('', { transcript, history: true, ...rest }, ...all)
  expect((await desk.upload(NDJSON, again)).body).toMatchObject({ accepted: 8, rejectedCount: 0 })
  expect(await counts()).toBe(before + 7)
  expect(desk.arrived).toHaveLength(2)
  const other = lines({ ...call, title: 'Another' }, { ...member, role: 'tech_admin' })
  expect((await desk.upload(NDJSON, other)).body).toMatchObject({
    accepted: 1,
    rejected: [{ line: 2, error: 'Another member has this email address.' }],
  })
  expect(await counts()).toBe(before + 8)
})

test('a dry run rejects the members that the import would reject', async () => {
  await desk.upload(NDJSON, lines({ kind: 'member', name: 'Cy', email: 'cy@ourside.test' }))
  const body = lines(
    { kind: 'member', name: 'Cy', email: 'CY@ourside.test' },
    { kind: 'member', name: 'Other', email: 'cy@ourside.test' },
    { kind: 'member', id: 'dora', name: 'Dora', email: 'dora@ourside.test' },
  )
  const dry = (await desk.upload(NDJSON, body, '?dryRun=true')).body
  expect(dry).toMatchObject({ accepted: 2, rejected: [{ line: 2 }] })
  const { rows } = await desk.database.asOwner(`select 1 from member where id = 'dora'`)
  expect(rows).toEqual([])
})

test('a refused change in a batch leaves the item as it was', async () => {
  await desk.upload(NDJSON, lines({ kind: 'email', ...anEmail('kept') }))
  await desk.upload(NDJSON, lines({ kind: 'email', ...anEmail('kept', { dealId: 'none' }) }))
  await desk.send('POST', '/v1/contacts', { name: 'C2', email: 'cora@customer.test' })
  const { rows } = await desk.database.asOwner(
    `select count(*) from item_address a join item i on i.company_id = a.company_id and i.no = a.item_no where i.id = 'kept'`,
  )
  expect(rows[0].count).toBe('2')
})

test('history starts nothing', async () => {
  await desk.upload(NDJSON, lines({ kind: 'email', ...anEmail('old') }), '?history=true')
  await desk.upload(NDJSON, lines({ kind: 'email', ...anEmail('old2', { history: true }) }))
  expect(desk.arrived).toEqual([])
  expect((await desk.send('GET', '/v1/emails/old')).body.history).toBe(true)
})

test('a dry run tells what would be charged and changes nothing', async () => {
  const body = lines(
    { kind: 'email', ...anEmail('dry1') },
    { kind: 'email', ...anEmail('dry1') },
    { kind: 'email', ...anEmail('marked') },
    { kind: 'email', ...anEmail('dry2', { history: true }) },
    { kind: 'account', id: 'dry', name: 'Dry' },
    'nonsense',
  )
  const { body: answer } = await desk.upload(NDJSON, body, '?dryRun=true')
  expect(answer).toMatchObject({
    ...{ accepted: 5, rejectedCount: 1, dryRun: true },
    charges: [{ trackerId: 't', name: 'T', items: 1, credits: 0.1 }],
  })
  expect((await desk.send('GET', '/v1/emails/dry1')).status).toBe(404)
  expect((await desk.send('GET', '/v1/accounts/dry')).status).toBe(404)
  expect(desk.arrived).toEqual([])
})

test('the same key brings the same body once', async () => {
  const body = lines({ kind: 'call', ...aCall('x', { id: undefined }) })
  const first = await desk.upload(NDJSON, body, '', 'key-1')
  const again = await desk.upload(NDJSON, body, '', 'key-1')
  expect(again.headers['idempotency-replayed']).toBe('true')
  expect(again.body).toEqual(first.body)
  expect(desk.arrived).toHaveLength(1)
  const other = await desk.upload(NDJSON, `${body}\n`, '', 'key-1')
  expect([other.status, other.body.code]).toEqual([409, 'idempotency-conflict'])
})

test('what the database cannot store is rejected alone', async () => {
  await desk.database.asOwner(`
    create function pick() returns trigger language plpgsql as $$ begin
      if new.title = 'unfit' then perform 1 / 0; end if; return new; end $$;
    create trigger pick before insert on item for each row execute function pick()`)
  const rows = Array.from({ length: 9 }, (_, i) => ({
    kind: 'email',
    ...anEmail(`s${i}`, i === 4 ? { subject: 'unfit' } : {}),
  }))
  // The member is in before the batch is halved, and is not told as a second one.
  const member = { kind: 'member', name: 'Di', email: 'di@ourside.test' }
  const { body } = await desk.upload(NDJSON, lines(member, ...rows))
  await desk.database.asOwner('drop trigger pick on item')
  expect(body).toMatchObject({ accepted: 9, rejectedCount: 1, rejected: [{ line: 6 }] })
})
