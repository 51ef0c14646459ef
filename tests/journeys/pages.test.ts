import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestCompany } from '../kit/house.ts'
import {
  go,
  hasNoBrowser,
  type Journey,
  openJourney,
  PASSWORD,
  PATIENCE,
  routesOf,
} from '../kit/journey.ts'
import { aCall, anEmail, fund, putIn } from '../kit/samples.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const LONG = 600_000
/** How far the page can be moved sideways; told as text, for it runs in the browser. */
const OVERHANG = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'

let journey: Journey
/** The id of one of each, by the word that stands before it in an address. */
let ids: Record<string, string>

beforeAll(async () => {
  if (hasNoBrowser) return
  journey = await openJourney()
  ids = await furnish(await journey.house.newCompany({ name: 'Pages' }))
}, 300_000)
afterAll(() => journey?.close())

const emailOf = (role: string) => `${role}@pages.test`

/** One of everything that a page shows. */
async function furnish(company: TestCompany): Promise<Record<string, string>> {
  const made = async (path: string, body: unknown): Promise<string> => {
    const { status, text, body: answer } = await company.post(path, body)
    if (status >= 300) throw new Error(`${path}: ${text}`)
    return answer.id
  }
  for (const role of Object.keys(looks)) {
    await made('/v1/members', { name: `A ${role}`, email: emailOf(role), password: PASSWORD, role })
  }
  const seats = [{ type: 'foundation', count: 1, creditsPerSeat: 100 }]
  const startDate = `${new Date().getUTCFullYear()}-01-01`
  await company.put('/v1/contract', { startDate, termMonths: 24, seats })
  await fund(company, 400, { reference: 'PO-1042' })
  const accounts = await made('/v1/accounts', { name: 'Theirs', domains: ['theirs.test'] })
  const deals = await made('/v1/deals', { name: 'A deal', accountId: accounts, status: 'open' })
  const contacts = await made('/v1/contacts', { name: 'Bo', email: 'bo@theirs.test' })
  const leads = await made('/v1/leads', { name: 'Cy', email: 'cy@elsewhere.test' })
  const at = new Date(Date.now() - 86_400_000).toISOString()
  await putIn(company, aCall('one', { startedAt: at }), anEmail('one', { sentAt: at }))
  const question = { kind: 'question', name: 'Budget', question: 'Is there a budget?' }
  const trackers = await made('/v1/trackers', question)
  await made(`/v1/trackers/${trackers}/publish`, {})
  const outside = { feature: 'outside', instance: { id: 'doc', name: 'A document' } }
  const charge = (quantity: number) =>
    made('/v1/credits/charges', { items: [{ type: 'email', quantity }], ...outside })
  const charges = await charge(1)
  // Past 80 percent of use, so that there is something to tell.
  await charge(4_200)
  await made('/v1/credits/holds', { credits: 5, feature: 'outside', ttlSeconds: 86_400 })
  const teams = await made('/v1/teams', { name: 'Sales' })
  await made('/v1/budgets', { scope: { type: 'team', id: teams }, period: 'month', credits: 90 })
  await made('/v1/webhooks', { url: 'https://example.com/hook', events: ['credits.granted'] })
  const streams = await made('/v1/streams', { name: 'All calls', filter: { itemTypes: ['call'] } })
  const section = { title: 'Needs', source: 'conversations', question: 'What matters?' }
  const briefs = await made('/v1/briefs', {
    ...{ name: 'Account', status: 'published', sections: [section] },
  })
  const entity = { type: 'account', id: accounts }
  const generated = await made(`/v1/briefs/${briefs}/generate`, { entity })
  const then = { briefId: briefs, entity, deliverTo: [] }
  const automations = await made('/v1/automations', {
    ...{ name: 'Weekly', enabled: true, when: { type: 'call_processed' }, then },
  })
  await journey.house.workUntilIdle()
  return {
    ...{ calls: 'one', emails: 'one', accounts, trackers, charges, streams, briefs, generated },
    // Nobody asks for consent here; the page has to say so.
    ...{ automations, deals, contacts, leads, consent: 'unknown' },
  }
}

/** An address of the router with the ids of what there is one of. */
function filled(route: string): string {
  return route.replace(/([^/]+)\/\$\w+/g, (_all, kind: string) => {
    const id = ids[kind]
    if (!id) throw new Error(`${route}: furnish() makes none of ${kind}`)
    return `${kind}/${encodeURIComponent(id)}`
  })
}

interface Look {
  scheme: 'light' | 'dark'
  width: number
  /** The rules of axe that this look may break; all unless given, none for a look at the layout alone. */
  rules?: string[]
}

/** Ends the transitions that are under way, and tells how many there were. */
const UNDER_WAY = `(() => {
  const all = document.getAnimations().filter((one) => one instanceof CSSTransition)
  for (const one of all) one.finish()
  return all.length
})()`

/** What axe finds that is serious, and whether the page can be moved sideways. */
async function wrongWith(page: Page, path: string, { scheme, width, rules }: Look) {
  await page.emulateMedia({ colorScheme: scheme })
  await page.setViewportSize({ width, height: 900 })
  await page.evaluate(
    'new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))',
  )
  // Colours on their way from one scheme to the other are nobody's fault.
  await expect.poll(() => page.evaluate<number>(UNDER_WAY), PATIENCE).toBe(0)
  const sideways = await page.evaluate<number>(OVERHANG)
  const look = `${path} (${scheme}, ${width} px)`
  const wrong = sideways > 0 ? [`${look}: scrolls ${sideways} px sideways`] : []
  if (rules?.length === 0) return wrong
  await page.evaluate(AXE)
  const found = await page.evaluate(async (only) => {
    const { axe } = globalThis as unknown as {
      axe: { run: (how: unknown) => Promise<{ violations: Violation[] }> }
    }
    const how = { resultTypes: ['violations'], ...(only ? { runOnly: only } : {}) }
    const { violations } = await axe.run(how)
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id} at ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)
  }, rules)
  return [...wrong, ...found.map((fault) => `${look}: ${fault}`)]
}

interface Violation {
  id: string
  impact: string
  nodes: { target: string[] }[]
}

const looks: Record<string, Look[]> = {
  tech_admin: [
    { scheme: 'light', width: 1280 },
    { scheme: 'dark', width: 768, rules: ['color-contrast'] },
    { scheme: 'light', width: 390, rules: ['target-size'] },
  ],
  business_admin: [{ scheme: 'dark', width: 1280, rules: [] }],
  member: [{ scheme: 'light', width: 320, rules: [] }],
}

test.skipIf(hasNoBrowser).each(Object.entries(looks))(
  'every page is sound for a %s: nothing serious, nothing sideways, no fault of a script',
  async (role, each) => {
    const { page, context, faults } = await journey.visit(emailOf(role))
    const routes = await routesOf(page)
    expect(routes.length).toBeGreaterThan(35)
    const wrong: string[] = []
    for (const route of routes) {
      const path = filled(route)
      await go(page, path).catch(() => wrong.push(`${path}: never shows a title and all it has`))
      for (const look of each) wrong.push(...(await wrongWith(page, path, look)))
    }
    expect(wrong).toEqual([])
    // What a role may not see is refused by the server; the page says so in words.
    const expected = role === 'tech_admin' ? /consent.* 400 / : / 403 |consent.* 400 /
    expect(faults.filter((fault) => !expected.test(fault))).toEqual([])
    await context.close()
  },
  LONG,
)

test.skipIf(hasNoBrowser)(
  'a company that has nothing yet has no broken page either',
  async () => {
    const admin = { name: 'Eve', email: 'eve@empty.test', password: PASSWORD }
    await journey.house.newCompany({ name: 'Empty', admin })
    const { page, context, faults } = await journey.visit(admin.email)
    const wrong: string[] = []
    for (const route of await routesOf(page)) {
      if (route.includes('$')) continue
      await go(page, route)
      wrong.push(...(await wrongWith(page, route, { scheme: 'light', width: 1280 })))
    }
    expect(wrong).toEqual([])
    expect(faults).toEqual([])
    await context.close()
  },
  LONG,
)
