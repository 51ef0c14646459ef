import type { Scope } from '../budgets/budget.ts'
import { micros, percentOf } from '../kit/credits.ts'
import type { Cause } from '../ledger/book.ts'
import type { News } from './event.ts'

/** An amount inside the facts of an alert: micro-credits, as text. */
export type Amount = string

/** The pool when something happened. */
export interface BalanceFacts {
  available: Amount
  held: Amount
  used: Amount
}

/** What an alert says, by kind. */
export interface FactsOf {
  /** Usage reached thresholds by one change; `exhausted` when that change spent the last of it. */
  threshold: BalanceFacts & { thresholds: number[]; cause: Cause; exhausted: boolean }
  /** The last credits were spent again, while every threshold was still marked as reached. */
  exhausted: BalanceFacts & { cause: Cause }
  granted: BalanceFacts & { grantNo: number; source: string; credits: Amount }
  tracker_stopped: {
    trackerId: string
    name: string
    reason: 'out_of_credits' | 'over_budget'
    since: string
    nextPrice: Amount | null
    createdBy: string | null
  } & BalanceFacts
  tracker_resumed: { trackerId: string; name: string } & BalanceFacts
  budget: {
    budgetId: string
    scope: Scope
    /** What people call the scope, where it has a name. */
    scopeName?: string
    period: string
    percents: number[]
    credits: Amount
    usedOfBudget: Amount
    heldOfBudget: Amount
    periodEnd: string
  } & BalanceFacts
  stream_entry: {
    streamId: string
    streamName: string
    itemType: string
    itemId: string
    title: string
    date: string
    /** Whom it is for, instead of the company's recipients. */
    memberIds: string[]
  } & BalanceFacts
  brief: {
    automationId: string
    automationName: string
    briefId: string
    briefName: string
    generatedId: string
    entity: { type: string; id: string }
    memberIds: string[]
    /** The brief, until it was written into the mails; the notice leads to where it is kept. */
    text?: string
  } & BalanceFacts
  webhook_disabled: { webhookId: string; url: string; reason: 'gone' | 'failing' } & BalanceFacts
  mail_failed: { mailId: string; to: string; subject: string; reason: string } & BalanceFacts
}

export type AlertKind = keyof FactsOf

/** Something that happened and that somebody must hear of. */
export type Alert = {
  [Kind in AlertKind]: {
    id: string
    kind: Kind
    facts: FactsOf[Kind]
    /** The company's time. */
    at: Date
    /** The pool's number at the time. */
    seq: bigint
  }
}[AlertKind]

/** How each kind is told beside the notice: by a mail of its own, by one together with others, or not. */
export const mailed: Record<AlertKind, 'each' | 'together' | 'never'> = {
  threshold: 'each',
  exhausted: 'never',
  granted: 'never',
  tracker_stopped: 'together',
  tracker_resumed: 'never',
  budget: 'each',
  stream_entry: 'never',
  brief: 'each',
  webhook_disabled: 'each',
  // A mail about a mail that could not be sent would hardly arrive.
  mail_failed: 'never',
}

/** What is written for news of other modules; undefined for what concerns nobody. */
export function alertOf(
  news: News,
): { kind: AlertKind; facts: Record<string, unknown>; at: Date | null } | undefined {
  switch (news.kind) {
    case 'tracker-stopped': {
      const { trackerId, name, reason, since, nextPrice, createdBy } = news
      const price = nextPrice === null ? null : String(nextPrice)
      const facts = { trackerId, name, reason, since, nextPrice: price, createdBy }
      return { kind: 'tracker_stopped', facts, at: null }
    }
    case 'tracker-resumed': {
      const { trackerId, name } = news
      return { kind: 'tracker_resumed', facts: { trackerId, name }, at: null }
    }
    case 'budget-reached': {
      const { budgetId, scope, period, percents, credits, used, held, periodEnd, at } = news
      const facts = {
        ...{ budgetId, scope, period, percents, credits: String(credits) },
        ...{ usedOfBudget: String(used), heldOfBudget: String(held) },
        periodEnd: new Date(periodEnd).toISOString(),
      }
      return { kind: 'budget', facts, at: new Date(at) }
    }
    case 'stream-entry': {
      const { streamId, streamName, item, memberIds } = news
      const { type: itemType, id: itemId, title, date } = item
      const facts = { streamId, streamName, itemType, itemId, title, date, memberIds }
      return { kind: 'stream_entry', facts, at: null }
    }
    case 'brief-delivered': {
      const { kind: _, ...facts } = news
      return { kind: 'brief', facts, at: null }
    }
    case 'budget-loosened':
      return undefined
  }
}

/** used / total in percent, of the pool as it was. */
export function usedPercentOf({ used, held, available }: BalanceFacts): number {
  const total = BigInt(used) + BigInt(held) + BigInt(available)
  return percentOf(micros(BigInt(used)), micros(total))
}
