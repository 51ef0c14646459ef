import type { CompanyNo } from '../../kit/caller.ts'
import type { Moment } from '../pool.ts'

/** A row of one pool among those of many. */
export interface Owned<It> {
  companyNo: CompanyNo
  it: It
}

export const ms = (at: Date | null): Moment | null => (at === null ? null : at.getTime())

let [lastMoment, lastIso]: [Moment, string] = [0, new Date(0).toISOString()]

/** A moment as text; most of a group happens in one. */
export function iso(at: Moment | null): string | null {
  if (at === null) return null
  if (at !== lastMoment) [lastMoment, lastIso] = [at, new Date(at).toISOString()]
  return lastIso
}
