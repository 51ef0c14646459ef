import type { ItemType } from '../../conversations/items.ts'
import type { CompanyNo } from '../../kit/caller.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Tx } from '../../platform/database.ts'

/** A call or email that joined a stream, for followers who may see it. */
export interface StreamNotice {
  streamId: string
  streamName: string
  item: { type: ItemType; id: string; title: string; date: Date }
  memberIds: string[]
}

export interface StreamDeps {
  db: Database
  clock: Clock
  /** Tells followers of a new entry, in the transaction that notes that they were told. */
  notify: (tx: Tx, companyNo: CompanyNo, notice: StreamNotice) => Promise<void>
}
