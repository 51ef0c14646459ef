import type { AskDeps } from '../../ask/service/deps.ts'
import type { CompanyNo } from '../../kit/caller.ts'
import type { Tx } from '../../platform/database.ts'
import type { Use } from '../../trackers/service/deps.ts'

export interface BriefDeps extends AskDeps {
  /** What generates from a template, and keeps it from being deleted. */
  usesOfBrief: (tx: Tx, companyNo: CompanyNo, briefId: string) => Promise<Use[]>
}
