/** One change, by whom and of what; it is written in the transaction of the change and never altered. */
export interface AuditEntry {
  id: bigint
  at: Date
  /** `integration:<id>`, `member:<id>`, `operator` or `system`. */
  actor: string
  /** A verb and its object, as `member.create`. */
  action: string
  objectType: string
  objectId: string
  /** What the object was and became, without secrets; null where there is nothing to say. */
  before: unknown
  after: unknown
}
