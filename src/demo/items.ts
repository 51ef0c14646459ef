import { readFileSync } from 'node:fs'
import { accounts, members } from './cast.ts'

/** A call or an email as it lies in `data/`: without a date, which the demo gives it. */
interface Item {
  kind: 'call' | 'email'
  id: string
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
  const title = `${account.name}: ${member.name} and ${customer.name}`
  const facts = { title, parties, startedAt: at.toISOString(), scope: 'external' }
  return JSON.stringify({ ...item, ...facts, direction: no % 3 ? 'inbound' : 'outbound' })
}
