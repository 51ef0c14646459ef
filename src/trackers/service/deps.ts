import type { Model } from '../../ai/model.ts'
import type { Attribution, Deps as ChargeDeps } from '../../charges/service/rules.ts'
import type { CompanyNo } from '../../kit/caller.ts'
import type { Credits } from '../../kit/credits.ts'
import type { Tx } from '../../platform/database.ts'
import type { Logger } from '../../platform/log.ts'
import type { Run } from '../../platform/run.ts'

/** Something that stands on a tracker's results, and keeps it from being deleted. */
export interface Use {
  type: 'stream' | 'brief' | 'automation'
  id: string
  name: string
}

/** When the credits run out, now and after so much more use. */
export interface RunOut {
  now: Date | null
  after: Date | null
}

/** What happened to a tracker, for those who must hear of it. */
export type TrackerEvent =
  | {
      kind: 'tracker-stopped'
      trackerId: string
      name: string
      reason: 'out_of_credits' | 'over_budget'
      since: Date
      nextPrice: Credits | null
      createdBy: string | null
    }
  | { kind: 'tracker-resumed'; trackerId: string; name: string }
  /** Something was found in items; all that one commit brings is told at once. */
  | { kind: 'tracker-found'; hits: FoundIn[] }

/** An item in which a tracker has found something. */
export interface FoundIn {
  trackerId: string
  itemNo: bigint
  fromBackfill: boolean
}

export interface TrackerDeps extends ChargeDeps {
  log: Logger
  /** Who reads for question trackers. */
  model: Model
  /** Who reads for pretrained trackers, which cost nothing. */
  freeModel: Model
  /** Tells others what happened, in the same commit. */
  emit: (run: Run, companyNo: CompanyNo, event: TrackerEvent) => Promise<void>
  /** What stands on trackers. */
  usesOf: (tx: Tx, companyNo: CompanyNo, trackerId: string) => Promise<Use[]>
  /** How many credits the budgets still allow; undefined when none applies. */
  budgetLeft: (
    tx: Tx,
    companyNo: CompanyNo,
    asked: Omit<Attribution, 'id'>,
  ) => Promise<BudgetLeft | undefined>
  runOut: (
    tx: Tx,
    companyNo: CompanyNo,
    more: { once: Credits; perDay: Credits },
  ) => Promise<RunOut>
  /** How many items are read at once, in one tracker. */
  readsAtOnce: number
}

/** What the tightest budget still allows, and since when it has stood as it does. */
export interface BudgetLeft {
  credits: Credits
  budgetId: string
  /** When it was last loosened: its period began or its cap was raised. */
  since: Date
}
