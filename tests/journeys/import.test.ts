import { readFile } from 'node:fs/promises'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildPage, chromiumPath, openBrowser } from '../kit/browser.ts'
import { type TestHouse, testHouse } from '../kit/house.ts'
import { IMAP_PASSWORD, IMAP_USER, imapServer, type TestImapServer } from '../kit/imap-server.ts'

const EMAIL = 'dana@journey.example'
const PASSWORD = 'correct horse battery'
const WAIT = { timeout: 20_000 }
let house: TestHouse
let browser: Browser
let address: string
let mails: TestImapServer

beforeAll(async () => {
  if (!chromiumPath) return
  buildPage()
  house = await testHouse({ workers: 2, settings: { outboundPrivate: true } })
  address = await house.app.listen({ port: 0, host: '127.0.0.1' })
  browser = await openBrowser()
  const admin = { name: 'Dana Ruiz', email: EMAIL, password: PASSWORD }
  const company = await house.newCompany({ name: 'Journey', admin })
  const asked = { kind: 'question', name: 'Budget', question: 'Is a budget named?' }
  const grant = { source: 'purchased', credits: 100 }
  expect((await company.post('/v1/credits/grants', grant)).status).toBe(201)
  const tracker = await company.post('/v1/trackers', { ...asked, itemTypes: ['call'] })
  expect((await company.post(`/v1/trackers/${tracker.body.id}/publish`, {})).status).toBe(200)
  mails = await imapServer([eml('already there')])
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await mails?.close()
  await house?.close()
})

function eml(subject: string): string {
  return `From: cora@customer.test\nTo: rea@ourside.test\nDate: Mon, 15 Jun 2026 10:00:00 +0000\nMessage-ID: <${subject.replaceAll(' ', '.')}@x>\nSubject: ${subject}\n\nWe have a budget.\n`
}

const files = [
  {
    name: 'kick-off.srt',
    text: '1\n00:00:01,000 --> 00:00:04,000\nRea: Hello Cora.\n\n2\n00:00:05,000 --> 00:00:09,000\nCora: We have a budget.\n',
  },
  {
    name: 'accounts.csv',
    text: 'Id,Name,Website\nA1,Acme,acme.test\nA2,,nobody.test\nA3,"Broken,x\nA4,Four,four.test\n',
  },
  { name: 'list.csv', text: 'name,email\nAnn,ann@acme.test\n' },
  { name: '\u202Egnp.exe', text: 'x' },
]

test.skipIf(!chromiumPath)(
  'an admin on a phone imports files by keyboard, sees what was not taken, and follows a mailbox',
  async () => {
    const context = await browser.newContext({
      viewport: { width: 390, height: 844 },
      colorScheme: 'dark',
    })
    const page = await context.newPage()
    const faults = faultsOf(page)
    await page.goto(`${address}/import`)
    await page.getByLabel('Email').fill(EMAIL)
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Import', exact: true }).waitFor()

    await page
      .locator('input[type=file]')
      .setInputFiles(
        files.map(({ name, text }) => ({ name, mimeType: '', buffer: Buffer.from(text) })),
      )
    const chosen = page.getByRole('list', { name: 'Files to import' })
    await expect.poll(() => chosen.getByRole('listitem').count(), WAIT).toBe(4)
    // One kind is not read, and of one nobody knows what its rows are.
    await chosen.getByText('This kind of file is not read.').waitFor()
    await chosen.getByRole('button', { name: /gnp/ }).click()
    await page.getByRole('combobox', { name: 'Rows of list.csv' }).click()
    await page.getByRole('option', { name: 'contacts' }).click()
    await page.getByLabel('Your own people in the transcripts').fill('rea')
    await page.getByLabel('Bring in as history').uncheck()
    expect(await overflow(page)).toBe(0)

    await press(page, 'Check and price only')
    await page.getByText('4 lines would be taken, 2 not.').waitFor(WAIT)
    await page.getByText('What published trackers would charge').waitFor()
    await page.getByText('0.5', { exact: true }).waitFor()

    await press(page, 'Import')
    await page.getByText('4 lines taken, 2 not.').waitFor(WAIT)
    await page.getByText('has a quote that does not end').waitFor()
    expect(await overflow(page)).toBe(0)
    const waiting = page.waitForEvent('download')
    await page.getByRole('button', { name: /lines of accounts.csv/ }).click()
    const saved = await readFile(await (await waiting).path(), 'utf8')
    expect(saved.split('\r\n').map((line) => line.split(',')[0])).toEqual(['line', '3', '4'])

    const earlier = page.getByRole('table', { name: /Earlier imports/ })
    await expect.poll(() => earlier.getByText('checked only').count(), WAIT).toBe(3)

    await page.getByRole('button', { name: 'Follow a mailbox' }).click()
    await page.getByLabel('Server').fill('127.0.0.1')
    await page.getByRole('textbox', { name: 'Port' }).fill(String(mails.port))
    await page.getByRole('combobox', { name: 'Encryption' }).click()
    await page.getByRole('option', { name: /None/ }).click()
    await page.getByLabel('User').fill(IMAP_USER)
    await page.getByLabel('Password', { exact: true }).fill(IMAP_PASSWORD)
    await page.getByRole('button', { name: 'Follow it' }).click()
    await page.getByText('following', { exact: true }).waitFor(WAIT)
    mails.deliver(eml('a new one'))
    await page.getByRole('button', { name: 'Read now' }).click()
    const mailboxes = page.getByRole('table', { name: 'Mailboxes' })
    await mailboxes.getByText('2', { exact: true }).waitFor(WAIT)
    expect(await overflow(page)).toBe(0)
    expect(faults).toEqual([])
    await context.close()
  },
  120_000,
)

/** Presses a button as somebody does who has no mouse. */
async function press(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).focus()
  await page.keyboard.press('Enter')
}

/** By how much the page is wider than the screen. */
function overflow(page: Page): Promise<number> {
  return page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  )
}

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
