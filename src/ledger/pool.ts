import type { CompanyNo } from '../kit/caller.ts'
import type { Credits } from '../kit/credits.ts'

/** A moment in milliseconds since 1970, as the ledger's arithmetic wants it. */
export type Moment = number

/** What a company's pool holds right now. */
export interface Pool {
  companyNo: CompanyNo
  /** The number of the last entry. */
  seq: number
  available: Credits
  held: Credits
  /** Charges since `periodStart`, less refunds of those same charges. */
  used: Credits
  periodStart: Moment | null
  everGranted: boolean
  /** For each of `thresholds`: when it was reached; null while armed. */
  reached: (Moment | null)[]
  /** The entry at which available + held last became 0. */
  exhaustedSeq: number | null
  exhaustedAt: Moment | null
  lastAt: Moment | null
  /** No later than the earliest moment at which something falls due; null when nothing will. */
  nextDueAt: Moment | null
  /** Where the company's test clock stands. */
  clock: Moment | null
  /** The number of the last grant. */
  grants: number
  configEpoch: number
  /** A new one with every change: whoever decides from memory finds out whether memory is right. */
  stamp: bigint
}

export const sources = ['default', 'adjustment', 'purchased'] as const
export type Source = (typeof sources)[number]

/** An amount of credits with a beginning and an end. amount = available + held + consumed + expired + voided. */
export interface Grant {
  no: number
  source: Source
  amount: Credits
  available: Credits
  held: Credits
  consumed: Credits
  expired: Credits
  voided: Credits
  /** Voided while held or, with the whole grant, consumed: what comes back is voided first, up to this. */
  voidOwed: Credits
  effectiveAt: Moment
  expiresAt: Moment | null
  /** Whether it has entered the ledger; until then `available` is its amount, and nobody may draw it. */
  entered: boolean
  reference: string | null
  reason: string | null
  grantedBy: string | null
  createdAt: Moment
}

/** Credits set aside for work under way. */
export interface Hold {
  /** The number of its first entry. */
  id: number
  attribution: Attribution
  rateCard: number
  credits: Credits
  /** What is still set aside, in the order it was drawn. */
  draws: Draw[]
  captured: Credits
  status: HoldStatus
  lines: Lines
  createdAt: Moment
  expiresAt: Moment
  endedAt: Moment | null
  metadata: unknown
}
export type HoldStatus = 'held' | 'captured' | 'released' | 'expired'

/** So much, from that grant. */
export interface Draw {
  grantNo: number
  credits: Credits
}

/** How many of each price class were priced: `{ "email": 20, "call_long": 3 }`. */
export type Lines = Record<string, number>

/** Who and what a charge is for. */
export interface Attribution {
  id: number
  feature: string
  instanceId: string | null
  instanceName: string | null
  trigger: string
  integrationId: string | null
  memberId: string | null
  teamId: string | null
}

/** A contract year: what use is counted in, and the default credits that begin with it. */
export interface Period {
  startsAt: Moment
  endsAt: Moment
  allotment: Credits
  reference: string | null
}

export const entryTypes = [
  'grant',
  'hold',
  'release',
  'consume',
  'refund',
  'expire',
  'void',
] as const
export type EntryType = (typeof entryTypes)[number]

/** One line of the ledger, as it is added. */
export interface Entry {
  seq: number
  type: EntryType
  grantNo: number
  credits: Credits
  at: Moment
  availableAfter: Credits
  heldAfter: Credits
  usedAfter: Credits
  /** Whether a consume took what was held, and not what was available. */
  fromHold: boolean
  chargeSeq: number | null
  chargeAt: Moment | null
  holdId: number | null
  attributionId: number | null
  rateCard: number | null
  lines: Lines | null
  reason: string | null
  actor: string | null
}

/** What decides a grant's place in the order of drawing. */
export type DrawPlace = Pick<Grant, 'no' | 'source' | 'expiresAt'>

/**
 * The order in which grants are drawn: what expires first goes first, no expiry last; then default,
 * adjustment, purchased; then the older grant (the specification's section 2).
 */
export function byDrawOrder(a: DrawPlace, b: DrawPlace): number {
  const [expiryA, expiryB] = [a.expiresAt ?? Infinity, b.expiresAt ?? Infinity]
  if (expiryA !== expiryB) return expiryA < expiryB ? -1 : 1
  if (a.source !== b.source) return sources.indexOf(a.source) - sources.indexOf(b.source)
  return a.no - b.no
}

/** Whether a grant's time is over at a moment; its own last moment is no longer in it. */
export function isOver(grant: Grant, at: Moment): boolean {
  return grant.expiresAt !== null && grant.expiresAt <= at
}

/** Whether a draw, an expiry or an entry may still touch a grant. */
export function isLive(grant: Grant): boolean {
  return !grant.entered || grant.available > 0n || grant.held > 0n
}
