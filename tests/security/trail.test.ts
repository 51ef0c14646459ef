import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type TestHouse, testHouse } from '../kit/house.ts'
import { type Route, routesOf, sampleOf } from '../kit/openapi.ts'
import { type RichCompany, richCompany } from '../kit/rich-company.ts'
import { pathOf } from './ids.ts'
import { shoot } from './stranger.ts'
import { completed } from './sweep.ts'

// Thousands of requests take as long as the machine is busy.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

let house: TestHouse
let company: RichCompany
beforeAll(async () => {
  house = await testHouse({ resolve: async () => [] })
  company = await richCompany(house, 'audited')
})
afterAll(() => house.close())

/** Routes that change nothing, though their method may: they ask, or say what the ledger or a job says itself. */
const silent = [
  /^POST \/v1\/credits\/(estimate|what-if)$/,
  // The ledger is the trail of what is spent: each entry names its actor.
  /^POST \/v1\/credits\/(charges(\/batch)?$|holds)/,
  /^POST \/v1\/trackers\/:id\/(estimate|try)$/,
  /^POST \/v1\/ask$/,
  /^POST \/v1\/(briefs\/:id\/generate|automations\/:id\/run|notifications\/:id\/read)$/,
  /^POST \/v1\/(connectors\/:id\/sync|mailboxes\/:id\/check|webhooks\/:id\/deliveries\/:deliveryId\/retry)$/,
  /^POST \/v1\/test-clock\/advance$/,
  /^(POST|DELETE) \/v1\/sessions?(\/|$)/,
  /^(POST|DELETE) \/v1\/streams\/:id\/followers$/,
  /^POST \/v2\//,
  /^POST \/oauth\//,
]

const count = async () =>
  Number(
    (
      await house.database.asOwner('select count(*) as n from audit_entry where company_id = $1', [
        company.no,
      ])
    ).rows[0].n,
  )

/** A change that can be made: what the smallest body lacks to change anything. */
function changeOf({ url, method }: Route, body: unknown): unknown {
  const unique = crypto.randomUUID()
  const more: Record<string, unknown> = {
    'PATCH /v1/company': { name: unique },
    'PATCH /v1/budgets/:id': { credits: 500 },
    'PUT /v1/contract': {
      startDate: `${new Date().getUTCFullYear()}-01-01`,
      termMonths: 24,
      seats: [{ type: 'foundation', count: 2, creditsPerSeat: 100 }],
    },
    'PUT /v1/teams/:id/features': { ai_tracker: false },
    'PATCH /v1/automations/:id': { enabled: false },
    'PATCH /v1/emails/:id': { subject: unique },
    'PATCH /v1/calls/:id': { title: unique },
    'PATCH /v1/webhooks/:id': { enabled: false },
    'PATCH /v1/connectors/:id': { name: unique },
    'PATCH /v1/mailboxes/:id': { folder: 'Other' },
    'POST /v1/rate-cards': { effectiveAt: '2031-01-01T00:00:00Z', prices: { email: 0.3 } },
    'POST /v1/automations': {
      name: unique,
      when: { type: 'call_processed' },
      // biome-ignore lint/suspicious/noThenProperty: the word of the API
      then: { briefId: company.ids.briefs, entity: 'trigger', deliverTo: [company.ids.members] },
    },
    'POST /v1/budgets': {
      scope: { type: 'member', id: company.ids.members },
      period: 'month',
      credits: 10,
    },
    'PUT /v1/budgets/:id': {
      scope: { type: 'team', id: company.ids.teams },
      period: 'month',
      credits: 600,
    },
    'POST /v1/connectors': {
      name: unique,
      baseUrl: 'https://example.com',
      credential: { kind: 'bearer', token: unique },
    },
    'POST /v1/trackers/:id/resume': { missed: 'none' },
  }
  if (more[`${method} ${url}`]) return more[`${method} ${url}`]
  return method === 'PATCH' ? { name: unique } : body
}

test('every change that somebody makes leaves a line in the audit trail', async () => {
  const fresh = (name: string) =>
    name === 'email' ? `${crypto.randomUUID()}@theirs.test` : undefined
  const mutating = routesOf(house.app).filter(
    ({ method, access }) =>
      !['GET', 'HEAD'].includes(method) && access !== 'public' && access !== 'operator',
  )
  const asked = mutating.filter(
    ({ method, url }) => !silent.some((rule) => rule.test(`${method} ${url}`)),
  )
  // Deletions last, so that the rest has something to change.
  const ordered = [...asked].sort(
    (a, b) => Number(a.method === 'DELETE') - Number(b.method === 'DELETE'),
  )
  const findings: string[] = []
  const done: string[] = []
  for (const route of ordered) {
    const body = route.body && changeOf(route, completed(route, sampleOf(route.body, fresh)))
    const headers = {
      authorization: `Bearer ${company.key}`,
      'idempotency-key': crypto.randomUUID(),
    }
    const before = await count()
    const hit = await shoot(house.app, route, {
      path: pathOf(route, company.ids),
      headers,
      ...(body === undefined ? {} : { body }),
    })
    const title = `${route.method} ${route.url}`
    if (hit.status >= 300) findings.push(`${title}: ${hit.status} ${hit.text.slice(0, 200)}`)
    else if ((await count()) === before) findings.push(`${title}: leaves no line`)
    else done.push(title)
  }
  console.log(
    `${done.length} of ${ordered.length} changing routes leave a line\n${findings.join('\n')}`,
  )
  expect(findings.filter((finding) => finding.endsWith('leaves no line'))).toEqual([])
  expect(done.length).toBeGreaterThan(45)
})

test('no secret and no text that was read stands in the trail', async () => {
  const { rows } = await house.database.asOwner(
    'select t::text as line from audit_entry t where company_id = $1',
    [company.no],
  )
  expect(rows.length).toBeGreaterThan(30)
  const secrets = [...company.secrets, `password-${company.canary}`, `token-${company.canary}`]
  for (const { line } of rows) {
    expect(secrets.filter((secret) => line.includes(secret))).toEqual([])
  }
})
