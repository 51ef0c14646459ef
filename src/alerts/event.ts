import type { BudgetEvent } from '../budgets/budget.ts'
import type { Credits } from '../kit/credits.ts'

/** A tracker stopped or went on. */
export type TrackerNews =
  | {
      kind: 'tracker-stopped'
      trackerId: string
      name: string
      reason: 'out_of_credits' | 'over_budget'
      since: Date
      /** What the item costs that it stopped at; null when credits ran out altogether. */
      nextPrice: Credits | null
      /** The member who made it. */
      createdBy: string | null
    }
  | { kind: 'tracker-resumed'; trackerId: string; name: string }

/** Something joined a stream, for those of its followers who may see it. */
export interface StreamNews {
  kind: 'stream-entry'
  streamId: string
  streamName: string
  item: { type: string; id: string; title: string; date: Date }
  memberIds: string[]
}

/** A brief that was made by itself, for those who are to have it. */
export interface BriefNews {
  kind: 'brief-delivered'
  automationId: string
  automationName: string
  briefId: string
  briefName: string
  generatedId: string
  entity: { type: string; id: string }
  memberIds: string[]
  /** The brief in plain words. */
  text: string
}

/** What other modules tell of, in the commit in which it becomes true. */
export type News = TrackerNews | BudgetEvent | StreamNews | BriefNews
