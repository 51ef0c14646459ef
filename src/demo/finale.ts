import { accounts, company } from './cast.ts'
import type { Client } from './client.ts'
import { grant, type Players } from './scenes.ts'

/** What stands on the day itself: credits about to expire, prices about to change, a budget near its cap. */
export async function finale(players: Players, person: Client, now: Date): Promise<void> {
  const { admin, research } = players
  const inDays = (days: number) => new Date(now.getTime() + days * 86_400_000).toISOString()
  const goodwill = { reason: 'Goodwill for the autumn quarter', expiresAt: inDays(19) }
  await grant(admin, 'adjustment', 60, goodwill, 1)
  const prices = { email: 0.1, call_short: 0.5, call_long: 1, web_search: 5, document_page: 0.07 }
  await admin.send('POST', '/v1/rate-cards', { prices, effectiveAt: inDays(30) })
  const running = { feature: 'research', items: [{ type: 'web_search' }], ttlSeconds: 86_400 }
  await research.send('POST', '/v1/credits/holds', running, { key: 'now', be: 402 })
  await capTeam(admin, now)
  await letSchedulesRun(admin)
  await generateByHand(person)
}

/** What the hold that is open has reserved. */
const RESERVED = 5

/** A cap of which the team has used nine tenths by now. */
async function capTeam(admin: Client, now: Date): Promise<void> {
  const day = new Intl.DateTimeFormat('en-CA', { timeZone: company.timezone })
  const from = `${day.format(now).slice(0, 8)}01`
  const to = day.format(new Date(now.getTime() + 86_400_000))
  const { body } = await admin.send(
    ...(['GET', `/v1/credits/usage?from=${from}&to=${to}&groupBy=team&granularity=month`] as const),
  )
  const used = body.data
    .filter(({ key }: { key: string | null }) => key === 'sales')
    .reduce((sum: number, { credits }: { credits: number }) => sum + credits, 0)
  const credits = Math.max(10, Math.ceil((used + RESERVED) / 0.92))
  const scope = { type: 'team', id: 'sales' }
  await admin.send('POST', '/v1/budgets', { scope, period: 'month', credits })
}

/** While the year was played, its Mondays were asked for by name; from now on the calendar does it. */
async function letSchedulesRun(admin: Client): Promise<void> {
  const { body } = await admin.send('GET', '/v1/automations')
  for (const { id, enabled } of body.data) {
    if (!enabled) await admin.send('PATCH', `/v1/automations/${id}`, { enabled: true })
  }
}

/** A person who is signed in generates for nothing. */
async function generateByHand(person: Client): Promise<void> {
  const { body } = await person.send('GET', '/v1/briefs')
  const published = body.data.filter(({ status }: { status: string }) => status === 'published')
  for (const [place, { id }] of published.entries()) {
    const entity = { type: 'account', id: accounts[place % accounts.length]!.id }
    await person.send('POST', `/v1/briefs/${id}/generate`, { entity, timePeriod: 'LAST_90DAYS' })
  }
}
