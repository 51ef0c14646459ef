import { accounts, members } from './cast.ts'
import type { Client } from './client.ts'
import { grant, type Players } from './scenes.ts'

/** The tracker that nobody resumed, so that there is one whose missed items can be priced. */
export const LEFT_STOPPED = 'Delays'

/** An ordinary working day of the outside products and programs. */
export async function workingDay(players: Players, day: number): Promise<void> {
  await Promise.all([summarize(players, day), look(players, day), prepareMeeting(players, day)])
}

/** Summaries of contracts, every day. */
async function summarize({ docs }: Players, day: number): Promise<void> {
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
}

/** Research once a week. */
async function look({ research }: Players, day: number): Promise<void> {
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

/** Nothing is left; or the machine was so slow that the hold ended in the time that is played. */
const MAY_FAIL = [402, 409]

/** The CRM asks before a meeting now and then, and has a brief made every other week. */
async function prepareMeeting({ crm }: Players, day: number): Promise<void> {
  const account = accounts[day % accounts.length]!
  const about = { entity: { type: 'account', id: account.id }, timePeriod: 'LAST_7DAYS' }
  if (day % 6 === 1) {
    const question = 'What is the customer waiting for?'
    await crm.send('POST', '/v1/ask', { question, ...about }, { key: `ask-${day}`, be: MAY_FAIL })
  }
  if (day % 10 !== 4) return
  const { body } = await crm.send('GET', '/v1/briefs')
  const brief = body.data.find(({ name }: { name: string }) => name === 'Before the meeting')
  if (!brief) return
  const path = `/v1/briefs/${brief.id}/generate`
  await crm.send('POST', path, about, { key: `brief-${day}`, be: MAY_FAIL })
}

/** What is due every Monday. */
export async function monday(admin: Client, day: number): Promise<void> {
  const { body } = await admin.send('GET', '/v1/automations')
  for (const { id, enabled } of body.data) {
    if (!enabled) await admin.send('POST', `/v1/automations/${id}/run`, {}, { key: `run-${day}` })
  }
}

/** Buys more credits and lets the trackers that stopped go on, but for one. */
export async function topUp(admin: Client, no: number): Promise<void> {
  await grant(admin, 'purchased', 500, { reference: `PO-${1000 + no}` }, no)
  const { body } = await admin.send('GET', '/v1/trackers')
  for (const { id, name, status } of body.data) {
    if (status !== 'out_of_credits' || name === LEFT_STOPPED) continue
    await admin.send('POST', `/v1/trackers/${id}/resume`, { missed: 'calls' })
  }
}

/** Whether so little is left that the next item may not be covered. */
export async function isDry(admin: Client): Promise<boolean> {
  const { body } = await admin.send('GET', '/v1/credits/balance')
  return body.available + body.held < 1
}
