import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { countItems, itemFacts, pricedAs, readContentsOf, readItems } from './service/read-items.ts'
import { aCall, anEmail, type Desk, openDesk } from './tests/desk.ts'

let desk: Desk
beforeAll(async () => {
  desk = await openDesk()
})
afterAll(() => desk.close())
beforeEach(() => {
  desk.arrived.length = 0
  desk.removed.length = 0
})

test('a new call arrives once; put again it changes its data and nothing else', async () => {
  const made = await desk.send('POST', '/v1/calls', aCall('c1', { durationSeconds: 3 }))
  expect(made.status).toBe(201)
  expect(made.body).toMatchObject({ id: 'c1', created: true, durationSeconds: 20, accountId: null })
  expect(desk.arrived).toMatchObject([
    { id: 'c1', type: 'call', companyWords: 4, customerWords: 5, durationSeconds: 20 },
  ])
  const changed = aCall('c1', {
    title: 'New',
    transcript: [{ partyId: 'cust', text: 'Only this.' }],
  })
  const again = await desk.send('POST', '/v1/calls', changed)
  expect([again.status, again.body.created]).toEqual([200, false])
  expect(desk.arrived).toHaveLength(1)
  const { body } = await desk.send('GET', '/v1/calls/c1')
  expect(body).toMatchObject({
    title: 'New',
    durationSeconds: 700,
    transcript: [{ text: 'Only this.' }],
  })
  expect(body.parties[0].email).toBe('rea@ourside.test')
})

test('a call without transcript waits, and arrives with it', async () => {
  const waiting = await desk.send('POST', '/v1/calls', aCall('late', { transcript: undefined }))
  expect(waiting.body.arrivedAt).toBeNull()
  expect(desk.arrived).toEqual([])
  desk.clock.set('2026-06-15T13:00:00Z')
  const come = await desk.send('PATCH', '/v1/calls/late', { transcript: aCall('x').transcript })
  expect(come.body.arrivedAt).toBe('2026-06-15T13:00:00.000Z')
  expect(desk.arrived).toMatchObject([{ id: 'late' }])
  const kept = await desk.send(
    'POST',
    '/v1/calls',
    aCall('late', { transcript: undefined, title: 'T' }),
  )
  expect(kept.body.durationSeconds).toBe(700)
  expect((await desk.send('GET', '/v1/calls/late')).body.transcript).toHaveLength(2)
  expect(desk.arrived).toHaveLength(1)
})

test('history starts nothing, and what waits stays history', async () => {
  await desk.send('POST', '/v1/calls', aCall('h1', { history: true }))
  await desk.send('POST', '/v1/calls', aCall('h2', { history: true, transcript: undefined }))
  await desk.send('POST', '/v1/calls', aCall('h2'))
  expect(desk.arrived).toEqual([])
  expect((await desk.send('GET', '/v1/calls/h2')).body).toMatchObject({
    history: true,
    hasTranscript: true,
  })
})

test('a known message id is the same email, whatever its id', async () => {
  await desk.send('POST', '/v1/emails', anEmail('e1'))
  const twin = await desk.send(
    'POST',
    '/v1/emails',
    anEmail('other', { messageId: 'e1@customer.test', subject: 'Changed' }),
  )
  expect([twin.status, twin.body.id]).toEqual([200, 'e1'])
  expect((await desk.send('GET', '/v1/emails/e1')).body.subject).toBe('Changed')
  expect((await desk.send('GET', '/v1/emails/other')).status).toBe(404)
  await desk.send('POST', '/v1/emails', anEmail('e2'))
  const torn = await desk.send(
    'POST',
    '/v1/emails',
    anEmail('e2', { messageId: 'e1@customer.test' }),
  )
  expect([torn.status, torn.body.code]).toEqual([409, 'conflict'])
  expect(desk.arrived.map(({ id }) => id)).toEqual(['e1', 'e2'])
})

test('the same id a hundred times at once is one item and one arrival', async () => {
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => desk.send('POST', '/v1/emails', anEmail('raced'))),
  )
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(99)
  expect(desk.arrived).toHaveLength(1)
})

test('numbers of arrival are given out in order and never twice', async () => {
  await Promise.all(
    Array.from({ length: 40 }, (_, i) => desk.send('POST', '/v1/emails', anEmail(`o${i}`))),
  )
  const nos = desk.arrived.map(({ arrivalNo }) => arrivalNo)
  expect([...nos].sort((a, b) => Number(a - b))).toEqual(nos)
  expect(new Set(nos).size).toBe(40)
})

test('an email has the side of its sender: members and their domains are the company', async () => {
  await desk.member('rea')
  await desk.database.asOwner(
    `update company set settings = '{"emailDomains": ["Sister.test"]}' where id = 1`,
  )
  await desk.database.asOwner(
    `insert into member (company_id, id, name, email, role, created_at) values (1, 'gm', 'G', 'g@gmail.com', 'member', now())`,
  )
  const sides = async (from: string, to = 'cora@customer.test') => {
    const id = `side-${from}-${to}`
    await desk.send(
      'POST',
      '/v1/emails',
      anEmail(id, { from: { email: from }, to: [{ email: to }] }),
    )
    const { body } = await desk.send('GET', `/v1/emails/${id}`)
    return [body.from.affiliation, body.direction, body.scope]
  }
  expect(await sides('someone@ourside.test')).toEqual(['company', 'outbound', 'external'])
  expect(await sides('x@sister.test', 'rea@ourside.test')).toEqual([
    'company',
    'outbound',
    'internal',
  ])
  expect(await sides('cora@customer.test')).toEqual(['customer', 'inbound', 'external'])
  expect(await sides('g@gmail.com')).toEqual(['company', 'outbound', 'external'])
  expect(await sides('stranger@gmail.com')).toEqual(['customer', 'inbound', 'external'])
  expect(desk.arrived[0]).toMatchObject({ companyWords: 5, customerWords: 0 })
})

test('faults are told by their path', async () => {
  const paths = async (type: string, body: object) =>
    (await desk.send('POST', `/v1/${type}`, body)).body.errors?.map(
      ({ path }: { path: string }) => path,
    )
  expect(await paths('calls', aCall('f', { durationSeconds: -1 }))).toEqual(['durationSeconds'])
  expect(await paths('calls', aCall('f', { title: 'a\0b' }))).toEqual(['title'])
  expect(await paths('calls', aCall('f', { startedAt: 'yesterday' }))).toEqual(['startedAt'])
  expect(await paths('calls', aCall('f', { parties: [] }))).toEqual(['transcript.0.partyId'])
  expect(
    await paths('calls', aCall('f', { transcript: [{ partyId: 'cust', text: '\ud800' }] })),
  ).toEqual(['transcript.0.text'])
  expect(
    await paths(
      'calls',
      aCall('f', { transcript: [{ partyId: 'cust', startSeconds: 3, endSeconds: 2, text: '' }] }),
    ),
  ).toEqual(['transcript.0.endSeconds'])
  expect(await paths('calls', aCall('f', { parties: [{ id: 'a', affiliation: 'us' }] }))).toEqual([
    'parties.0.affiliation',
  ])
  expect(await paths('calls', aCall('f', { accountId: 'none' }))).toEqual(['accountId'])
  expect(await paths('emails', anEmail('f', { from: { email: 'nobody' } }))).toEqual(['from.email'])
  expect(await paths('emails', anEmail('f', { to: undefined }))).toEqual(['to'])
  expect((await desk.send('GET', '/v1/calls/f')).status).toBe(404)
  expect((await desk.send('PATCH', '/v1/calls/none', { title: 'x' })).status).toBe(404)
  const speaker = await desk.send('PATCH', '/v1/calls/c1', { parties: [] })
  expect(speaker.body.errors[0].path).toBe('parties')
})

test('text is kept as it came: marks, emoji, both forms of a letter', async () => {
  const body = '\u202Eabc\u200B e\u0301 é 👩‍👩‍👧 İi \uFEFF =1+1 <script> {{7*7}} %0d%0a'
  await desk.send('POST', '/v1/emails', anEmail('odd', { body, subject: '=cmd|x "\';' }))
  expect((await desk.send('GET', '/v1/emails/odd')).body).toMatchObject({
    body,
    subject: '=cmd|x "\';',
  })
})

test('lists go newest first, page by page, while more comes in', async () => {
  for (let i = 0; i < 5; i += 1) {
    await desk.send(
      'POST',
      '/v1/calls',
      aCall(`l${i}`, { startedAt: `2020-01-0${i + 1}T00:00:00Z` }),
    )
  }
  const query = 'from=2020-01-01T00:00:00Z&to=2020-01-05T00:00:00Z&limit=2'
  const first = await desk.send('GET', `/v1/calls?${query}`)
  expect(first.body.data.map(({ id }: { id: string }) => id)).toEqual(['l3', 'l2'])
  await desk.send('POST', '/v1/calls', aCall('l9', { startedAt: '2020-01-04T12:00:00Z' }))
  const second = await desk.send('GET', `/v1/calls?${query}&cursor=${first.body.nextCursor}`)
  expect(second.body.data.map(({ id }: { id: string }) => id)).toEqual(['l1', 'l0'])
  expect(second.body.nextCursor).toBeNull()
  expect((await desk.send('GET', '/v1/calls?cursor=nonsense')).status).toBe(400)
})

test('a deleted call is gone, told to the others, and comes back under its number', async () => {
  await desk.send('POST', '/v1/calls', aCall('gone'))
  expect((await desk.send('DELETE', '/v1/calls/gone')).status).toBe(204)
  expect(desk.removed).toMatchObject([{ as: 'deleted', items: [{ type: 'call', id: 'gone' }] }])
  expect((await desk.send('GET', '/v1/calls/gone')).status).toBe(404)
  expect((await desk.send('DELETE', '/v1/calls/gone')).status).toBe(404)
  const [before] = desk.arrived
  expect((await desk.send('POST', '/v1/calls', aCall('gone'))).status).toBe(201)
  expect(desk.arrived[1]!.no).toBe(before!.no)
  expect(desk.arrived[1]!.arrivalNo).toBeGreaterThan(before!.arrivalNo)
})

test('another company sees nothing of it', async () => {
  const other = { ...desk.key, companyNo: 2, companyId: 'co_2' }
  expect((await desk.send('GET', '/v1/calls/c1', undefined, other)).status).toBe(404)
  expect((await desk.send('GET', '/v1/emails', undefined, other)).body.data).toEqual([])
  expect((await desk.send('POST', '/v1/calls', aCall('c1'), other)).status).toBe(201)
})

test('features read what has arrived and is not private, by every filter', async () => {
  const tag = 'q'
  await desk.send('POST', '/v1/accounts', { id: 'qa', name: 'Q', domains: ['q.test'] })
  const call = (id: string, rest: object) =>
    desk.send(
      'POST',
      '/v1/calls',
      aCall(`${tag}-${id}`, { startedAt: '2019-05-05T00:00:00Z', accountId: 'qa', ...rest }),
    )
  await call('short', { durationSeconds: 600, direction: 'inbound' })
  await call('long', { durationSeconds: 600.4, direction: 'outbound' })
  await call('private', { private: true })
  await call('waiting', { transcript: undefined })
  await call('silent', { transcript: [{ partyId: 'rep', text: '[laughter]' }] })
  await desk.send(
    'POST',
    '/v1/emails',
    anEmail('q-mail', {
      from: { email: 'a@q.test' },
      sentAt: '2019-05-06T00:00:00Z',
      folders: ['Sent'],
    }),
  )
  await desk.inCompany(async (tx) => {
    const ids = async (query: Parameters<typeof readItems>[2]) =>
      (await readItems(tx, 1, { accountIds: ['qa'], ...query }, { limit: 50 }))
        .map(({ id }) => id.slice(2))
        .sort()
    expect(await ids({})).toEqual(['long', 'mail', 'short', 'silent'])
    expect(await ids({ side: 'anyone' })).toEqual(['long', 'mail', 'short'])
    expect(await ids({ side: 'company', types: ['call'] })).toEqual(['long', 'short'])
    expect(await ids({ direction: ['outbound'] })).toEqual(['long'])
    expect(await ids({ minDurationSeconds: 600.1 })).toEqual(['long', 'mail', 'silent'])
    expect(await ids({ folders: ['Sent'], types: ['email'] })).toEqual(['mail'])
    expect(await ids({ folders: ['Other'] })).toEqual(['long', 'short', 'silent'])
    expect(await ids({ to: new Date('2019-05-06T00:00:00Z') })).toEqual(['long', 'short', 'silent'])
    expect(await ids({ memberIds: ['rea'], side: 'customer' })).toEqual(['long', 'mail', 'short'])
    expect(await ids({ memberIds: ['gm'] })).toEqual([])
    expect(
      await ids({
        ids: [
          { type: 'call', id: 'q-long' },
          { type: 'email', id: 'q-long' },
        ],
      }),
    ).toEqual(['long'])
    expect(await ids({ entity: { type: 'account', id: 'qa' }, types: ['email'] })).toEqual(['mail'])
    const count = await countItems(tx, 1, { accountIds: ['qa'], side: 'anyone' })
    expect(count).toEqual({ callsShort: 1, callsLong: 1, emails: 1 })
    const [mail] = await readItems(tx, 1, { accountIds: ['qa'] }, { limit: 1 })
    expect((await readContentsOf(tx, 1, [mail!.no])).get(mail!.no)).toEqual({
      body: 'Yes, we have a budget.',
    })
    const facts = await itemFacts(tx, 1, [mail!.no, 999_999n])
    expect(facts.map(pricedAs)).toEqual([{ type: 'email', id: String(mail!.no) }])
    const next = await readItems(
      tx,
      1,
      { accountIds: ['qa'] },
      { limit: 1, after: mail, order: 'newest' },
    )
    expect(next[0]!.type).toBe('call')
    const arrivals = await readItems(tx, 1, { afterArrival: 0n }, { limit: 5, order: 'arrival' })
    const nos = arrivals.map(({ arrivalNo }) => arrivalNo!)
    expect(nos.every((no, i) => i === 0 || no > nos[i - 1]!)).toBe(true)
  })
})
