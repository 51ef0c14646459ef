// biome-ignore-all lint/suspicious/noThenProperty: the wire contract's word; nobody awaits it
import { accounts, leads, members, signsIn, teams } from './cast.ts'
import type { Client } from './client.ts'

/** Who plays: the company's administrator, and programs with keys of their own. */
export interface Players {
  admin: Client
  docs: Client
  research: Client
  crm: Client
}

/** Seats with so few credits that a year of this small company's use shows on them. */
const SEATS = { type: 'foundation', count: 50, creditsPerSeat: 24 }

/** Everything that is there on the first day. */
export async function setUp(
  admin: Client,
  startDate: string,
  password: string,
): Promise<{ docs: string; research: string; crm: string }> {
  await admin.send('PATCH', '/v1/company', { emailDomains: ['tern.example'] })
  await admin.send('PUT', '/v1/contract', { startDate, termMonths: 36, seats: [SEATS] })
  for (const team of teams) await admin.send('POST', '/v1/teams', team)
  for (const member of members) {
    const secret = signsIn.includes(member.id) ? { password } : {}
    await admin.send('POST', '/v1/members', { ...member, ...secret })
  }
  for (const { contacts, ...account } of accounts) {
    await admin.send('POST', '/v1/accounts', account)
    for (const contact of contacts) await admin.send('POST', '/v1/contacts', contact)
    const deal = (no: number, name: string, status: string) =>
      admin.send('POST', '/v1/deals', {
        ...{ id: `${account.id}-${no}`, name: `${account.name}: ${name}`, status },
        accountId: account.id,
      })
    await deal(1, 'renewal', 'open')
    await deal(2, 'first year', account.id.length % 3 === 0 ? 'lost' : 'won')
  }
  for (const lead of leads) await admin.send('POST', '/v1/leads', lead)
  const card = { email: 0.1, call_short: 0.5, call_long: 1, web_search: 5, document_page: 0.05 }
  await admin.send('POST', '/v1/rate-cards', { prices: card })
  const scopes = ['credits:read', 'credits:write']
  const docs = await admin.send('POST', '/v1/integrations', { name: 'Document assistant', scopes })
  const research = await admin.send('POST', '/v1/integrations', {
    ...{ name: 'Research agent', scopes, teamId: 'sales' },
  })
  const scope = { type: 'integration', id: research.body.id }
  await admin.send('POST', '/v1/budgets', { scope, period: 'month', credits: 60 })
  const crm = await admin.send('POST', '/v1/integrations', {
    ...{ name: 'CRM', scopes: ['data:read', 'ai:ask', 'ai:brief'], teamId: 'sales' },
  })
  return { docs: docs.body.key, research: research.body.key, crm: crm.body.key }
}

/** What happens once, by the share of the year that has passed. */
export const scenes: { at: number; play: (players: Players, now: Date) => Promise<void> }[] = [
  {
    at: 0.01,
    play: ({ admin }) => begin(admin, { kind: 'pretrained', pretrainedId: 'next_step' }),
  },
  {
    at: 0.01,
    play: ({ admin }) =>
      begin(admin, { kind: 'keyword', name: 'Deadlines', keywords: ['deadline', 'by Friday'] }),
  },
  {
    at: 0.02,
    play: ({ admin }) =>
      begin(admin, {
        ...{ kind: 'question', name: 'Cancellations', itemTypes: ['call', 'email'] },
        ...{ question: 'Does the customer want to cancel?', side: 'customer', teamId: 'success' },
      }),
  },
  {
    at: 0.13,
    play: ({ admin }, now) =>
      begin(
        admin,
        {
          ...{ kind: 'question', name: 'Prices and fees', itemTypes: ['call', 'email'] },
          ...{ question: 'Does the customer ask about a price or a fee?', teamId: 'sales' },
        },
        { history: { from: '2000-01-01T00:00:00Z', to: now.toISOString() } },
      ),
  },
  { at: 0.15, play: ({ admin }) => templates(admin) },
  {
    at: 0.3,
    play: async ({ admin }) =>
      void (await admin.send('POST', '/v1/contract/seats', { type: 'foundation', count: 5 })),
  },
  {
    at: 0.35,
    play: ({ admin }) =>
      begin(admin, {
        ...{ kind: 'question', name: 'Bookings', itemTypes: ['call'], teamId: 'service' },
        ...{ question: 'Does the customer want to book or reserve something?' },
      }),
  },
  { at: 0.36, play: ({ admin }) => streams(admin) },
  {
    at: 0.42,
    play: ({ admin }) =>
      grant(admin, 'adjustment', 40, { reason: 'For the outage of the document assistant' }),
  },
  {
    at: 0.45,
    play: ({ admin }) =>
      begin(admin, {
        ...{ kind: 'question', name: 'Delays', itemTypes: ['call'], teamId: 'service' },
        ...{ question: 'Does the customer complain that something takes too long?' },
      }),
  },
  { at: 0.46, play: ({ admin }) => automations(admin) },
  {
    at: 0.48,
    play: async ({ admin }) =>
      void (await admin.send('POST', '/v1/rate-cards', {
        prices: { email: 0.1, call_short: 0.5, call_long: 1, web_search: 5, document_page: 0.06 },
      })),
  },
  {
    at: 0.5,
    async play({ admin }) {
      const { body } = await admin.send('GET', '/v1/credits/charges?feature=doc_summaries&limit=1')
      await admin.send(
        ...(['POST', `/v1/credits/charges/${body.data[0].id}/refund`] as const),
        { reason: 'The summary was of the wrong document' },
        { key: 'refund-1' },
      )
    },
  },
  {
    at: 0.6,
    async play({ admin }) {
      const tracker = await named(admin, 'Cancellations')
      const question = 'Does the customer want to cancel, change or return something?'
      await admin.send('PATCH', `/v1/trackers/${tracker.id}`, { question })
    },
  },
  {
    at: 0.72,
    async play({ admin }) {
      await begin(admin, {
        ...{ kind: 'question', name: 'Card problems', itemTypes: ['email'], teamId: 'success' },
        ...{ question: 'Does the customer have a problem with a card?', side: 'customer' },
      })
      const { id } = await named(admin, 'Card problems')
      const scope = { type: 'instance', id }
      await admin.send('POST', '/v1/budgets', { scope, period: 'contractYear', credits: 6 })
    },
  },
  {
    at: 0.97,
    async play({ admin }) {
      await admin.send('POST', `/v1/trackers/${(await named(admin, 'Bookings')).id}/unpublish`)
      await admin.send('POST', '/v1/trackers', {
        ...{ kind: 'question', name: 'Other providers', itemTypes: ['call', 'email'] },
        ...{ question: 'Does the customer name another provider?', side: 'customer' },
      })
    },
  },
]

async function begin(admin: Client, tracker: Record<string, unknown>, how: object = {}) {
  const { body } = await admin.send('POST', '/v1/trackers', tracker)
  await admin.send('POST', `/v1/trackers/${body.id}/publish`, how, { be: 402 })
}

async function named(admin: Client, name: string): Promise<{ id: string }> {
  const { body } = await admin.send('GET', '/v1/trackers')
  return body.data.find((tracker: { name: string }) => tracker.name === name)
}

export async function grant(admin: Client, source: string, credits: number, more: object, no = 0) {
  const key = `${source}-${no}`
  await admin.send('POST', '/v1/credits/grants', { source, credits, ...more }, { key })
}

/** Two templates in use and a draft: sections from trackers are free, those that read are not. */
async function templates(admin: Client): Promise<void> {
  const prices = await named(admin, 'Prices and fees')
  const leaving = await named(admin, 'Cancellations')
  const next = await named(admin, 'Next steps')
  const signals = [
    { title: 'Wants to leave', source: 'trackers', trackerIds: [leaving.id] },
    { title: 'Talk of prices', source: 'trackers', trackerIds: [prices.id] },
    { title: 'What is agreed', source: 'trackers', trackerIds: [next.id] },
  ]
  const open = (title: string, question: string) => ({ title, source: 'conversations', question })
  const brief = (body: object) => admin.send('POST', '/v1/briefs', body)
  await brief({
    name: 'Before the meeting',
    sections: [...signals, open('Open matters', 'What is the customer still waiting for?')],
  })
  await brief({ name: 'Signals of the week', sections: signals })
  await brief({
    ...{ name: 'Renewal review', status: 'draft' },
    sections: [
      open('Mood', 'How satisfied is the customer, and what was praised or criticized?'),
      open('Risks', 'What speaks against a renewal?'),
    ],
  })
}

async function streams(admin: Client): Promise<void> {
  const prices = await named(admin, 'Prices and fees')
  const bookings = await named(admin, 'Bookings')
  const follow = async (filter: object, name: string, memberIds: string[]) => {
    const { body } = await admin.send('POST', '/v1/streams', { name, filter })
    for (const memberId of memberIds) {
      await admin.send('POST', `/v1/streams/${body.id}/followers`, { memberId })
    }
  }
  const hits = (id: string) => ({ itemTypes: ['call', 'email'], trackers: [{ trackerId: id }] })
  await follow(hits(prices.id), 'Talk of prices', ['bo', 'cem', 'dina'])
  await follow(hits(bookings.id), 'Bookings', ['fay'])
  await follow({ itemTypes: ['call'], minDurationSeconds: 600 }, 'Long calls', ['bo'])
  const halcyon = { itemTypes: ['call', 'email'], accountIds: ['halcyon'] }
  await follow(halcyon, 'Halcyon Hotels', ['cem', 'kai'])
}

/** One by the calendar, which costs; one by a tracker's hits, whose brief costs nothing. */
async function automations(admin: Client): Promise<void> {
  const { body } = await admin.send('GET', '/v1/briefs')
  const of = (name: string): string =>
    body.data.find((brief: { name: string }) => brief.name === name).id
  const then = (name: string, more: object) => ({
    ...{ briefId: of(name), timePeriod: 'LAST_7DAYS', ...more },
  })
  const delays = await named(admin, 'Delays')
  const stream = {
    name: 'Delays',
    filter: { itemTypes: ['call'], trackers: [{ trackerId: delays.id }] },
  }
  const made = await admin.send('POST', '/v1/streams', stream)
  await admin.send('POST', `/v1/streams/${made.body.id}/followers`, { memberId: 'fay' })
  await admin.send('POST', '/v1/automations', {
    // The queue wakes by the real calendar, so its Mondays are played by hand until the year is over.
    enabled: false,
    ...{ name: 'Halcyon every Monday', when: { type: 'schedule', every: 'week', at: '08:00' } },
    then: then('Before the meeting', {
      ...{ entity: { type: 'account', id: 'halcyon' }, deliverTo: ['bo', 'fay'] },
    }),
  })
  const leaving = await named(admin, 'Cancellations')
  await admin.send('POST', '/v1/automations', {
    ...{ name: 'Somebody wants to leave', when: { type: 'tracker_hit', trackerId: leaving.id } },
    then: then('Signals of the week', { entity: 'trigger', deliverTo: ['fay', 'lea'] }),
  })
}
