import { accounts, members, teams } from './cast.ts'
import type { Client } from './client.ts'

/** Who plays: the company's administrator, and two programs with keys of their own. */
export interface Players {
  admin: Client
  docs: Client
  research: Client
}

/** Seats with so few credits that a year of this small company's use shows on them. */
const SEATS = { type: 'foundation', count: 50, creditsPerSeat: 24 }

/** Everything that is there on the first day. */
export async function setUp(
  admin: Client,
  startDate: string,
): Promise<{ docs: string; research: string }> {
  await admin.send('PATCH', '/v1/company', { emailDomains: ['tern.example'] })
  await admin.send('PUT', '/v1/contract', { startDate, termMonths: 36, seats: [SEATS] })
  for (const team of teams) await admin.send('POST', '/v1/teams', team)
  for (const member of members) await admin.send('POST', '/v1/members', member)
  for (const { contacts, ...account } of accounts) {
    await admin.send('POST', '/v1/accounts', account)
    for (const contact of contacts) await admin.send('POST', '/v1/contacts', contact)
    const deal = { id: `${account.id}-1`, name: `${account.name}: renewal`, accountId: account.id }
    await admin.send('POST', '/v1/deals', deal)
  }
  const card = { email: 0.1, call_short: 0.5, call_long: 1, web_search: 5, document_page: 0.05 }
  await admin.send('POST', '/v1/rate-cards', { prices: card })
  const scopes = ['credits:read', 'credits:write']
  const docs = await admin.send('POST', '/v1/integrations', { name: 'Document assistant', scopes })
  const research = await admin.send('POST', '/v1/integrations', {
    ...{ name: 'Research agent', scopes, teamId: 'sales' },
  })
  const scope = { type: 'integration', id: research.body.id }
  await admin.send('POST', '/v1/budgets', { scope, period: 'month', credits: 60 })
  return { docs: docs.body.key, research: research.body.key }
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
  {
    at: 0.42,
    play: ({ admin }) =>
      grant(admin, 'adjustment', 40, { reason: 'For the outage of the document assistant' }),
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
    at: 0.97,
    async play({ admin }) {
      await admin.send('POST', `/v1/trackers/${(await named(admin, 'Bookings')).id}/unpublish`)
      await admin.send('POST', '/v1/trackers', {
        ...{ kind: 'question', name: 'Complaints (draft)', itemTypes: ['call', 'email'] },
        ...{ question: 'Does the customer complain about something?', side: 'customer' },
      })
    },
  },
]

/** An ordinary working day of the outside products: summaries every day, research once a week. */
export async function workingDay({ docs, research }: Players, day: number): Promise<void> {
  const member = members[day % members.length]!
  const summary = { id: `summary-${day}`, name: 'Contract summary' }
  await docs.send(
    ...(['POST', '/v1/credits/charges'] as const),
    {
      ...{ feature: 'doc_summaries', instance: summary, trigger: 'upload', memberId: member.id },
      items: [{ type: 'document_page', quantity: 20 + ((day * 17) % 45) }],
    },
    { key: summary.id, be: 402 },
  )
  if (day % 5 !== 2) return
  const held = await research.send(
    ...(['POST', '/v1/credits/holds'] as const),
    { feature: 'research', items: [{ type: 'web_search', quantity: 2 }] },
    { key: `research-${day}`, be: 402 },
  )
  if (held.status !== 201) return
  const hold = `/v1/credits/holds/${held.body.id}`
  // Now and then nothing was found to look up, and now and then the agent crashed.
  if (day % 4 === 0) await research.send('POST', `${hold}/release`)
  else if (day % 7 !== 3) {
    const items = [{ type: 'web_search', quantity: 1 + (day % 2) }]
    await research.send('POST', `${hold}/capture`, { items }, { key: `research-${day}-done` })
  }
}

/** Buys more credits and lets the trackers that stopped go on. */
export async function topUp(admin: Client, no: number): Promise<void> {
  await grant(admin, 'purchased', 500, { reference: `PO-${1000 + no}` }, no)
  const { body } = await admin.send('GET', '/v1/trackers')
  for (const { id, status } of body.data) {
    if (status !== 'out_of_credits') continue
    await admin.send('POST', `/v1/trackers/${id}/resume`, { missed: 'calls' })
  }
}

/** Whether so little is left that the next item may not be covered. */
export async function isDry(admin: Client): Promise<boolean> {
  const { body } = await admin.send('GET', '/v1/credits/balance')
  return body.available + body.held < 1
}

async function begin(admin: Client, tracker: Record<string, unknown>, how: object = {}) {
  const { body } = await admin.send('POST', '/v1/trackers', tracker)
  await admin.send('POST', `/v1/trackers/${body.id}/publish`, how, { be: 402 })
}

async function named(admin: Client, name: string): Promise<{ id: string }> {
  const { body } = await admin.send('GET', '/v1/trackers')
  return body.data.find((tracker: { name: string }) => tracker.name === name)
}

async function grant(admin: Client, source: string, credits: number, more: object, no = 0) {
  const key = `${source}-${no}`
  await admin.send('POST', '/v1/credits/grants', { source, credits, ...more }, { key })
}
