import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestCompany, type TestHouse, testHouse } from '../../tests/kit/house.ts'
import { credits, formatCredits } from '../kit/credits.ts'
import { runIn } from '../platform/run.ts'
import { usageFaults } from './service/roll-up.ts'
import { readCsv } from './tests/csv.ts'
import { diceOf, live } from './tests/history.ts'

let house: TestHouse
beforeAll(async () => {
  house = await testHouse()
})
afterAll(() => house.close())

type Row = Record<string, number | string | null>
const sum = (rows: Row[], name: string) =>
  formatCredits(rows.reduce((total, row) => total + credits(Number(row[name])), 0n))

const zones = [
  'UTC',
  'America/New_York',
  'Asia/Kolkata',
  'Pacific/Apia',
  'Europe/Oslo',
  'America/Sao_Paulo',
]

test.each(zones.map((timezone, seed) => ({ timezone, seed })))(
  'usage, reports, ledger and balance agree exactly after any history, in $timezone',
  async ({ timezone, seed }) => {
    // Around the change to summer time, with holds over midnight.
    const start = new Date('2026-03-27T20:00:00Z')
    const company = await house.newCompany({ timezone, testClock: start.toISOString() })
    await company.post('/v1/rate-cards', { prices: { page_view: 0.000001, free_thing: 0 } })
    const made = await live(company, start, diceOf(seed + 1), 70)
    await agrees(company, made.charged)
    expect(made.charged).toBeGreaterThan(8)
  },
  120_000,
)

async function agrees(company: TestCompany, charged: number): Promise<void> {
  const report = async (name: string): Promise<Row[]> => {
    const { body, text } = await company.get(`/v1/credits/reports/${name}`)
    expect(body.data, text).toBeDefined()
    await sameAsCsv(company, name, body.data)
    return body.data
  }
  const [usage, balance, purchases, ledger] = [
    await report('usage'),
    await report('balance'),
    await report('purchases'),
    await report('ledger'),
  ]
  const now = (await company.get('/v1/credits/balance')).body
  const unspent = formatCredits(credits(now.available) + credits(now.held))
  const ofType = (type: string) =>
    sum(
      ledger.filter((row) => row.type === type),
      'credits',
    )
  const net = formatCredits(credits(ofType('consume')) - credits(ofType('refund')))

  expect(sum(usage, 'creditsUsed')).toBe(net)
  expect(usage.reduce((total, row) => total + Number(row.requests), 0)).toBe(charged)
  for (const granularity of ['day', 'week', 'month']) {
    for (const groupBy of [
      undefined,
      'feature',
      'instance',
      'integration',
      'member',
      'team',
      'itemType',
    ]) {
      const { body } = await company.get('/v1/credits/usage', {
        granularity,
        ...(groupBy ? { groupBy } : {}),
      })
      expect(sum(body.data, 'credits')).toBe(net)
      expect(body.data.reduce((total: number, row: Row) => total + Number(row.requests), 0)).toBe(
        charged,
      )
    }
  }
  let before = '0'
  for (const row of balance) {
    const of = (name: string) => credits(Number(row[name]))
    expect(formatCredits(of('openingBalance'))).toBe(before)
    const closing =
      of('openingBalance') +
      of('granted') -
      of('consumed') +
      of('refunded') -
      of('expired') -
      of('voided')
    expect(formatCredits(closing)).toBe(formatCredits(of('closingBalance')))
    before = formatCredits(of('closingBalance'))
    const today = usage.filter((line) => line.usageDate === row.date)
    expect(
      sum(
        today.filter((line) => Number(line.requests) > 0),
        'creditsUsed',
      ),
    ).toBe(formatCredits(of('consumed')))
    expect(
      sum(
        today.filter((line) => Number(line.requests) === 0),
        'creditsUsed',
      ),
    ).toBe(formatCredits(-of('refunded')))
  }
  expect(before).toBe(unspent)
  const last = balance.at(-1)!
  expect([last.total, last.usedPercent]).toEqual([now.total, now.usedPercent])
  expect(sum(balance, 'granted')).toBe(ofType('grant'))
  expect(sum(balance, 'expired')).toBe(ofType('expire'))
  expect(sum(balance, 'voided')).toBe(ofType('void'))
  expect(sum(ledger, 'availableDelta')).toBe(formatCredits(credits(now.available)))
  expect(sum(ledger, 'heldDelta')).toBe(formatCredits(credits(now.held)))
  const begun = purchases.filter((row) => String(row.startDate) <= String(last.date))
  const scheduled = (await company.get('/v1/credits/grants')).body.data.filter(
    (row: Row) => row.status === 'scheduled',
  )
  const later = scheduled.filter((row: Row) => Number(row.remaining) > 0)
  expect(credits(Number(sum(begun, 'remaining')))).toBeGreaterThanOrEqual(credits(Number(unspent)))
  expect(
    formatCredits(
      credits(Number(sum(purchases, 'remaining'))) - credits(Number(sum(later, 'remaining'))),
    ),
  ).toBe(unspent)
  const faults = await house.db.snapshot(company.no, (tx) => usageFaults(tx, company.no))
  expect(faults).toEqual([])
}

async function sameAsCsv(company: TestCompany, name: string, rows: Row[]): Promise<void> {
  const { text, headers } = await company.get(`/v1/credits/reports/${name}`, { format: 'csv' })
  expect(headers['content-type']).toBe('text/csv; charset=utf-8')
  const [, ...lines] = readCsv(text)
  expect(lines.length).toBe(rows.length)
  for (const [i, cells] of lines.entries()) {
    const exact = Object.values(rows[i]!).map((cell) => {
      if (cell === null) return ''
      return typeof cell === 'number' ? formatCredits(credits(cell)) : cell
    })
    expect(cells.map((cell) => cell.replace(/^'/, ''))).toEqual(exact)
    for (const cell of cells) expect(cell).not.toMatch(/^[=+@]|^-(?![\d.]+$)/)
  }
}

test('a faulty roll-up is told, and counted anew from the ledger', async () => {
  const start = new Date('2026-05-01T00:00:00Z')
  const company = await house.newCompany({ testClock: start.toISOString() })
  await company.post('/v1/rate-cards', { prices: { page_view: 0.000001, free_thing: 0 } })
  await live(company, start, diceOf(99), 40)
  await house.database.asOwner('update usage_day set credits = credits + 1 where company_id = $1', [
    company.no,
  ])
  const faults = () => house.db.snapshot(company.no, (tx) => usageFaults(tx, company.no))
  expect((await faults()).length).toBeGreaterThan(0)
  // A change of the zone moves charges to other days, so it counts them anew.
  expect((await company.patch('/v1/company', { timezone: 'Asia/Tokyo' })).status).toBe(200)
  expect(await faults()).toEqual([])
  const charge = { items: [{ type: 'email' }], feature: 'ask_anything' }
  await company.post('/v1/credits/grants', { source: 'purchased', credits: 5 })
  expect((await company.post('/v1/credits/charges', charge)).status).toBe(201)
  expect(await faults()).toEqual([])
  const days = await house.db.snapshot(company.no, (tx) =>
    runIn(tx)<{ n: number }>('', 'select count(*)::int as n from usage_day where company_id = $1', [
      company.no,
    ]),
  )
  expect(days[0]!.n).toBeGreaterThan(3)
})
