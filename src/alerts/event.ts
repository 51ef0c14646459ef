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

/** What other modules tell of, in the commit in which it becomes true. */
export type News = TrackerNews | BudgetEvent
