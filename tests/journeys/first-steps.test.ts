import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  hasFocus,
  hasNoBrowser,
  type Journey,
  openJourney,
  PASSWORD,
  PATIENCE,
} from '../kit/journey.ts'

let journey: Journey

beforeAll(async () => {
  if (!hasNoBrowser) journey = await openJourney()
}, 300_000)
afterAll(() => journey?.close())

test.skipIf(hasNoBrowser)(
  'a new installation is set up, left and entered again; a key is made, and its first charge is traced to its entry',
  async () => {
    const { page, context, faults } = await journey.visit()
    await page.goto('/')
    await page.getByRole('heading', { name: 'Set up Sluice' }).waitFor()
    const fill = (label: string, value: string) =>
      page.getByLabel(label, { exact: true }).fill(value)
    await fill('Operator key', 'op_only-for-tests-0123456789')
    await fill('Company name', 'Brightwater')
    await fill('Your name', 'Dana Ruiz')
    await fill('Your email', 'dana@first.test')
    await fill('Password', PASSWORD)
    await page.getByRole('button', { name: 'Found the company' }).click()
    await page.getByRole('heading', { name: /, Dana$/ }).waitFor()
    await page.getByRole('heading', { name: 'Setting up' }).waitFor()

    await page.getByRole('button', { name: 'Your account' }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await fill('Email', 'dana@first.test')
    await fill('Password', 'not the password')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').waitFor()
    await fill('Password', PASSWORD)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: /, Dana$/ }).waitFor()

    await page.goto('/credits/grants?add=1')
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Credits', { exact: true }).fill('50')
    await dialog.getByRole('button', { name: 'Add 50.0 credits' }).click()
    await page.getByRole('cell', { name: 'Usable', exact: true }).waitFor()

    await page.goto('/connect')
    await page.getByRole('button', { name: 'New key' }).first().click()
    await dialog.getByLabel('Name').fill('crm-sync')
    await dialog.getByLabel('Charge, hold, refund own').check()
    await dialog.getByRole('button', { name: 'Make the key' }).click()
    const key = (await dialog.locator('pre').textContent())!.trim()
    expect(await dialog.getByRole('button', { name: 'Done' }).isEnabled()).toBe(false)
    await page.keyboard.press('Escape')
    await dialog.getByLabel('I have stored it').check()
    await dialog.getByRole('button', { name: 'Done' }).click()
    await page.getByText('Waiting for the first request of crm-sync').waitFor()
    expect(await page.content()).not.toContain(key)

    const asked = await journey.house.client(`Bearer ${key}`).post('/v1/credits/charges', {
      items: [
        { type: 'call', id: 'kestrel', durationSeconds: 600 },
        { type: 'call', id: 'aldgate', durationSeconds: 601 },
        { type: 'email', quantity: 3 },
      ],
      ...{ feature: 'deal_summaries', instance: { id: 'weekly', name: 'Weekly summary' } },
    })
    expect(asked.status).toBe(201)
    await page.getByText('The first request of crm-sync came in').waitFor()
    await page.getByRole('link', { name: 'It was charged 1.8.' }).waitFor()

    // From the headline down: whole, feature, instance, charge, item and entry.
    await page.goto('/credits')
    await expect.poll(() => page.getByTestId('balance-left').textContent(), PATIENCE).toBe('48.2')
    await page.getByRole('link', { name: 'See all use' }).click()
    await page.getByRole('combobox', { name: 'Split by' }).click()
    await page.getByRole('option', { name: 'Feature' }).click()
    await page.getByRole('link', { name: 'Deal summaries' }).click()
    await page.getByRole('link', { name: 'Weekly summary' }).first().click()
    await page.getByTestId('chosen').getByText('Deal summaries').waitFor()
    await expect.poll(() => page.getByTestId('use-sum').textContent(), PATIENCE).toBe('1.8')
    await page.getByText('calls up to 10 min').first().waitFor()
    await page.getByRole('table', { name: 'Charges' }).getByRole('link').first().click()
    expect(await page.getByTestId('charge-total').textContent()).toBe('1.8')
    await page.getByText('1 call over 10 min').waitFor()
    await page.getByText('1 call up to 10 min').waitFor()
    await page.getByText('3 emails').first().waitFor()
    await page.getByText('crm-sync').waitFor()
    await page.getByRole('link', { name: 'In the ledger' }).click()
    const entries = page.getByRole('table', { name: 'Ledger entries' })
    await expect.poll(() => entries.getByRole('row').count(), PATIENCE).toBe(2)
    await entries.getByText('\u22121.8').waitFor()
    await expect
      .poll(() => page.getByTestId('reconcile').textContent(), PATIENCE)
      .toMatch(/Granted 50\.0 . charged 1\.8 .* = 48\.2 matches the balance/)
    expect(faults.filter((fault) => !/ 422 /.test(fault))).toEqual([])
    await context.close()
  },
  240_000,
)

test.skipIf(hasNoBrowser)(
  'somebody is invited, chooses a password, and as a member finds no balance and nothing to buy',
  async () => {
    const { house } = journey
    const admin = { name: 'Olu', email: 'olu@invites.test', password: PASSWORD }
    await house.newCompany({ name: 'Invites', admin })
    const { page, context } = await journey.visit(admin.email)
    await page.goto('/admin/people')
    await page.getByRole('button', { name: 'Invite' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('Mia Berg')
    await dialog.getByLabel('Email').fill('mia@invites.test')
    await dialog.getByRole('button', { name: 'Invite' }).first().click()
    const link = (await dialog.locator('pre').textContent())!.trim()
    await context.close()

    const guest = await journey.visit()
    await guest.page.goto(link.replace(/^.*(?=\/invitation)/, ''))
    await guest.page.getByRole('heading', { name: 'Welcome, Mia Berg' }).waitFor()
    await guest.page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await guest.page.getByRole('button', { name: 'Choose and sign in' }).click()
    await guest.page.getByRole('heading', { name: /, Mia$/ }).waitFor()
    expect(await guest.page.getByTestId('balance-chip').count()).toBe(0)
    await guest.page.keyboard.press('Control+k')
    await guest.page.getByRole('textbox', { name: 'Search or jump to' }).fill('add credits')
    await guest.page.getByText('Nothing by that name.').waitFor()
    await guest.page.goto('/credits/ledger')
    await guest.page.getByText('Not for your role').first().waitFor()
    await guest.context.close()
  },
  180_000,
)

test.skipIf(hasNoBrowser)(
  'by keyboard alone: skip to the content, find a verb, fill its dialog, and come back to where one was',
  async () => {
    const { house } = journey
    const admin = { name: 'Kei', email: 'kei@keys.test', password: PASSWORD }
    await house.newCompany({ name: 'Keys', admin })
    const { page, context } = await journey.visit(admin.email)
    await page.goto('/credits/grants')
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.keyboard.press('Tab')
    const skip = page.getByRole('link', { name: 'Skip to content' })
    await expect.poll(() => hasFocus(skip)).toBe(true)
    expect(
      await skip.evaluate(
        (one) => one.ownerDocument.defaultView!.getComputedStyle(one).outlineWidth,
      ),
    ).toBe('2px')

    await page.keyboard.press('Control+k')
    const search = page.getByRole('textbox', { name: 'Search or jump to' })
    await search.waitFor()
    await page.keyboard.type('add credits')
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    const amount = dialog.getByLabel('Credits', { exact: true })
    await amount.waitFor()
    await expect.poll(() => hasFocus(amount), PATIENCE).toBe(true)
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })

    const add = page.getByRole('button', { name: 'Add credits' }).first()
    await add.focus()
    await page.keyboard.press('Enter')
    await expect.poll(() => hasFocus(amount), PATIENCE).toBe(true)
    await page.keyboard.type('12.5')
    await page.getByText('0.0 → 12.5').waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('cell', { name: 'Usable', exact: true }).waitFor()
    await expect.poll(() => hasFocus(add), PATIENCE).toBe(true)
    await context.close()
  },
  180_000,
)
