import type { TimePeriod } from '../ask/period.ts'
import type { ItemType } from '../conversations/items.ts'
import type { EntityType } from '../conversations/selection.ts'
import { addDays, addMonths, dayOf, startOf, timeOfDay } from '../kit/calendar.ts'
import type { Filters } from '../trackers/tracker.ts'

export const frequencies = ['day', 'week', 'month'] as const

/** What sets an automation off. */
export type When =
  | { type: 'schedule'; every: (typeof frequencies)[number]; at: string }
  | { type: 'call_processed' }
  | { type: 'tracker_hit'; trackerId: string; backfilled: boolean }

/** What must be true of the call or email; of a schedule, of something that came since the last time. */
export interface Condition extends Filters {
  itemTypes?: ItemType[] | undefined
}

/** What is generated then, about whom, and who gets it. */
export interface Action {
  briefId: string
  /** `trigger`: the account, else the deal, of the call or email that set it off. */
  entity: { type: EntityType; id: string } | 'trigger'
  timePeriod: TimePeriod
  deliverTo: string[]
}

export interface Automation {
  id: string
  name: string
  enabled: boolean
  when: When
  condition: Condition
  action: Action
  /** When its schedule comes up next; null without one, or while it is off. */
  nextAt: Date | null
  createdBy: string | null
  createdAt: Date
}

/** Why an automation that was set off did nothing. */
export type SkipReason =
  | 'out_of_credits'
  | 'insufficient_credits'
  | 'over_budget'
  | 'feature_disabled'
  | 'does_not_fit'
  | 'nothing_new'
  | 'no_entity'
  | 'not_found'
  | 'brief_not_published'

/** One time that an automation was set off. */
export interface AutomationRun {
  id: string
  automationId: string
  /** What set it off: each item, moment of the schedule and request does so once. */
  cause: string
  at: Date
  status: 'done' | 'skipped' | 'failed'
  reason: string | null
  generatedId: string | null
  /** Micro-credits. */
  credits: bigint
  itemNo: bigint | null
}

/**
 * When a schedule comes up next, strictly after a moment: at a time of the company's day, every day, on
 * Mondays, or on the first of the month.
 */
export function nextTime(
  { every, at }: { every: (typeof frequencies)[number]; at: string },
  after: Date,
  timezone: string,
): Date {
  const today = dayOf(after, timezone)
  for (let day = startOf(every, today); ; day = following(every, day)) {
    const time = timeOfDay(day, at, timezone)
    if (time > after) return time
  }
}

function following(every: (typeof frequencies)[number], day: string): string {
  if (every === 'month') return addMonths(day, 1)
  return addDays(day, every === 'week' ? 7 : 1)
}

/** Why an automation cannot be, or undefined. */
export function faultIn({ when, action }: Pick<Automation, 'when' | 'action'>): string | undefined {
  if (when.type === 'schedule' && action.entity === 'trigger') {
    return 'a schedule has no call or email; name an entity'
  }
  return undefined
}

/** The log's word for a refusal; undefined when it is no reason to skip. */
export function skipReasonOf(code: string): SkipReason | undefined {
  switch (code) {
    case 'insufficient-credits':
      return 'insufficient_credits'
    case 'budget-exceeded':
      return 'over_budget'
    case 'feature-disabled':
      return 'feature_disabled'
    case 'not-found':
      return 'not_found'
    case 'invalid-state':
      return 'brief_not_published'
    default:
      return undefined
  }
}
