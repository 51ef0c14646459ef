import { randomBytes, randomInt } from 'node:crypto'
import { type Role, scopes } from '../../src/kit/caller.ts'
import type { Answer, TestCompany, TestHouse } from './house.ts'
import { signedIn } from './people.ts'
import { aCall, anEmail, FOUND } from './samples.ts'

/** Kinds of things that have ids, by the word that stands before the id in an address. */
export type Ids = Record<string, string>

/** A company with one of everything, and texts in all of it that nobody else may ever see. */
export interface RichCompany extends TestCompany {
  ids: Ids
  /** Stands in every text that the company wrote. */
  canary: string
  /** Secrets that were shown once: keys, passwords, secrets of webhooks. */
  secrets: string[]
  /** Signed in, one of each role: the headers of a page of theirs. */
  people: Record<Role, Record<string, string>>
}

const PASSWORD = 'correct horse battery'

/** Makes one of everything over HTTP; whatever is refused here would leave a hole in what uses it. */
export async function richCompany(house: TestHouse, word: string): Promise<RichCompany> {
  const canary = `${word}-${randomBytes(8).toString('hex')}`
  const company = await house.newCompany({ name: `Company ${canary}` })
  const made = async (path: string, body: unknown, method: 'post' | 'put' = 'post') => {
    const answer = await company[method](path, body)
    if (answer.status >= 300) throw new Error(`${path}: ${answer.text}`)
    return answer.body
  }
  const ids: Ids = { company: company.id }
  // So that a test may ask the /v2 doors as fast as it can.
  const limits = { gongPerSecond: 100_000, gongPerDay: 1_000_000 }
  const changed = await company.patch('/v1/company', { limits })
  if (changed.status !== 200) throw new Error(changed.text)
  await made(
    '/v1/contract',
    {
      startDate: thisYear(),
      termMonths: 24,
      seats: [{ type: 'foundation', count: 1, creditsPerSeat: 100 }],
    },
    'put',
  )
  await made('/v1/rate-cards', { effectiveAt: '2030-01-01T00:00:00Z', prices: { email: 0.2 } })
  ids.teams = (await made('/v1/teams', { name: `Team ${canary}` })).id
  const people = {} as RichCompany['people']
  for (const role of ['tech_admin', 'business_admin', 'member'] as const) {
    const email = `${role}@${canary}.test`.toLowerCase()
    const person = await signedIn(house, company, email, {
      role,
      name: `${role} ${canary}`,
      teamIds: [ids.teams],
    })
    people[role] = person.headers
    ids.members = person.id
  }
  const key = await made('/v1/integrations', {
    name: `Key ${canary}`,
    kind: 'api',
    access: 'shared',
    scopes: scopes.filter((scope) => scope !== 'admin'),
  })
  ids.integrations = key.id
  ids.grants = (
    await made('/v1/credits/grants', {
      source: 'purchased',
      credits: 500,
      reference: `Order ${canary}`,
    })
  ).id
  ids.accounts = (
    await made('/v1/accounts', {
      id: `${word}-account`,
      name: `Account ${canary}`,
      domains: ['theirs.test'],
      externalId: `${word}-crm-1`,
    })
  ).id
  ids.deals = (
    await made('/v1/deals', {
      id: `${word}-deal`,
      name: `Deal ${canary}`,
      accountId: ids.accounts,
      status: 'open',
    })
  ).id
  ids.contacts = (
    await made('/v1/contacts', {
      id: `${word}-contact`,
      name: `Contact ${canary}`,
      email: 'cora@theirs.test',
      accountId: ids.accounts,
    })
  ).id
  ids.externalId = `${word}-crm-1`
  ids.messageId = `<${word}@message.test>`
  ids.leads = (
    await made('/v1/leads', {
      id: `${word}-lead`,
      name: `Lead ${canary}`,
      email: `lead@${word}.test`,
    })
  ).id
  const at = new Date(Date.now() - 86_400_000).toISOString()
  const said = { text: `${FOUND} ${canary}`, accountId: ids.accounts }
  ids.calls = (
    await made('/v1/calls', {
      ...aCall(`${word}-call`, said),
      title: `Call ${canary}`,
      startedAt: at,
    })
  ).id
  ids.emails = (
    await made('/v1/emails', {
      ...anEmail(`${word}-email`, said),
      messageId: ids.messageId,
      subject: `Email ${canary}`,
      sentAt: at,
    })
  ).id
  const imported = await company.post(
    '/v1/import',
    `{"kind":"lead","name":"Lead ${canary}"}\n{"kind":"nothing ${canary}"}\n`,
    {
      headers: { 'content-type': 'application/x-ndjson' },
    },
  )
  ids.imports = imported.body.id ?? 'none'
  ids.trackers = (
    await made('/v1/trackers', {
      kind: 'question',
      name: `Tracker ${canary}`,
      question: 'Is there a budget?',
      itemTypes: ['call', 'email'],
    })
  ).id
  ids.webhooks = (
    await made('/v1/webhooks', {
      url: `https://example.com/${canary}`,
      events: ['credits.granted', 'credits.threshold'],
    })
  ).id
  await made(`/v1/trackers/${ids.trackers}/publish`, {})
  const charge = (quantity: number) =>
    made('/v1/credits/charges', {
      items: [{ type: 'email', quantity }],
      feature: 'outside',
      instance: { id: `${word}-instance`, name: `Instance ${canary}` },
      memberId: ids.members,
      teamId: ids.teams,
      metadata: { note: canary },
    })
  ids.charges = (await charge(1)).id
  ids.instances = `${word}-instance`
  ids.holds = (
    await made('/v1/credits/holds', {
      credits: 5,
      feature: 'outside',
      metadata: { note: canary },
      ttlSeconds: 86_400,
    })
  ).id
  ids.budgets = (
    await made('/v1/budgets', {
      scope: { type: 'team', id: ids.teams },
      period: 'month',
      credits: 900,
    })
  ).id
  const range = {
    from: new Date(Date.now() - 10 * 86_400_000).toISOString(),
    to: new Date(Date.now() + 1000).toISOString(),
  }
  ids.backfillId = (await made(`/v1/trackers/${ids.trackers}/backfills`, { ...range })).id
  ids.streams = (
    await made('/v1/streams', {
      name: `Stream ${canary}`,
      filter: { itemTypes: ['call'], accountIds: [ids.accounts] },
    })
  ).id
  await made(`/v1/streams/${ids.streams}/followers`, { memberId: ids.members })
  ids.briefs = (
    await made('/v1/briefs', {
      name: `Brief ${canary}`,
      status: 'published',
      sections: [
        { title: `Section ${canary}`, source: 'conversations', question: 'What matters?' },
      ],
    })
  ).id
  ids.generatedId = (
    await made(`/v1/briefs/${ids.briefs}/generate`, {
      entity: { type: 'account', id: ids.accounts },
    })
  ).id
  await made('/v1/ask', {
    question: `What of ${canary}?`,
    entity: { type: 'account', id: ids.accounts },
  })
  ids.automations = (
    await made('/v1/automations', {
      name: `Automation ${canary}`,
      enabled: true,
      when: { type: 'call_processed' },
      // biome-ignore lint/suspicious/noThenProperty: the word of the API
      then: {
        briefId: ids.briefs,
        entity: { type: 'account', id: ids.accounts },
        deliverTo: [ids.members],
      },
    })
  ).id
  // Past 80 percent of use: a notice, a mail, a message to the webhook.
  await charge(4_500)
  await house.workUntilIdle()
  ids.notifications = await first(
    house.client().get('/v1/notifications', {}, { headers: people.tech_admin }),
  )
  ids.sessions = await first(house.client().get('/v1/sessions', {}, { headers: people.member }))
  ids.connections = key.id
  // A request for consent is a browser's, and no company's.
  ids.consent = 'none'
  const credential = { kind: 'bearer', token: `token-${canary}` }
  ids.connectors = (
    await made('/v1/connectors', {
      name: `Connector ${canary}`,
      baseUrl: 'https://example.com',
      credential,
      enabled: false,
    })
  ).id
  const account = { user: `user-${canary}`, password: `password-${canary}` }
  ids.mailboxes = (
    await made('/v1/mailboxes', { host: 'mail.example.com', ...account, enabled: false })
  ).id
  // A number of its own is shown as it is; a number that is given out counts from one in every company.
  ids.gongCalls = String(randomInt(1e12, 9e12))
  await made('/v1/calls', { ...aCall(ids.gongCalls, said), title: `Call ${canary}`, startedAt: at })
  ids.gongUsers = (await company.get('/v2/users')).body.users[0].id
  ids.gongWorkspaces = (await company.get('/v2/workspaces')).body.workspaces[0].id
  ids.deliveryId = await first(company.get(`/v1/webhooks/${ids.webhooks}/deliveries`))
  return { ...company, ids, canary, secrets: [company.key, key.key, PASSWORD], people }
}

async function first(listed: Promise<Answer>): Promise<string> {
  const { body, text } = await listed
  if (!body.data?.[0]) throw new Error(`nothing is listed: ${text}`)
  return body.data[0].id
}

function thisYear(): string {
  return `${new Date().getUTCFullYear()}-01-01`
}
