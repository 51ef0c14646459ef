import { type Client, sumCredits } from '@sluice/client'

export interface Crowd {
  /** Where the service is. */
  url: string
  users: number
  /** A name that no other crowd on this company has. */
  name: string
}

/** What a crowd of users was answered. */
export interface Answers {
  /** Credits of each summary that was made. */
  charged: number[]
  /** What each 402 said. */
  refused: { needed: number; available: number; held: number }[]
  /** Texts that could not be summarised: they cost nothing. */
  unreadable: number
  /** Whatever should not have come. */
  strange: string[]
}

/** Three pages of 1,800 characters at most. */
export const TEXT = 'The ferry to the island leaves at nine. It takes an hour. '.repeat(80)
const UNREADABLE = '— '.repeat(2_000)

/** Every user asks again and again until the credits are gone; each seventh text is unreadable. */
export async function askUntilDry({ url, users, name }: Crowd): Promise<Answers> {
  const answers = noAnswers()
  await each(users, async (user) => {
    for (let turn = 1; ; turn += 1) {
      const text = (user + turn) % 7 === 0 ? UNREADABLE : TEXT
      const said = await ask(url, text, `${name}-${user}-${turn}`, answers)
      if (said === 'strange') return
      // Credits that are held for the work of others may come back: they are worth another try.
      if (said !== 'refused') continue
      const { needed, available, held } = answers.refused.at(-1)!
      if (sumCredits([available, held]) < needed) return
    }
  })
  return answers
}

/** Every user asks so many times. */
export async function askTimes({ url, users, name }: Crowd, times: number): Promise<Answers> {
  const answers = noAnswers()
  await each(users, async (user) => {
    for (let turn = 1; turn <= times; turn += 1) {
      await ask(url, TEXT, `${name}-${user}-${turn}`, answers)
    }
  })
  return answers
}

async function ask(url: string, text: string, key: string, answers: Answers) {
  const response = await fetch(`${url}/summaries`, {
    method: 'POST',
    headers: { 'idempotency-key': key },
    body: JSON.stringify({ text, documentId: key }),
  })
  const body = (await response.json()) as Answers['refused'][0] & { credits: number }
  switch (response.status) {
    case 200:
      answers.charged.push(body.credits)
      return 'made'
    case 402:
      answers.refused.push({ needed: body.needed, available: body.available, held: body.held })
      return 'refused'
    case 422:
      answers.unreadable += 1
      return 'unreadable'
    default:
      answers.strange.push(`${response.status} ${JSON.stringify(body)}`)
      return 'strange'
  }
}

/** What the pool says, to be compared with what users were answered. */
export async function readBooks(sluice: Client) {
  const { available, held, used } = await sluice.credits.balance()
  const charges: number[] = []
  for await (const { credits } of sluice.credits.charges()) charges.push(credits)
  let openHolds = 0
  for await (const _ of sluice.credits.holds({ status: 'held' })) openHolds += 1
  return { available, held, used, charges: charges.length, charged: sumCredits(charges), openHolds }
}

function noAnswers(): Answers {
  return { charged: [], refused: [], unreadable: 0, strange: [] }
}

async function each(users: number, live: (user: number) => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: users }, (_, user) => live(user)))
}
