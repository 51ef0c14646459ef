import type { TestCompany } from './house.ts'

/** What a test says in a call or email: the scripted model finds something where it says "budget". */
export const FOUND = 'Yes, there is a budget for this.'
export const NOT_FOUND = 'The weather is fine today.'

export const CLOCK = '2026-06-15T12:00:00.000Z'

/** A call in which the customer says one thing. */
export function aCall(id: string, more: Record<string, unknown> & { text?: string } = {}) {
  const { text = FOUND, ...rest } = more
  return {
    id,
    title: `Call ${id}`,
    startedAt: '2026-06-14T09:00:00.000Z',
    durationSeconds: 900,
    parties: [
      { id: 'rep', name: 'Rea Rep', email: 'rea@ours.test', affiliation: 'company' },
      { id: 'cust', name: 'Cora Customer', email: 'cora@theirs.test', affiliation: 'customer' },
    ],
    transcript: [
      { partyId: 'rep', startSeconds: 0, endSeconds: 4, text: 'Hello Cora.' },
      { partyId: 'cust', startSeconds: 5, endSeconds: 20, text },
    ],
    ...rest,
  }
}

/** An email from the customer. */
export function anEmail(id: string, more: Record<string, unknown> & { text?: string } = {}) {
  const { text = FOUND, ...rest } = more
  return {
    id,
    sentAt: '2026-06-14T10:00:00.000Z',
    from: { name: 'Cora Customer', email: 'cora@theirs.test' },
    to: [{ name: 'Rea Rep', email: 'rea@ours.test' }],
    subject: `Note ${id}`,
    body: text,
    ...rest,
  }
}

/** Puts calls and emails in, in their order. */
export async function putIn(company: TestCompany, ...items: { id: string }[]): Promise<void> {
  for (const item of items) {
    const answer = await company.post('sentAt' in item ? '/v1/emails' : '/v1/calls', item)
    if (answer.status >= 300) throw new Error(`${item.id}: ${answer.text}`)
  }
}

/** Adds purchased credits. */
export async function fund(company: TestCompany, credits: number, more = {}): Promise<string> {
  const answer = await company.post('/v1/credits/grants', { source: 'purchased', credits, ...more })
  if (answer.status !== 201) throw new Error(answer.text)
  return answer.body.id
}

/** Makes a question tracker and publishes it. */
export async function aTracker(
  company: TestCompany,
  more: Record<string, unknown> = {},
  publication: Record<string, unknown> = {},
): Promise<string> {
  const asked = { kind: 'question', name: 'Budget', question: 'Is there a budget?', ...more }
  const made = await company.post('/v1/trackers', asked)
  const published = await company.post(`/v1/trackers/${made.body.id}/publish`, publication)
  if (published.status !== 200) throw new Error(published.text)
  return made.body.id
}
