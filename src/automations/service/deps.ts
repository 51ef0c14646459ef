import type { BriefDeps } from '../../briefs/service/deps.ts'
import type { EntityType } from '../../conversations/selection.ts'
import type { CompanyNo } from '../../kit/caller.ts'
import type { Tx } from '../../platform/database.ts'

/** A brief that an automation has generated, for members who may see all that it stands on. */
export interface Delivery {
  automationId: string
  automationName: string
  briefId: string
  briefName: string
  generatedId: string
  entity: { type: EntityType; id: string }
  memberIds: string[]
  /** The brief in plain words. */
  text: string
}

export interface AutomationDeps extends BriefDeps {
  /** Brings a brief to people, in the app and by mail, in the transaction that logs the run. */
  deliver: (tx: Tx, companyNo: CompanyNo, delivery: Delivery) => Promise<void>
}
