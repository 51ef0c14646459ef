import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createScripted } from '../../src/ai/scripted.ts'
import type { TestCompany } from '../kit/house.ts'
import { hasNoBrowser, type Journey, openJourney, PASSWORD, PATIENCE } from '../kit/journey.ts'
import { aCall, anEmail, aTracker, FOUND, fund, putIn } from '../kit/samples.ts'

const LONG = 240_000
const ADMIN = 'admin@work.test'
const MEMBER = 'rea@ours.test'
const CUSTOMER = { id: 'theirs', name: 'Theirs', domains: ['theirs.test'] }
let journey: Journey
let company: TestCompany

beforeAll(async () => {
  if (hasNoBrowser) return
  const read = {
    found: true,
    answer: 'There is a budget.',
    occurrences: [{ turn: 1, quote: FOUND }],
  }
  const citation = { itemType: 'call' as const, itemId: 'open', turn: 1, quote: FOUND }
  const compose = { paragraphs: [{ text: 'They have a budget.', citations: [citation] }] }
  const script = { read: { open: read }, compose: () => compose }
  journey = await openJourney({ model: createScripted(script) })
  company = await journey.house.newCompany({ name: 'Work' })
  const person = { password: PASSWORD, visibility: 'all' }
  const admin = { ...person, name: 'The admin', email: ADMIN, role: 'tech_admin' }
  const member = { ...person, name: 'Rea Rep', email: MEMBER, role: 'member', visibility: 'own' }
  await company.post('/v1/members', admin)
  await company.post('/v1/members', member)
  await company.post('/v1/accounts', CUSTOMER)
  await fund(company, 200)
  await putIn(
    company,
    aCall('open', { startedAt: ago(50) }),
    aCall('elsewhere', { startedAt: ago(40), parties: others }),
    aCall('secret', { startedAt: ago(30), parties: others, private: true }),
    anEmail('note', { sentAt: ago(20) }),
  )
}, 180_000)
afterAll(() => journey?.close())

const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString()
/** Nobody of these is the member. */
const others = [
  { id: 'rep', name: 'Otto Other', email: 'otto@ours.test', affiliation: 'company' },
  { id: 'cust', name: 'Cora Customer', email: 'cora@theirs.test', affiliation: 'customer' },
]

test.skipIf(hasNoBrowser)(
  'asking by hand is free, says what it costs elsewhere, and cites what the answer stands on',
  async () => {
    const { page, context, faults } = await journey.visit(ADMIN)
    await page.goto('/ask?id=theirs')
    // Two calls of fifteen minutes and an email; a private call is read by nothing.
    await page.getByText(/^Reads 2 calls and 1 email\. Free here; .* costs 2\.1\.$/).waitFor()
    await page.getByLabel('Question').fill('Is there a budget?')
    await page.getByRole('button', { name: 'Ask – free' }).click()
    await page.getByText('They have a budget.').waitFor()
    await page.getByRole('link', { name: 'Call open' }).click()
    await page.getByRole('heading', { name: 'Call open' }).waitFor()
    expect(await page.locator('mark').textContent()).toBe(FOUND)
    const { body } = await company.get('/v1/credits/balance')
    expect(body.used).toBe(0)
    expect(faults).toEqual([])
    await context.close()
  },
  LONG,
)

test.skipIf(hasNoBrowser)(
  'a brief: each section with its price, free by hand, charged by a key, both readable later',
  async () => {
    const tracker = await aTracker(company, {
      name: 'Money',
      kind: 'keyword',
      question: undefined,
      keywords: ['budget'],
    })
    const sections = [
      { title: 'Talk of money', source: 'trackers', trackerIds: [tracker] },
      { title: 'Needs', source: 'conversations', question: 'What do they need?' },
    ]
    const { body: brief } = await company.post('/v1/briefs', { name: 'Review', sections })
    const { page, context, faults } = await journey.visit(ADMIN)
    await page.goto(`/briefs/${brief.id}?id=theirs`)
    await page.getByRole('row', { name: /^Talk of money Free – tracker-based$/ }).waitFor()
    await page.getByRole('row', { name: /^Needs 2 calls, 1 email 2\.1$/ }).waitFor()
    expect(await page.getByTestId('brief-price').textContent()).toBe('2.1')
    await page.getByRole('button', { name: 'Generate – free' }).click()
    await page.getByText('Nothing was charged.').waitFor()

    const entity = { type: 'account', id: 'theirs' }
    const paid = await company.post(`/v1/briefs/${brief.id}/generate`, { entity })
    expect(paid.body.credits).toBe(2.1)
    await page.reload()
    await page.getByRole('row', { name: /^Theirs .* 2\.1$/ }).waitFor()
    await page.getByRole('row', { name: /^Theirs .* Free – in the app$/ }).waitFor()
    await page.goto(`/briefs/${brief.id}/generated/${paid.body.id}`)
    await page.getByText('Charged 2.1 credits').waitFor()
    await page.getByRole('heading', { name: 'Talk of money' }).waitFor()
    await page.getByRole('link', { name: 'See the charge' }).click()
    await expect.poll(() => page.getByTestId('charge-total').textContent(), PATIENCE).toBe('2.1')
    expect(faults).toEqual([])
    await context.close()
  },
  LONG,
)

test.skipIf(hasNoBrowser)(
  'an automation is set up with its price in sight, run, and its log says what it cost',
  async () => {
    const sections = [{ title: 'Needs', source: 'conversations', question: 'What do they need?' }]
    await company.post('/v1/briefs', { name: 'Weekly look', sections })
    const { page, context, faults } = await journey.visit(ADMIN)
    await page.goto('/automations/new')
    await page.getByLabel('Name').fill('Mondays')
    await page.getByRole('combobox', { name: 'Generate' }).click()
    await page.getByRole('option', { name: 'Weekly look' }).click()
    await page.getByRole('combobox', { name: 'Account', exact: true }).click()
    await page.getByRole('option', { name: 'Theirs' }).click()
    await expect.poll(() => page.getByTestId('run-price').textContent(), PATIENCE).toBe('2.1')
    await page.getByText('≈ 9', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Set it up' }).click()

    await page.getByText('It has not run yet').waitFor()
    await page.getByRole('button', { name: 'Run now…' }).click()
    await page.getByText(/It costs 2\.1 credits\./).waitFor()
    await page.getByRole('button', { name: 'Run – 2.1 credits' }).click()
    const row = page.getByRole('row', { name: /Run now Done .* 2\.1$/ })
    await row.waitFor()
    await row.getByRole('link', { name: 'Open' }).click()
    await page.getByText('Charged 2.1 credits').waitFor()
    expect(faults).toEqual([])
    await context.close()
  },
  LONG,
)

test.skipIf(hasNoBrowser)(
  'a long list is fetched page by page, and searched on the server',
  async () => {
    const lines = Array.from({ length: 120 }, (_, no) =>
      JSON.stringify({ kind: 'email', ...anEmail(`many-${no}`, { sentAt: ago(200 + no) }) }),
    )
    const { status, text } = await company.post('/v1/import?history=true', lines.join('\n'), {
      headers: { 'content-type': 'application/x-ndjson' },
    })
    expect(status, text).toBeLessThan(300)
    const { page, context } = await journey.visit(ADMIN)
    await page.goto('/conversations?type=emails')
    const rows = page.getByRole('row', { name: /Note / })
    await expect.poll(() => rows.count(), PATIENCE).toBe(50)
    await page.getByRole('button', { name: 'Show more' }).click()
    await expect.poll(() => rows.count(), PATIENCE).toBe(100)
    await page.getByLabel('Search subjects and people').fill('many-117')
    await expect.poll(() => rows.count(), PATIENCE).toBe(1)
    await page.getByLabel('Search subjects and people').fill('nobody said this')
    await page.getByRole('heading', { name: 'No emails fit' }).waitFor()
    await page.getByRole('button', { name: 'Clear the filters' }).click()
    await expect.poll(() => rows.count(), PATIENCE).toBeGreaterThanOrEqual(50)
    await context.close()
  },
  LONG,
)

test.skipIf(hasNoBrowser)(
  'a member who sees only own conversations finds those, no private one, and no amount',
  async () => {
    const { page, context } = await journey.visit(MEMBER)
    await page.goto('/conversations')
    await page.getByText('You see those you take part in.').waitFor()
    await page.getByRole('link', { name: 'Call open' }).waitFor()
    expect(await page.getByRole('link', { name: 'Call elsewhere' }).count()).toBe(0)
    expect(await page.getByRole('link', { name: 'Call secret' }).count()).toBe(0)
    await page.goto('/ask?id=theirs')
    await page.getByText(/^Reads 1 call and /).waitFor()
    await page.goto('/calls/secret')
    await page.getByText('Could not load the call.').waitFor()
    await page.goto('/trackers')
    await page.getByRole('heading', { name: 'Trackers', level: 1 }).waitFor()
    expect(await page.getByText('Credits, 28 days').count()).toBe(0)
    expect(await page.getByTestId('balance-chip').count()).toBe(0)
    await context.close()
  },
  LONG,
)

/** Whether the page's focus is on an element. */
function isFocused(target: Locator): Promise<boolean> {
  return target.evaluate((one) => one === one.ownerDocument.activeElement)
}

/** Goes on with Tab until something is focused, and sees that the focus can be seen. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor()
  for (let stop = 0; stop < 120; stop++) {
    await page.keyboard.press('Tab')
    const focused = await isFocused(target)
    if (focused) return
  }
  throw new Error('the keyboard does not get there')
}

test.skipIf(hasNoBrowser)(
  'a tracker is published by keyboard alone; the dialog starts on Cancel and Escape closes it',
  async () => {
    // With this much history the price is more than a twentieth of what is left, so it is asked.
    const lines = Array.from({ length: 30 }, (_, no) =>
      JSON.stringify({ kind: 'call', ...aCall(`long-${no}`, { startedAt: ago(60) }) }),
    )
    await company.post('/v1/import?history=true', lines.join('\n'), {
      headers: { 'content-type': 'application/x-ndjson' },
    })
    const { page, context, faults } = await journey.visit(ADMIN)
    await page.goto('/trackers/new')
    await tabTo(page, page.getByLabel('Name'))
    await page.keyboard.type('By keyboard')
    await tabTo(page, page.getByLabel('Question', { exact: true }))
    await page.keyboard.type('Is there a budget?')
    await page.getByText('Draft saved').waitFor()
    // A group of choices is one stop; the arrows move within it.
    const fromNowOn = page.getByRole('radio', { name: /From now on/ })
    await expect.poll(() => fromNowOn.isEnabled(), PATIENCE).toBe(true)
    await tabTo(page, fromNowOn)
    await page.keyboard.press('ArrowDown')
    const publish = page.getByTestId('publish')
    const label = /^Publish and process 32 calls – 32\.0 credits$/
    await expect.poll(() => publish.textContent(), PATIENCE).toMatch(label)
    await tabTo(page, publish)
    const outline = await publish.evaluate(
      (one) => one.ownerDocument.defaultView!.getComputedStyle(one).outlineStyle,
    )
    expect(outline).not.toBe('none')
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Publish “By keyboard”?' })
    const cancel = dialog.getByRole('button', { name: 'Cancel' })
    const isOnCancel = () => isFocused(cancel)
    await expect.poll(isOnCancel, PATIENCE).toBe(true)
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    const isBack = () => isFocused(publish)
    await expect.poll(isBack, PATIENCE).toBe(true)
    await page.keyboard.press('Enter')
    await tabTo(page, dialog.getByRole('button', { name: 'Publish – 32.0 credits' }))
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'By keyboard', level: 1 }).waitFor()
    await page.getByText('Live', { exact: true }).waitFor()
    expect(faults).toEqual([])
    await context.close()
  },
  LONG,
)

test.skipIf(hasNoBrowser)(
  'on a phone in the dark the price stays at the bottom and nothing moves sideways',
  async () => {
    const { page, context } = await journey.visit(ADMIN, { width: 390, scheme: 'dark' })
    await page.goto('/trackers/new')
    await page.getByLabel('Name').fill('On a phone')
    await page.getByLabel('Question', { exact: true }).fill('Is there a deadline?')
    await page.getByText('Draft saved').waitFor()
    await page.getByText(/^0\.0 now · ≈ /).waitFor()
    await page.getByRole('button', { name: 'Publish', exact: true }).waitFor()
    const sideways = () =>
      page.evaluate<number>(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      )
    for (const path of [
      '/trackers/new',
      '/trackers',
      '/conversations',
      '/accounts',
      '/briefs',
      '/ask',
    ]) {
      await page.goto(path)
      await page.getByRole('heading', { level: 1 }).waitFor()
      expect(await sideways(), path).toBe(0)
    }
    await context.close()
  },
  LONG,
)
