import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestCompany } from '../kit/house.ts'
import { hasNoBrowser, type Journey, openJourney, PASSWORD, PATIENCE } from '../kit/journey.ts'
import { fund } from '../kit/samples.ts'

let journey: Journey

beforeAll(async () => {
  if (!hasNoBrowser) journey = await openJourney()
}, 300_000)
afterAll(() => journey?.close())

async function founded(
  name: string,
  more: Record<string, unknown> = {},
): Promise<{ company: TestCompany; email: string }> {
  const email = `dana@${name}.test`
  const admin = { name: 'Dana Ruiz', email, password: PASSWORD }
  return { company: await journey.house.newCompany({ name, admin, ...more }), email }
}

async function charge(company: TestCompany, quantity: number, feature = 'summaries') {
  const items = [{ type: 'email', quantity }]
  const made = await company.post('/v1/credits/charges', { items, feature })
  expect(made.status).toBe(201)
  return made.body
}

const texts = (page: Page, selector: string) => page.locator(selector).allTextContents()

test.skipIf(hasNoBrowser)(
  'a charge over two grants is explained by two entries that add up, and its refund by two more',
  async () => {
    const { company, email } = await founded('two-grants')
    const soon = new Date(Date.now() + 30 * 86_400_000).toISOString()
    await fund(company, 1, { reference: 'First', expiresAt: soon })
    await fund(company, 100, { reference: 'Second' })
    const items = [
      { type: 'call', id: 'long one', durationSeconds: 601 },
      { type: 'email', quantity: 5 },
    ]
    const asked = { items, feature: 'summaries' }
    const { body: made } = await company.post('/v1/credits/charges', asked)
    const { page, context, faults } = await journey.visit(email)
    await page.goto(`/credits/charges/${made.id}`)
    await page.getByTestId('charge-total').waitFor()
    expect(await page.getByTestId('charge-total').textContent()).toBe('1.5')
    const what = page.getByRole('region', { name: 'What' }).or(page.locator('section.card'))
    await what.getByText('1 call over 10 min').first().waitFor()
    await what.getByText('10:01 · over 10 min').first().waitFor()
    await page.getByText('Priced by rate card version').waitFor()

    const paid = page.getByRole('table', { name: 'Ledger entries of the charge' })
    await paid.getByText('First').waitFor()
    const rows = await paid.getByRole('row').allTextContents()
    expect(rows.slice(1).map((row) => /[−-](\d+\.\d)/.exec(row)?.[1])).toEqual(['1.0', '0.5'])
    expect(rows[1]).toMatch(/Purchased.*First/)
    expect(rows[2]).toMatch(/Purchased.*Second/)

    await page.getByRole('button', { name: 'Refund', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Reason').fill('Not delivered')
    await dialog.getByRole('button', { name: 'Refund 1.5' }).click()
    await page.getByText('Refunded', { exact: true }).waitFor()

    // From the charge to what was returned, and from there back to the charge.
    await page.getByRole('link', { name: 'Returned to the grants it came from' }).click()
    await page.waitForURL(/type=refund/)
    const ledger = page.getByRole('table', { name: 'Ledger entries' })
    await expect.poll(() => ledger.getByText('Not delivered').count(), PATIENCE).toBe(2)
    await ledger.getByRole('link', { name: 'The charge' }).first().click()
    await page.waitForURL(`**/credits/charges/${made.id}`)
    // Nothing of the books can be edited.
    await page.goto(`/credits/ledger?chargeId=${made.id}`)
    await expect.poll(() => ledger.getByRole('row').count(), PATIENCE).toBe(5)
    expect(await ledger.getByRole('button').count()).toBe(0)
    expect(faults).toEqual([])
    await context.close()
  },
  240_000,
)

test.skipIf(hasNoBrowser)(
  'one period for the whole page stays in the address, over a reload, a step further and back',
  async () => {
    const { company, email } = await founded('period')
    await fund(company, 100)
    await charge(company, 30)
    const { page, context } = await journey.visit(email)
    await page.goto('/credits')
    await page.getByText('Last 28 days · 3.0 credits').first().waitFor()
    await page.getByText('7 days', { exact: true }).click()
    await page.getByText('Last 7 days · 3.0 credits').first().waitFor()
    expect(new URL(page.url()).searchParams.get('period')).toBe('7d')
    await page.reload()
    await page.getByText('Last 7 days · 3.0 credits').first().waitFor()
    await page.goto('/credits/ledger')
    await page.getByRole('heading', { name: 'Ledger', exact: true }).waitFor()
    await page.goBack()
    await page.getByText('Last 7 days · 3.0 credits').first().waitFor()

    // A charge shows by itself, and what is not of this moment says of which it is.
    await charge(company, 10)
    await expect
      .poll(() => page.getByTestId('balance-chip').textContent(), PATIENCE)
      .toBe('96.0 left')
    await context.setOffline(true)
    await page.getByText('The server cannot be reached').waitFor()
    await page.getByText(/^What is shown is of /).waitFor()
    await context.setOffline(false)
    await page.getByText('The server cannot be reached').waitFor({ state: 'detached' })
    await context.close()
  },
  240_000,
)

test.skipIf(hasNoBrowser)(
  'what is left reads the same everywhere, and the grants add up to it',
  async () => {
    const { company, email } = await founded('same')
    const soon = new Date(Date.now() + 30 * 86_400_000).toISOString()
    await fund(company, 12.5, { reference: 'First', expiresAt: soon })
    await fund(company, 40, { reference: 'Second' })
    const asked = { items: [{ type: 'email', quantity: 37 }], feature: 'summaries' }
    const made = await company.post('/v1/credits/charges', asked)
    expect(made.headers['x-credits-available']).toBe('48.8')
    const { page, context } = await journey.visit(email)
    await page.goto('/credits')
    const chip = page.getByTestId('balance-chip')
    await expect.poll(() => chip.textContent(), PATIENCE).toBe('48.8 left')
    expect(await page.getByTestId('balance-left').textContent()).toBe('48.8')
    expect(await page.getByRole('meter').first().getAttribute('aria-valuetext')).toContain('48.8')
    const grants = page.getByRole('table', { name: 'Grants in the order of their use' })
    const left = (await grants.getByRole('row').allTextContents()).slice(1)
    expect(left.map((row) => /(First|Second)(\d+\.\d)/.exec(row)?.slice(1))).toEqual([
      ['First', '8.8'],
      ['Second', '40.0'],
    ])
    await page.goto('/home')
    await page.getByText('48.8', { exact: true }).first().waitFor()
    expect(await chip.textContent()).toBe('48.8 left')
    expect((await company.get('/v1/credits/balance')).body.available).toBe(48.8)
    await context.close()
  },
  240_000,
)

test.skipIf(hasNoBrowser)(
  'the banner of 90 percent comes back after a day, that of 80 does not',
  async () => {
    const { company, email } = await founded('banners')
    await fund(company, 100)
    await charge(company, 810)
    const { page, context } = await journey.visit(email)
    const dismiss = page.getByRole('button', { name: 'Dismiss' })
    const tomorrow = async (hours: number) => {
      await page.clock.setFixedTime(new Date(Date.now() + hours * 3_600_000))
      await page.goto('/credits/ledger')
      await page.getByRole('table', { name: 'Ledger entries' }).waitFor()
    }
    await page.goto('/credits')
    await page.getByText('81.0 % used, 19.0 left').waitFor()
    await dismiss.click()
    await tomorrow(25)
    expect(await dismiss.count()).toBe(0)
    await charge(company, 100)
    await page.getByText('91.0 % used, 9.0 left').waitFor()
    await dismiss.click()
    await tomorrow(26)
    expect(await dismiss.count()).toBe(0)
    await tomorrow(50)
    await dismiss.waitFor()
    await context.close()
  },
  240_000,
)

test.skipIf(hasNoBrowser)(
  'a budget lists those that may count the same requests',
  async () => {
    const { company, email } = await founded('overlaps')
    await fund(company, 100)
    await charge(company, 30)
    await charge(company, 10, 'research')
    for (const [id, credits] of Object.entries({ summaries: 5, research: 20 })) {
      const scope = { type: 'feature', id }
      await company.post('/v1/budgets', { scope, period: 'month', credits })
    }
    const team = (await company.post('/v1/teams', { name: 'Sales' })).body
    const { page, context } = await journey.visit(email)
    await page.goto('/credits/budgets')
    await page.getByRole('button', { name: 'New budget' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('combobox', { name: 'Team' }).click()
    await page.getByRole('option', { name: team.name }).click()
    await dialog.getByText('May count the same requests').waitFor()
    const also = await dialog.getByRole('listitem').allTextContents()
    expect(also.toSorted()).toEqual([
      'Research (Feature), 19.0 of 20.0 left',
      'Summaries (Feature), 2.0 of 5.0 left',
    ])
    // Two features never share a request.
    await dialog.getByRole('combobox', { name: 'For a' }).click()
    await page.getByRole('option', { name: 'Feature' }).click()
    await expect.poll(() => dialog.getByRole('listitem').count(), PATIENCE).toBe(0)
    await context.close()
  },
  240_000,
)

test.skipIf(hasNoBrowser)(
  'the forecast says how sure it is, what expires unused, and keeps what is tried in the address',
  async () => {
    const { company, email } = await founded('forecast', { testClock: '2026-03-01T00:00:00Z' })
    const to = (time: string) => company.post('/v1/test-clock/advance', { to: time })
    const expiresAt = '2026-06-01T00:00:00Z'
    await company.post('/v1/credits/grants', { source: 'purchased', credits: 1_000, expiresAt })
    for (let day = 2; day <= 6; day++) {
      await to(`2026-03-0${day}T12:00:00Z`)
      await charge(company, 10 + (day % 2) * 10)
    }
    const { page, context } = await journey.visit(email)
    await page.goto('/credits/forecast')
    await page.getByText('An early estimate: less than two weeks of use').waitFor()
    for (let day = 7; day <= 30; day++) {
      await to(`2026-03-${String(day).padStart(2, '0')}T12:00:00Z`)
      await charge(company, 10 + (day % 2) * 10)
    }
    await page.reload()
    await page.getByText(/^give or take \d/).waitFor()
    await page
      .getByText(/a day$/)
      .first()
      .waitFor()
    const unused = page.getByRole('table', { name: 'Credits that expire unused' })
    await unused.waitFor()
    const [{ credits }] = (await company.get('/v1/credits/forecast')).body.expiringUnused
    expect((await unused.getByRole('row').allTextContents())[1]).toContain(
      Math.trunc(credits).toLocaleString('en-US'),
    )

    const dearer = page.getByLabel('Email', { exact: true }).or(page.getByLabel(/^email$/i))
    await dearer.first().fill('1')
    await page.waitForURL(/email=1/)
    const spent = (await company.get('/v1/credits/balance')).body.used
    await page.getByText(`would have cost ${(spent * 10).toFixed(1)}`).waitFor()
    await page.getByText('The credits would last until about').waitFor()
    await page.reload()
    await page.getByText(`would have cost ${(spent * 10).toFixed(1)}`).waitFor()
    await context.close()
  },
  240_000,
)

test.skipIf(hasNoBrowser)(
  'reports of thirteen months have their columns, their number of rows, and one sum everywhere',
  async () => {
    const { company, email } = await founded('months', { testClock: '2025-01-10T00:00:00Z' })
    await company.post('/v1/credits/grants', { source: 'purchased', credits: 1_000 })
    for (let month = 0; month < 13; month++) {
      const time = new Date(Date.UTC(2025, month, 15, 12)).toISOString()
      await company.post('/v1/test-clock/advance', { to: time })
      await charge(company, 10 * (month + 1))
    }
    const { page, context } = await journey.visit(email)
    const columns = {
      usage: [
        ...['Usage date', 'Feature type', 'Feature name', 'Usage action', 'Integration'],
        ...['User ID', 'Credits used', 'Usage breakdown', '# of requests'],
      ],
      balance: [
        ...['Date', 'Opening balance', 'Granted', 'Consumed', 'Refunded', 'Expired', 'Voided'],
        ...['Closing balance', 'Total', 'Used %'],
      ],
      purchases: [
        ...['Purchase date', 'Credit type', 'Credits', 'Start date', 'Expiration date'],
        ...['Remaining', 'Reference', 'Recorded by'],
      ],
    }
    for (const [name, head] of Object.entries(columns)) {
      await page.goto(`/credits/reports?report=${name}&from=2025-01-01&to=2026-01-31`)
      await page.getByText(/ rows? in this range/).waitFor()
      const table = page.getByRole('table', { name: 'The first rows' })
      expect(await table.getByRole('columnheader').allTextContents()).toEqual(head)
      const href = await page.getByRole('link', { name: 'Download CSV' }).getAttribute('href')
      const file = await (await context.request.get(href!)).text()
      const lines = file
        .replace(/^\uFEFF/, '')
        .trim()
        .split(/\r?\n/)
      expect(lines[0]!.split(',').map((cell) => cell.replaceAll('"', ''))).toEqual(head)
      await page.getByText(`${(lines.length - 1).toLocaleString('en-US')} row`).waitFor()
      expect((await company.get(href!)).text).toBe(file)
      if (name !== 'usage') continue
      const used = head.indexOf('Credits used')
      const sum = lines.slice(1).reduce((all, line) => all + Number(line.split(',')[used]), 0)
      expect(Math.round(sum * 10) / 10).toBe(91)
    }
    expect((await company.get('/v1/credits/balance')).body.used).toBe(91)
    expect(await texts(page, 'h1')).toEqual(['Reports'])
    await context.close()
  },
  240_000,
)
