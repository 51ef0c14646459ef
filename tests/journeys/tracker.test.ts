import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildPage, chromiumPath, openBrowser } from '../kit/browser.ts'
import { type TestHouse, testHouse } from '../kit/house.ts'

const EMAIL = 'dana@journey.example'
const PASSWORD = 'correct horse battery'
let house: TestHouse
let browser: Browser
let address: string

beforeAll(async () => {
  if (!chromiumPath) return
  buildPage()
  house = await testHouse({ workers: 2 })
  address = await house.app.listen({ port: 0, host: '127.0.0.1' })
  browser = await openBrowser()
  const admin = { name: 'Dana Ruiz', email: EMAIL, password: PASSWORD }
  const company = await house.newCompany({ name: 'Journey', admin })
  const day = new Date().toISOString().slice(0, 8)
  const seats = [{ type: 'foundation', count: 1, creditsPerSeat: 100 }]
  const contract = { startDate: `${day}01`, termMonths: 12, seats }
  expect((await company.put('/v1/contract', contract)).status).toBe(200)
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await house?.close()
})

/** A call of some seconds, an hour ago; in it somebody talks about the price, or nobody does. */
function call(id: string, durationSeconds: number, isAboutPrice: boolean) {
  const words = isAboutPrice
    ? 'Honestly, the price is too high for us and the cost worries our board.'
    : 'The weather was lovely at the lake last weekend.'
  return JSON.stringify({
    ...{ kind: 'call', id, title: `Call ${id}`, durationSeconds },
    startedAt: new Date(Date.now() - 3_600_000).toISOString(),
    parties: [
      { id: 'us', name: 'Ada', affiliation: 'company' },
      { id: 'them', name: 'Bo', affiliation: 'customer' },
    ],
    transcript: [
      { partyId: 'us', startSeconds: 0, endSeconds: 4, text: 'Thank you for your time today.' },
      { partyId: 'them', startSeconds: 4, endSeconds: 9, text: words },
    ],
  })
}

test.skipIf(!chromiumPath)(
  'a signed-in admin imports calls, sees the price, publishes, and finds each charge',
  async () => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 860 } })
    const page = await context.newPage()
    const faults = faultsOf(page)
    await page.goto(address)
    await page.getByLabel('Email').fill(EMAIL)
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: /Dana/ }).waitFor()

    // 10:00 exactly is a short call, a second more is a long one.
    const lines = [call('short', 600, true), call('long', 601, true), call('other', 90, false)]
    await page.goto(`${address}/import`)
    const file = { name: 'calls.ndjson', mimeType: '', buffer: Buffer.from(lines.join('\n')) }
    await page.locator('input[type=file]').setInputFiles(file)
    await page.getByRole('button', { name: 'Import', exact: true }).click()
    await page.getByText('3 lines taken, 0 not').waitFor()

    await page.goto(`${address}/trackers/new`)
    await page.getByLabel('Name').fill('Price')
    const question = page.getByRole('textbox', { name: 'Question' })
    await question.fill('Does the customer say that the price is too high?')
    await page.getByText('Draft saved').waitFor()
    await page.getByText('Last 30 days', { exact: true }).click()
    const price = page.getByTestId('estimate-backfill')
    await expect.poll(() => price.textContent()).toBe('2.0')
    expect(await page.getByTestId('publish').textContent()).toContain('2.0 credits')
    await page.getByTestId('publish').click()

    await page.getByRole('heading', { name: 'Price', exact: true }).waitFor()
    await page.getByText('All', { exact: true }).click()
    const charges = page.getByTestId('result-charge')
    await expect.poll(() => charges.count(), { timeout: 20_000 }).toBe(3)
    await page.getByText('Live', { exact: true }).waitFor()
    const amounts = await charges.allTextContents()
    expect(amounts.toSorted()).toEqual(['0.5', '0.5', '1.0'])
    await expect.poll(() => page.getByTestId('balance-chip').textContent()).toContain('98.0 left')

    await charges.filter({ hasText: '1.0' }).click()
    expect(await page.getByTestId('charge-total').textContent()).toBe('1.0')
    await page.getByText('1 call over 10 min').waitFor()
    expect(faults).toEqual([])
    await context.close()
  },
  90_000,
)

/** What the browser complains of: broken scripts, and whatever the page's policy forbids. */
function faultsOf(page: Page): string[] {
  const faults: string[] = []
  page.on('pageerror', (error) => void faults.push(error.message))
  page.on('console', (message) => {
    // A visitor who is not signed in yet is told so by a 401.
    if (message.type() === 'error' && !/ 401 /.test(message.text())) faults.push(message.text())
  })
  return faults
}
