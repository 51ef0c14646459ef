import type { Composition } from '../../ai/model.ts'
import { presentBalance } from '../../charges/charge.ts'
import { currentCard } from '../../charges/service/work.ts'
import type { Item } from '../../conversations/items.ts'
import { pricedAs } from '../../conversations/service/read-items.ts'
import { type Caller, requireScope } from '../../kit/caller.ts'
import { type Credits, parseCredits, toJson, ZERO } from '../../kit/credits.ts'
import { rate } from '../../rating/rate-card.ts'
import { type Chosen, type Findings, findingsOf, itemsIn, type Subject } from '../ask.ts'
import { chooseFrom, scopeOf, textsOf } from './choose.ts'
import type { Answered, AskDeps, Terms } from './deps.ts'
import { type Claim, onceUnder } from './keyed.ts'
import { answerFree, doPaid, type Paid, priceFor } from './paid.ts'

export interface Question extends Subject {
  question: string
}

/** An answer as it is given and kept. */
export interface Answer {
  /** Null when its content is gone: after 30 days, or with something it stood on. */
  answer: ({ text: string } & Findings)[] | null
  callsSearched: number
  emailsSearched: number
  truncated: boolean
  credits: number
  balance: ReturnType<typeof presentBalance>
  /** What a key or token would be charged; of a dry run only. */
  paidCredits?: number
  /** What would be read; of a dry run only. */
  items?: { type: Item['type']; id: string; title: string; at: string }[]
}

/**
 * Answers a question from calls and emails, citing what the answer stands on. It is priced first, and
 * paid in the commit that keeps the answer; a dry run only prices it. Nothing to read costs nothing.
 */
export async function ask(
  deps: AskDeps,
  caller: Caller,
  terms: Terms,
  asked: Question,
): Promise<Answered<Answer>> {
  requireScope(caller, 'ai:ask')
  return onceUnder(
    deps,
    caller,
    terms.key,
    (claim) => askOnce(deps, caller, terms, asked, claim),
    async (kept) => replayOf(JSON.parse(kept)),
  )
}

async function askOnce(
  deps: AskDeps,
  caller: Caller,
  terms: Terms,
  asked: Question,
  claim: Claim | undefined,
): Promise<Answered<Answer>> {
  const { scope, chosen } = await deps.db.snapshot(caller.companyNo, async (tx) => {
    const scope = await scopeOf(deps, tx, caller, asked)
    return { scope, chosen: await chooseFrom(tx, caller, scope) }
  })
  const items = itemsIn(chosen)
  const price = await priceFor(deps, caller, terms, items)
  if (terms.dryRun) {
    const { credits } = rate(await currentCard(deps, caller.companyNo), items.map(pricedAs))
    const priced = { credits: toJson(price), paidCredits: toJson(credits) }
    return answerFree(deps, caller, claim, (paid) => ({
      body: { ...answerOf(chosen, [], paid), ...priced, items: items.map(named) },
      itemNos: items.map(({ no }) => no),
    }))
  }
  if (items.length === 0) {
    return answerFree(deps, caller, claim, (paid) => ({
      body: answerOf(chosen, [NOTHING], paid),
      itemNos: [],
    }))
  }
  return doPaid(deps, caller, terms, claim, {
    items,
    async make(signal) {
      const { texts, read } = await textsOf(deps, caller, items)
      const request = { question: asked.question, items: texts, context: scope.context }
      return { made: await deps.model.compose(request, signal), read }
    },
    answer: (made: Composition, paid) => ({
      body: answerOf(chosen, paragraphsOf(deps, made, items), paid),
      itemNos: items.map(({ no }) => no),
    }),
  })
}

const NOTHING = {
  text: 'There is nothing to read: no calls or emails fit.',
  callFindings: [],
  emailFindings: [],
}

function answerOf(chosen: Chosen, answer: Answer['answer'], paid: Paid): Answer {
  return {
    answer,
    callsSearched: chosen.calls.length,
    emailsSearched: chosen.emails.length,
    truncated: chosen.truncated,
    credits: toJson(paid.credits),
    balance: presentBalance(paid.balance),
  }
}

function paragraphsOf({ urlOf }: AskDeps, { paragraphs }: Composition, items: readonly Item[]) {
  return paragraphs.map(({ text, citations }) => ({
    text,
    ...findingsOf(citations, items, urlOf),
  }))
}

function named({ type, id, title, occurredAt }: Item) {
  return { type, id, title, at: occurredAt.toISOString() }
}

function replayOf(body: Answer): Answered<Answer> {
  return { body, replayed: true, charged: ZERO, available: availableIn(body) }
}

/** What was left when it was first answered. */
function availableIn({ balance }: Pick<Answer, 'balance'>): Credits {
  return parseCredits(balance.available) ?? ZERO
}
