import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestCompany, type TestHouse, testHouse } from '../../tests/kit/house.ts'
import { readCsv } from './tests/csv.ts'

let house: TestHouse
beforeAll(async () => {
  house = await testHouse()
})
afterAll(() => house.close())

const founded = async (testClock: string, timezone = 'UTC') => {
  const company = await house.newCompany({ testClock, timezone })
  await company.post('/v1/credits/grants', {
    source: 'purchased',
    credits: 1000,
    reference: 'PO 7',
  })
  return company
}
const advance = (company: TestCompany, to: string) => company.post('/v1/test-clock/advance', { to })
const charge = (company: TestCompany, items: unknown[], more: Record<string, unknown> = {}) =>
  company.post('/v1/credits/charges', { items, feature: 'ask_anything', ...more })

test('use is shown by the company’s own days, weeks from Monday, with names', async () => {
  const company = await founded('2026-03-08T12:00:00Z', 'America/New_York')
  const instance = { id: 'tr_1', name: 'Budget tracker' }
  // Sunday 23:30 and Monday 00:30 in New York.
  await advance(company, '2026-03-09T03:30:00Z')
  await charge(
    company,
    [
      { type: 'call', durationSeconds: 700 },
      { type: 'email', quantity: 20 },
    ],
    { instance },
  )
  await advance(company, '2026-03-09T04:30:00Z')
  const second = await charge(company, [{ type: 'email', quantity: 5 }])
  const days = await company.get('/v1/credits/usage', { granularity: 'day', groupBy: 'instance' })
  const empty = { webSearches: 0, others: {} }
  expect(days.body.data).toEqual([
    {
      start: '2026-03-08T05:00:00.000Z',
      key: 'tr_1',
      name: 'Budget tracker',
      credits: 3,
      calls: 1,
      emails: 20,
      requests: 1,
      ...empty,
    },
    {
      start: '2026-03-09T04:00:00.000Z',
      key: null,
      name: null,
      credits: 0.5,
      calls: 0,
      emails: 5,
      requests: 1,
      ...empty,
    },
  ])
  const weeks = await company.get('/v1/credits/usage', { granularity: 'week' })
  expect(weeks.body.data.map((row: { start: string }) => row.start)).toEqual([
    '2026-03-02T05:00:00.000Z',
    '2026-03-09T04:00:00.000Z',
  ])
  const types = await company.get('/v1/credits/usage', {
    granularity: 'month',
    groupBy: 'itemType',
  })
  expect(
    types.body.data.map((row: { key: string; credits: number; requests: number }) => [
      row.key,
      row.credits,
      row.requests,
    ]),
  ).toEqual([
    ['call_long', 1, 1],
    ['email', 2.5, 1],
  ])
  const named = await company.get('/v1/credits/usage', { groupBy: 'integration' })
  expect(named.body.data[0]).toMatchObject({ key: company.keyId, name: 'First key' })
  await company.post(`/v1/credits/charges/${second.body.id}/refund`, { reason: 'wrong' })
  const monday = await company.get('/v1/credits/usage', { from: '2026-03-09', to: '2026-03-10' })
  expect(monday.body.data).toMatchObject([{ credits: 0, emails: 0, requests: 1 }])
  const bad = await company.get('/v1/credits/usage', { from: '2026-03-10', to: '2026-03-10' })
  expect(bad.body).toMatchObject({ status: 422, errors: [{ path: 'to' }] })
  expect((await company.get('/v1/credits/usage', { granularity: 'hour' })).status).toBe(400)
})

test('the reports have the columns of the specification', async () => {
  const company = await founded('2026-01-15T12:00:00Z')
  const instance = { id: 'tr_1', name: '=HYPERLINK("x")' }
  await charge(
    company,
    [
      { type: 'call', durationSeconds: 700 },
      { type: 'email', quantity: 20 },
    ],
    { instance, trigger: 'continuous' },
  )
  const undone = await charge(company, [{ type: 'email' }])
  await advance(company, '2026-01-17T12:00:00Z')
  await company.post(`/v1/credits/charges/${undone.body.id}/refund`, { reason: 'wrong' })
  const csv = async (name: string) =>
    readCsv((await company.get(`/v1/credits/reports/${name}`, { format: 'csv' })).text)
  expect(await csv('usage')).toEqual([
    [
      'Usage date',
      'Feature type',
      'Feature name',
      'Usage action',
      'Integration',
      'User ID',
      'Credits used',
      'Usage breakdown',
      '# of requests',
    ],
    [
      '2026-01-15',
      'ask_anything',
      '',
      'api',
      'First key',
      '',
      '0.1',
      'calls=0; emails=1; webSearches=0',
      '1',
    ],
    [
      '2026-01-15',
      'ask_anything',
      `'=HYPERLINK("x")`,
      'continuous',
      'First key',
      '',
      '3',
      'calls=1; emails=20; webSearches=0',
      '1',
    ],
    [
      '2026-01-17',
      'ask_anything',
      '',
      'refund',
      'First key',
      '',
      '-0.1',
      'calls=0; emails=-1; webSearches=0',
      '0',
    ],
  ])
  expect(await csv('balance')).toEqual([
    [
      'Date',
      'Opening balance',
      'Granted',
      'Consumed',
      'Refunded',
      'Expired',
      'Voided',
      'Closing balance',
      'Total',
      'Used %',
    ],
    ['2026-01-15', '0', '1000', '3.1', '0', '0', '0', '996.9', '1000', '0.3'],
    ['2026-01-16', '996.9', '0', '0', '0', '0', '0', '996.9', '1000', '0.3'],
    ['2026-01-17', '996.9', '0', '0', '0.1', '0', '0', '997', '1000', '0.3'],
  ])
  const [head, ...purchases] = await csv('purchases')
  expect(head).toEqual([
    'Purchase date',
    'Credit type',
    'Credits',
    'Start date',
    'Expiration date',
    'Remaining',
    'Reference',
    'Recorded by',
  ])
  expect(purchases).toEqual([
    [
      '2026-01-15',
      'purchased',
      '1000',
      '2026-01-15',
      '',
      '997',
      'PO 7',
      `integration:${company.keyId}`,
    ],
  ])
  expect(await csv('ledger')).toHaveLength(1 + 4)
  const some = await company.get('/v1/credits/reports/balance', {
    from: '2026-01-16',
    to: '2026-01-17',
  })
  expect(some.body.data.map((row: { date: string }) => row.date)).toEqual(['2026-01-16'])
  expect((await company.get('/v1/credits/reports/nothing')).status).toBe(400)
  const other = await house.newCompany()
  expect((await other.get('/v1/credits/reports/ledger')).body).toEqual({ data: [] })
})

test('a report tells of the moment it was asked for, while charges go on', async () => {
  const company = await house.newCompany()
  await company.post('/v1/credits/grants', { source: 'purchased', credits: 100_000 })
  const many = (from: number) => ({
    charges: Array.from({ length: 900 }, (_, i) => {
      return { idempotencyKey: `k${from + i}`, items: [{ type: 'email' }], feature: 'ask_anything' }
    }),
  })
  for (let n = 0; n < 5; n++) await company.post('/v1/credits/charges/batch', many(n * 1000))
  const reading = company.get('/v1/credits/reports/ledger')
  const [{ body }] = await Promise.all([
    reading,
    company.post('/v1/credits/charges/batch', many(9000)),
  ])
  const seqs = body.data.map((row: { seq: number }) => row.seq)
  expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, i) => i + 1))
  expect([4501, 5401]).toContain(seqs.length)
})

test('members see their own use, and no more', async () => {
  const company = await founded('2026-02-01T09:00:00Z')
  const member = { name: 'Ann', email: 'ann@example.com', role: 'member' }
  const memberId = (await company.post('/v1/members', member)).body.id
  await charge(company, [{ type: 'email', quantity: 10 }], { memberId })
  await charge(company, [{ type: 'email', quantity: 20 }])
  const personal = { name: 'P', kind: 'api', access: 'personal', memberId, scopes: ['data:read'] }
  const ann = company.as((await company.post('/v1/integrations', personal)).body.key)
  const { body } = await ann.get('/v1/credits/usage/mine', { groupBy: 'member' })
  expect(body.data).toMatchObject([{ key: memberId, name: 'Ann', credits: 1, emails: 10 }])
  expect((await ann.get('/v1/credits/usage')).status).toBe(403)
  expect((await company.get('/v1/credits/usage/mine')).status).toBe(403)
})

test('the document lists the reports, and whoever may not read credits reads none of this', async () => {
  const { body } = await house.client().get('/openapi.json')
  expect(Object.keys(body.paths)).toContain('/v1/credits/reports/{report}')
  const company = await house.newCompany()
  const made = await company.post('/v1/integrations', {
    name: 'K',
    kind: 'api',
    access: 'shared',
    scopes: ['data:read'],
  })
  const stranger = company.as(made.body.key)
  for (const path of ['usage', 'forecast', 'reports/usage']) {
    expect((await stranger.get(`/v1/credits/${path}`)).status).toBe(403)
  }
})
