import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createScripted } from '../../src/ai/scripted.ts'
import type { TestCompany } from '../kit/house.ts'
import { hasNoBrowser, type Journey, openJourney, PASSWORD, PATIENCE } from '../kit/journey.ts'
import { aCall, anEmail, aTracker, FOUND, fund, putIn } from '../kit/samples.ts'

const LONG = 240_000
const PEOPLE = { admin: 'admin@stopped.test', member: 'member@stopped.test' }
let journey: Journey
let company: TestCompany
let briefId: string
let ids: Record<'Alpha' | 'Beta' | 'Gamma', string>

beforeAll(async () => {
  if (hasNoBrowser) return
  const read = {
    found: true,
    answer: 'There is a budget.',
    occurrences: [{ turn: 1, quote: FOUND }],
  }
  journey = await openJourney({ model: createScripted({ read: () => read }) })
  company = await journey.house.newCompany({ name: 'Stopped' })
  for (const [name, email] of Object.entries(PEOPLE)) {
    const role = name === 'admin' ? 'tech_admin' : 'member'
    await company.post('/v1/members', { name: `The ${name}`, email, password: PASSWORD, role })
  }
  await fund(company, 3)
  const both = { itemTypes: ['call', 'email'] }
  ids = {
    Alpha: await aTracker(company, { name: 'Alpha', ...both }),
    Beta: await aTracker(company, { name: 'Beta', ...both }),
    Gamma: await aTracker(company, { name: 'Gamma', ...both }),
  }
  const trackers = [{ trackerId: ids.Alpha }]
  await company.post('/v1/streams', { name: 'Budget talk', filter: { trackers } })
  const question = 'What do they need?'
  const sections = [{ title: 'Needs', source: 'conversations', question }]
  const brief = await company.post('/v1/briefs', { name: 'Look', sections })
  await company.post('/v1/accounts', { id: 'theirs', name: 'Theirs', domains: ['theirs.test'] })
  const entity = { type: 'account', id: 'theirs' }
  const when = { type: 'schedule', every: 'week', at: '09:00' }
  const then = { briefId: brief.body.id, entity, deliverTo: [] }
  await company.post('/v1/automations', { name: 'Weekly look', enabled: true, when, then })
  briefId = brief.body.id
  // Three trackers read one long call: the pool is spent. What comes then waits.
  await putIn(company, aCall('first', { startedAt: ago(3) }))
  await vi.waitFor(async () => expect(await statusOf('Gamma')).toBe('out_of_credits'), PATIENCE)
  await putIn(
    company,
    ...['second', 'third'].map((id) => aCall(id, { startedAt: ago(2) })),
    ...['one', 'two', 'three'].map((id) => anEmail(id, { sentAt: ago(1) })),
  )
}, 180_000)
afterAll(() => journey?.close())

const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString()
const statusOf = async (name: keyof typeof ids) =>
  (await company.get(`/v1/trackers/${ids[name]}`)).body.status
const readBy = async (name: keyof typeof ids) =>
  (await company.get(`/v1/trackers/${ids[name]}/results`)).body.data.length

/** Picks one of the ways to catch up. */
async function choose(page: Page, tracker: string, way: string): Promise<void> {
  await page.getByRole('combobox', { name: `What ${tracker} catches up on` }).click()
  await page.getByRole('option', { name: way }).click()
}

test.skipIf(hasNoBrowser)(
  'a spent pool: each place says what stopped, since when, what waits and what it costs',
  async () => {
    const { page, context, faults } = await journey.visit(PEOPLE.admin)
    await page.goto('/trackers')
    await page.getByText('3 trackers are stopped, out of credits').waitFor()
    await page.getByText(/6 calls and 9 emails wait; catching up on all would cost 6\.9/).waitFor()

    await page.goto(`/trackers/${ids.Alpha}`)
    await page.getByText(/^Stopped – out of credits since /).waitFor()
    await page
      .getByText(/2 calls and 3 emails are waiting; catching up on all costs 2\.3/)
      .waitFor()
    await page.getByText('Not fed meanwhile: Budget talk.').waitFor()
    // What was found before stays, with its evidence.
    await page.getByRole('link', { name: 'Call first' }).waitFor()

    await page.goto('/streams')
    await page.getByText(/^Not updated since .*: out of credits$/).waitFor()
    await page.getByRole('link', { name: /^Budget talk/ }).click()
    await page.getByText(/Calls and emails since then are not added; what is here stays/).waitFor()
    await page.getByRole('link', { name: 'Call first' }).waitFor()

    await page.goto('/trackers/new')
    await page.getByLabel('Name').fill('Late')
    await page.getByLabel('Question', { exact: true }).fill('Is there a deadline?')
    await page.getByText('Draft saved').waitFor()
    const publish = page.getByTestId('publish')
    await expect.poll(() => publish.getAttribute('aria-disabled'), PATIENCE).toBe('true')
    await page.getByText('Out of credits. The draft is saved; publish it once').first().waitFor()

    // By hand everything still answers, for nothing; what pays stands still.
    await page.goto('/ask?id=theirs')
    await page.getByLabel('Question').fill('Is there a budget?')
    await page.getByRole('button', { name: 'Ask – free' }).click()
    await page.getByText('Scripted.').waitFor()
    await page.goto(`/briefs/${briefId}?id=theirs`)
    await page.getByRole('button', { name: 'Generate – free' }).click()
    await page.getByText('Nothing was charged.').waitFor()
    await page.goto('/automations')
    await page.getByRole('row', { name: /^Weekly look .* On hold$/ }).waitFor()
    expect(faults).toEqual([])
    await context.close()
  },
  LONG,
)

test.skipIf(hasNoBrowser)(
  'a member sees that it is stopped and who can help, and no amount',
  async () => {
    const { page, context } = await journey.visit(PEOPLE.member)
    await page.goto(`/trackers/${ids.Alpha}`)
    await page.getByText(/^Stopped – out of credits since /).waitFor()
    await page.getByText('The admin can help.').waitFor()
    expect(await page.getByText(/catching up on all costs/).count()).toBe(0)
    expect(await page.getByTestId('balance-chip').count()).toBe(0)
    expect(await page.getByTestId('result-charge').count()).toBe(0)
    expect(await page.getByRole('button', { name: 'Unpublish' }).count()).toBe(0)
    await context.close()
  },
  LONG,
)

test.skipIf(hasNoBrowser)(
  'after a purchase nothing starts by itself; resuming is priced, each tracker in its own way',
  async () => {
    const { page, context, faults } = await journey.visit(PEOPLE.admin)
    await fund(company, 100)
    await page.goto('/trackers/resume')
    const resume = (label: string) => page.getByRole('button', { name: label })
    await resume('Resume 3 – 6.0 credits').waitFor()
    // Leaving one out changes the sum; the order is changed by buttons.
    await page.getByRole('checkbox', { name: 'Beta' }).uncheck()
    await resume('Resume 2 – 4.0 credits').waitFor()
    await page.getByRole('checkbox', { name: 'Beta' }).check()
    await resume('Move Gamma down').click()
    await expect.poll(() => page.getByRole('row').nth(2).textContent(), PATIENCE).toContain('Gamma')
    await choose(page, 'Beta', 'Calls and emails – 2.3')
    await resume('Resume 3 – 6.3 credits').waitFor()
    await choose(page, 'Gamma', 'Nothing, from now on – 0.0')
    await page.getByText('100.0 left − 4.3 = 95.7').waitFor()
    // Nothing was read meanwhile: a tracker waits to be resumed.
    expect(await Promise.all([readBy('Alpha'), readBy('Beta'), readBy('Gamma')])).toEqual([1, 1, 1])
    await resume('Resume 3 – 4.3 credits').click()
    await page.getByText('3 trackers resumed').waitFor()

    const read = async () => [await readBy('Alpha'), await readBy('Beta'), await readBy('Gamma')]
    await expect.poll(read, PATIENCE).toEqual([3, 6, 1])
    const left = async () => (await company.get('/v1/credits/balance')).body.available
    await expect.poll(left, PATIENCE).toBe(95.7)
    await page.goto(`/trackers/${ids.Beta}?tab=history`)
    await page.getByRole('row', { name: /Missed items .*Done.*5 of 5/ }).waitFor()
    await page.goto('/trackers/resume')
    await page.getByText('Nothing is stopped').waitFor()
    expect(faults).toEqual([])
    await context.close()
  },
  LONG,
)
