import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestCompany } from '../kit/house.ts'
import { hasNoBrowser, type Journey, openJourney, PASSWORD, PATIENCE } from '../kit/journey.ts'
import { mailServer, type TestMailServer } from '../kit/mail-server.ts'
import { aCall, aTracker, fund, putIn } from '../kit/samples.ts'

let journey: Journey
let mails: TestMailServer

beforeAll(async () => {
  if (hasNoBrowser) return
  mails = await mailServer()
  const mail = { smtpUrl: mails.url, from: 'Sluice <credits@sluice.test>' }
  journey = await openJourney({ settings: { mail } })
}, 300_000)
afterAll(async () => {
  await journey?.close()
  await mails?.close()
})

async function founded(name: string): Promise<{ company: TestCompany; email: string }> {
  const email = `dana@${name}.test`
  const admin = { name: 'Dana Ruiz', email, password: PASSWORD }
  return { company: await journey.house.newCompany({ name, admin }), email }
}

function charge(company: TestCompany, quantity: number, feature = 'summaries') {
  return company.post('/v1/credits/charges', { items: [{ type: 'email', quantity }], feature })
}

const shows = (page: Page, testId: string) =>
  expect.poll(() => page.getByTestId(testId).textContent(), PATIENCE)

test.skipIf(hasNoBrowser)(
  'thresholds are told by mail, in the app and above the page, each once, the highest of several by name',
  async () => {
    const { company, email } = await founded('thresholds')
    await fund(company, 100)
    const told = () =>
      mails.received.filter(({ to }) => to.includes(email)).map(({ parsed }) => parsed)
    const { page, context } = await journey.visit(email)
    await page.goto('/credits')
    await charge(company, 599)
    await shows(page, 'used-pct').toBe('59.9 % used')
    expect(told()).toHaveLength(0)

    await charge(company, 1)
    await shows(page, 'used-pct').toBe('60.0 % used')
    await expect.poll(() => told().map(({ subject }) => subject), PATIENCE).toHaveLength(1)
    expect(told()[0]!.subject).toMatch(/^60 % of the credits are used/)
    expect(told()[0]!.text).toContain('40.0')
    const banner = page.getByText(/The pool passed/)
    expect(await banner.count()).toBe(0)

    await charge(company, 205)
    await page.getByText('80.5 % used, 19.5 left').waitFor()
    await page.getByRole('button', { name: 'Dismiss' }).click()
    await expect.poll(() => banner.count(), PATIENCE).toBe(0)

    // 90 and 95 at once: one message, and a banner that stays.
    await charge(company, 150)
    await page.getByText('95.5 % used, 4.5 left').waitFor()
    expect(await page.getByRole('button', { name: 'Dismiss' }).count()).toBe(0)
    await expect.poll(() => told().length, PATIENCE).toBe(3)
    expect(told()[2]!.subject).toMatch(/^95 % of the credits are used/)

    await page.goto('/inbox')
    for (const percent of [60, 80, 95]) {
      await page.getByRole('link', { name: `${percent} % of the credits are used` }).waitFor()
    }
    expect(await page.getByRole('link', { name: /^90 %/ }).count()).toBe(0)

    // Bought: the page says what is warned of again before it is added.
    await page.goto('/credits/grants?add=1')
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Credits', { exact: true }).fill('100')
    await dialog.getByText('4.5 → 104.5').waitFor()
    await dialog.getByText('60, 80, 90, 95 % warn again').waitFor()
    await dialog.getByRole('button', { name: 'Add 100.0 credits' }).click()
    await expect.poll(() => banner.count(), PATIENCE).toBe(0)
    await context.close()
  },
  240_000,
)

test.skipIf(hasNoBrowser)(
  'at zero everything that stopped says so; credits are bought, nothing starts by itself, and resuming is priced',
  async () => {
    const { company, email } = await founded('dry')
    await fund(company, 3)
    const tracker = await aTracker(company, { name: 'Pricing objections', itemTypes: ['call'] })
    const startedAt = new Date().toISOString()
    await putIn(company, ...[1, 2, 3, 4, 5].map((n) => aCall(`c${n}`, { startedAt })))
    const { page, context } = await journey.visit(email)
    await page.goto('/credits')
    await page.getByText(/^Out of credits since /).waitFor()
    await shows(page, 'balance-left').toBe('0.0')
    await shows(page, 'balance-chip').toBe('Out of credits')
    await page.getByText('1 tracker, until somebody resumes them').waitFor()
    await page.getByText('Every result, stream and report').waitFor()
    await page.getByText(/waits with 2 calls and 0 emails/).waitFor()

    await page.goto(`/trackers/${tracker}`)
    await page.getByText('Stopped – out of credits').first().waitFor()
    await page.getByText(/^Out of credits since /).waitFor()
    const refused = await charge(company, 1)
    expect(refused).toMatchObject({
      status: 402,
      body: { code: 'insufficient-credits', needed: 0.1, available: 0, held: 0 },
    })
    expect(refused.headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(refused.headers['retry-after']).toBeUndefined()

    await page.goto('/credits')
    await page.getByRole('link', { name: 'Add credits' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Credits', { exact: true }).fill('100')
    await dialog.getByText('0.0 → 100.0').waitFor()
    await dialog.getByText('Only when resumed: 1 stopped tracker.').waitFor()
    await dialog.getByRole('button', { name: 'Add 100.0 credits' }).click()
    await shows(page, 'balance-chip').toBe('100.0 left')
    // Programs go on by themselves, trackers do not.
    expect((await charge(company, 1)).status).toBe(201)
    expect((await company.get(`/v1/trackers/${tracker}`)).body.status).toBe('out_of_credits')

    await page.goto('/trackers/resume')
    await page.getByRole('button', { name: 'Resume 1 – 2.0 credits' }).click()
    await expect
      .poll(async () => (await company.get('/v1/credits/balance')).body.available, PATIENCE)
      .toBe(97.9)
    const { body } = await company.get(`/v1/trackers/${tracker}/results`)
    expect(body.data).toHaveLength(5)
    await page.goto('/credits')
    await shows(page, 'balance-left').toBe('97.9')
    expect(await page.getByText(/^Out of credits since /).count()).toBe(0)
    await context.close()
  },
  240_000,
)

test.skipIf(hasNoBrowser)(
  'a budget counts what was used before it, stops what it is for and nothing else, and is raised',
  async () => {
    const { company, email } = await founded('budget')
    await fund(company, 100)
    await charge(company, 30)
    await charge(company, 10, 'research')
    const { page, context } = await journey.visit(email)
    await page.goto('/credits/budgets')
    await page.getByRole('button', { name: 'New budget' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('combobox', { name: 'For a' }).click()
    await page.getByRole('option', { name: 'Feature' }).click()
    await dialog.getByRole('combobox', { name: 'Feature' }).click()
    await page.getByRole('option', { name: 'Summaries' }).click()
    await dialog.getByLabel('Credits', { exact: true }).fill('5')
    await dialog.getByText('At 4.0 the admins are told.').waitFor()
    await dialog.getByRole('button', { name: 'Make the budget' }).click()
    await page.getByText('3.0 of 5.0 (60.0 %)').waitFor()

    expect((await charge(company, 20)).status).toBe(201)
    await page.getByText('Reached', { exact: true }).waitFor()
    const refused = await charge(company, 1)
    expect(refused.body.code).toBe('budget-exceeded')
    expect((await charge(company, 1, 'research')).status).toBe(201)
    await page.goto('/inbox')
    await page
      .getByText(/budget/i)
      .first()
      .waitFor()
    expect(await page.getByText(/out of credits/i).count()).toBe(0)

    await page.goto('/credits/budgets')
    await page.getByRole('button', { name: 'Change', exact: true }).click()
    await dialog.getByLabel('Credits', { exact: true }).fill('10')
    await dialog.getByRole('button', { name: 'Change' }).click()
    await page.getByText('5.0 of 10.0 (50.0 %)').waitFor()
    expect((await charge(company, 1)).status).toBe(201)
    await context.close()
  },
  240_000,
)

test.skipIf(hasNoBrowser)(
  'the page, its reports and the API have one sum, over a refund and an expiry',
  async () => {
    const { company, email } = await founded('sums')
    await fund(company, 40)
    const soon = new Date(Date.now() + 1_500).toISOString()
    await company.post('/v1/credits/grants', { source: 'adjustment', credits: 7, expiresAt: soon })
    const first = await charge(company, 13)
    await charge(company, 21, 'research')
    await company.post(`/v1/credits/charges/${first.body.id}/refund`, { reason: 'A mistake' })
    await expect
      .poll(
        async () => (await company.get('/v1/credits/ledger', { type: 'expire' })).body.data.length,
        PATIENCE,
      )
      .toBe(1)
    const balance = (await company.get('/v1/credits/balance')).body
    const { page, context } = await journey.visit(email)
    await page.goto('/credits/use')
    await shows(page, 'use-sum').toBe('2.1')
    await page.goto('/credits/reports')
    await page.getByText(/ rows in this range/).waitFor()
    const href = await page.getByRole('link', { name: 'Download CSV' }).getAttribute('href')
    const file = await (await context.request.get(href!)).text()
    const [head, ...rows] = file
      .replace(/^\uFEFF/, '')
      .trim()
      .split(/\r?\n/)
      .map((line) => line.split(','))
    const used = head!.indexOf('Credits used')
    const micros = rows.reduce((sum, row) => sum + Math.round(Number(row[used]) * 1e6), 0)
    expect(micros).toBe(2_100_000)
    expect((await company.get(href!)).text).toBe(file)
    await page.goto('/credits/reports?report=balance')
    await page
      .getByRole('cell', { name: '42.9', exact: true })
      .or(page.getByText(String(balance.available)))
      .first()
      .waitFor()
    await page.goto('/credits/ledger')
    await expect
      .poll(() => page.getByTestId('reconcile').textContent(), PATIENCE)
      .toMatch(/matches the balance/)
    await context.close()
  },
  240_000,
)
