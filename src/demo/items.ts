import { readFileSync } from 'node:fs'
import { accounts, members } from './cast.ts'

/** A call or an email as it lies in `data/`: without a date, which the demo gives it. */
interface Item {
  kind: 'call' | 'email'
  id: string
  /** Of a call: what it is about stands in brackets. */
  title?: string
  parties?: { id: string; name: string; affiliation: 'company' | 'customer' }[]
}

const file = new URL('./data/items.ndjson', import.meta.url)

/** The demo's calls and emails, each in its order, so many on each of the days. */
export function itemsByDay(days: number): Item[][] {
  const items = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): Item => JSON.parse(line))
  const byDay: Item[][] = Array.from({ length: days }, () => [])
  for (const kind of ['call', 'email'] as const) {
    const some = items.filter((item) => item.kind === kind)
    for (const [i, item] of some.entries()) {
      // A little more every month, and never quite evenly.
      const share = ((i + 0.5 + Math.sin(i * 7) * 2) / some.length) ** 0.85
      byDay[Math.min(days - 1, Math.max(0, Math.floor(share * days)))]!.push(item)
    }
  }
  return byDay
}

/** The line of an import that brings an item in at a moment. */
export function importLine(item: Item, no: number, at: Date): string {
  if (item.kind === 'email') return JSON.stringify({ ...item, sentAt: at.toISOString() })
  const account = accounts[no % accounts.length]!
  const customer = account.contacts[no % account.contacts.length]!
  const member = members[no % members.length]!
  const parties = item.parties?.map((party) => ({
    ...party,
    ...(party.affiliation === 'customer'
      ? { name: customer.name, email: customer.email }
      : { name: member.name, email: member.email }),
  }))
  const title = `${account.name}: ${matterOf(item.title ?? '')}`
  const facts = {
    ...{ title, parties, startedAt: at.toISOString(), scope: 'external' },
    // Now and then somebody talks about something that is nobody else's matter.
    ...(no % 97 === 0 ? { private: true } : {}),
  }
  return JSON.stringify({ ...item, ...facts, direction: no % 3 ? 'inbound' : 'outbound' })
}

const matters: Record<string, string> = {
  ...{ apartment: 'viewing a flat', bank: 'a card and an account', doctor: 'an appointment' },
  ...{ hotel: 'a hotel stay', meeting: 'a meeting', party: 'a celebration', plane: 'a flight' },
  ...{ restaurant: 'a table', ride: 'a ride', trip: 'the way there', weather: 'the weather' },
}

/** `a flight and the weather`, out of `Customer conversation (plane, weather)`. */
function matterOf(title: string): string {
  const named = (/\((.*)\)/.exec(title)?.[1] ?? '').split(', ').filter((one) => one in matters)
  const [first, second] = named
  if (!first) return 'a consultation'
  return second ? `${matters[first]} and ${matters[second]}` : matters[first]!
}
