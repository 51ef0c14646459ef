import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ModelFailed } from '../../src/ai/model.ts'
import { createScripted } from '../../src/ai/scripted.ts'
import type { TestCompany } from '../kit/house.ts'
import {
  hasFocus,
  hasNoBrowser,
  type Journey,
  openJourney,
  PASSWORD,
  PATIENCE,
} from '../kit/journey.ts'
import { aCall, aTracker, fund, putIn } from '../kit/samples.ts'

const model = createScripted({
  read: (request) => {
    if (request.item.id === 'unreadable') return new ModelFailed('invalid-answer', 'garbage')
    return { found: false, answer: 'No.', evidence: [] }
  },
})
let journey: Journey

beforeAll(async () => {
  if (!hasNoBrowser) journey = await openJourney({ model })
}, 300_000)
afterAll(() => journey?.close())

async function founded(name: string): Promise<{ company: TestCompany; email: string }> {
  const email = `dana@${name}.test`
  const admin = { name: 'Dana Ruiz', email, password: PASSWORD }
  return { company: await journey.house.newCompany({ name, admin }), email }
}

const startedAt = new Date(Date.now() - 3_600_000).toISOString()
const short = (id: string) => aCall(id, { startedAt, durationSeconds: 600 })
const long = (id: string) => aCall(id, { startedAt, durationSeconds: 601 })

async function drafted(page: Page): Promise<void> {
  await page.goto('/trackers/new')
  await page.getByLabel('Name').fill('Price')
  await page.getByRole('textbox', { name: 'Question' }).fill('Is the price too high?')
  await page.getByText('Draft saved').waitFor()
}

const publish = (page: Page) => page.getByTestId('publish')
const price = (page: Page) =>
  expect.poll(() => page.getByTestId('estimate-backfill').textContent(), PATIENCE)

test.skipIf(hasNoBrowser)(
  'an estimate has a line for each class; what cannot be counted is not published; a price that moved is confirmed',
  async () => {
    const { company, email } = await founded('counted')
    await fund(company, 1_000)
    await putIn(company, short('a'), short('b'), long('c'))
    const { page, context } = await journey.visit(email)

    // While counting fails the cost is unknown, publishing waits, and the draft is kept.
    await page.route('**/v1/trackers/*/estimate', (route) => route.abort())
    await drafted(page)
    await page.getByText('Last 30 days', { exact: true }).click()
    await page.getByText('Cost unknown until it is counted.').first().waitFor()
    expect(await publish(page).getAttribute('aria-disabled')).toBe('true')
    await page.unroute('**/v1/trackers/*/estimate')
    await page.reload()
    await page.getByText('Draft saved').waitFor()
    expect(await page.getByLabel('Name').inputValue()).toBe('Price')

    await page.getByText('Last 30 days', { exact: true }).click()
    await price(page).toBe('2.0')
    const lines = page.getByRole('complementary', { name: 'Price' }).getByRole('row')
    expect((await lines.allTextContents()).slice(0, 2).toSorted()).toEqual([
      '1 call over 10 min× 1.01.0',
      '2 calls up to 10 min× 0.51.0',
    ])
    await page.getByTestId('estimate-month').waitFor()

    // More came in since it was counted: nothing is published at a price that nobody saw.
    await putIn(company, ...Array.from({ length: 15 }, (_, i) => long(`late-${i}`)))
    await publish(page).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('17.0').first().waitFor()
    expect((await company.get('/v1/trackers')).body.data[0].status).toBe('draft')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await expect.poll(() => hasFocus(publish(page)), PATIENCE).toBe(true)
    await context.close()
  },
  240_000,
)

test.skipIf(hasNoBrowser)(
  'what a run was expected to cost stands beside what it cost; what failed is listed, free, and tried again',
  async () => {
    const { company, email } = await founded('failed')
    await fund(company, 100)
    const tracker = await aTracker(company, { name: 'Pricing', itemTypes: ['call'] })
    await putIn(company, long('fine'), long('unreadable'))
    await journey.house.workUntilIdle()
    expect((await company.get(`/v1/trackers/${tracker}`)).body.failed).toBe(1)
    const { page, context, faults } = await journey.visit(email)
    await page.goto(`/trackers/${tracker}`)
    await page.getByText('1 call or email could not be read').waitFor()
    await page.getByRole('button', { name: 'Show' }).click()
    const failed = page.getByRole('table', { name: 'Calls and emails that could not be read' })
    await failed.getByRole('link', { name: 'Call unreadable' }).waitFor()
    await failed.getByText('The model gave no usable answer').waitFor()
    await page.getByText('not charged', { exact: false }).first().waitFor()

    // What was read already is free; what failed is priced, and tried anew.
    model.script = { read: () => ({ found: false, answer: 'No.', evidence: [] }) }
    await page.getByRole('button', { name: 'Process their dates…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('From').fill(startedAt.slice(0, 10))
    await dialog.getByRole('button', { name: 'Show the price' }).click()
    await dialog.getByText('1 not yet processed, 1.0 credits').waitFor()
    await dialog.getByRole('button', { name: 'Process – 1.0 credits' }).click()
    const runs = page.getByRole('table', { name: 'Runs' })
    await expect
      .poll(async () => (await runs.getByRole('row').allTextContents())[1], PATIENCE)
      .toMatch(/Done.*1 of 1\D*01\.01\.0$/)
    await failed.waitFor({ state: 'detached' })
    expect(faults).toEqual([])
    await context.close()
  },
  240_000,
)

test.skipIf(hasNoBrowser)(
  'resuming for more than is left says by how much, lets what fits be chosen, and works by keyboard alone',
  async () => {
    const { company, email } = await founded('short')
    await fund(company, 2)
    const one = await aTracker(company, { name: 'One', itemTypes: ['call'] })
    const two = await aTracker(company, { name: 'Two', itemTypes: ['call'] })
    await putIn(company, long('a'), long('b'), long('c'), long('d'))
    const status = async (id: string) => (await company.get(`/v1/trackers/${id}`)).body.status
    for (const id of [one, two]) {
      await expect.poll(() => status(id), { timeout: 60_000 }).toBe('out_of_credits')
    }
    const missed = async (id: string) =>
      (await company.get(`/v1/trackers/${id}`)).body.missed.credits
    const [ofOne, ofTwo] = [await missed(one), await missed(two)]
    expect(ofOne + ofTwo).toBe(6)
    // Enough for the first one whole, and for some of the other.
    await fund(company, 5)
    const { page, context } = await journey.visit(email)
    await page.goto('/trackers/resume')
    await page.getByText('short by 1.0').waitFor()
    await page.getByRole('button', { name: 'Choose what fits' }).click()
    await page.getByText('short by').waitFor({ state: 'detached' })
    expect(await page.getByRole('checkbox', { checked: true }).count()).toBe(1)

    // With the keyboard: both again, and then on.
    const boxes = page.getByRole('checkbox', { checked: false })
    await boxes.focus()
    await page.keyboard.press('Space')
    await page.getByText('short by 1.0').waitFor()
    const resume = page.getByRole('button', { name: 'Resume 2 – 6.0 credits' })
    for (let tabs = 0; tabs < 20 && !(await hasFocus(resume)); tabs++) {
      await page.keyboard.press('Tab')
    }
    expect(await hasFocus(resume)).toBe(true)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/trackers')
    await expect
      .poll(async () => (await company.get('/v1/credits/balance')).body.used, { timeout: 60_000 })
      .toBe(7)
    await context.close()
  },
  240_000,
)

test.skipIf(hasNoBrowser)(
  'one part that fails fails alone, says what to quote, and is there after a retry',
  async () => {
    const { company, email } = await founded('parts')
    await fund(company, 100)
    await company.post('/v1/credits/charges', {
      ...{ items: [{ type: 'email', quantity: 10 }], feature: 'summaries' },
    })
    const { page, context } = await journey.visit(email)
    const problem = {
      ...{ type: '/docs/problems#internal-error', title: 'Something broke', status: 500 },
      ...{ detail: 'Something went wrong on our side.', code: 'internal-error' },
      requestId: 'req_0123456789abcdef',
    }
    const isUsage = (url: URL) => url.pathname === '/v1/credits/usage'
    await page.route(isUsage, (route) =>
      route.fulfill({
        ...{ status: 500, contentType: 'application/problem+json' },
        body: JSON.stringify(problem),
      }),
    )
    await page.goto('/credits')
    await page.getByText('Could not load use.').first().waitFor()
    await page.getByText('Reference 89abcdef').first().waitFor()
    expect(await page.getByTestId('balance-left').textContent()).toBe('99.0')
    await page.unroute(isUsage)
    // Parts that ask for the same are there together.
    const retry = page.getByRole('button', { name: 'Retry' })
    while ((await retry.count()) > 0) await retry.first().click({ timeout: 5_000 })
    await page.getByText('Last 28 days · 1.0 credits').first().waitFor()
    expect(await page.getByText('Could not load').count()).toBe(0)
    await context.close()
  },
  240_000,
)
