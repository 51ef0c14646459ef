import { type Credits, micros, percentOf, toJson } from '../kit/credits.ts'
import { type LedgerIds, ledgerIds } from '../ledger/ids.ts'
import type { Charged } from '../ledger/movements.ts'
import type { Attribution, Draw, Lines } from '../ledger/pool.ts'
import type { ChargeRow } from '../ledger/records.ts'
import type { Item, Rated } from '../rating/rate-card.ts'

/** A charge as its maker reads it, the first time and on every replay. */
export interface ChargeView {
  /** The number of its first entry. */
  seq: number
  credits: Credits
  at: number
  draws: Draw[]
  balance: { available: Credits; held: Credits; used: Credits; seq: number }
  thresholdsReached: number[]
  attribution: Attribution
  rateCard: number
  lines: Lines
  holdId: number | null
}

export function fromCharged(
  charged: Charged,
  priced: { attribution: Attribution; rateCard: number; lines: Lines },
  hold: number | null = null,
): ChargeView {
  return {
    seq: charged.seq,
    credits: charged.credits,
    at: charged.at,
    draws: charged.draws,
    balance: {
      available: charged.availableAfter,
      held: charged.heldAfter,
      used: charged.usedAfter,
      seq: charged.lastSeq,
    },
    thresholdsReached: charged.thresholdsReached,
    attribution: priced.attribution,
    rateCard: priced.rateCard,
    lines: priced.lines,
    holdId: hold,
  }
}

export function fromRow(row: ChargeRow): ChargeView {
  const drawn = row.entries.filter((entry) => entry.credits > 0n)
  return {
    seq: row.seq,
    credits: micros(drawn.reduce((total, entry) => total + entry.credits, 0n)),
    at: row.at,
    draws: drawn.map(({ grantNo, credits }) => ({ grantNo, credits })),
    balance: {
      available: row.last.availableAfter,
      held: row.last.heldAfter,
      used: row.last.usedAfter,
      seq: row.last.seq,
    },
    thresholdsReached: row.thresholdsReached,
    attribution: row.attribution,
    rateCard: row.rateCard,
    lines: row.lines,
    holdId: row.entries[0]?.holdId ?? null,
  }
}

/** A charge in an answer. */
export function presentCharge(view: ChargeView, ids: LedgerIds) {
  const { instanceId, instanceName } = view.attribution
  return {
    id: ids.charge(view.at, view.seq),
    credits: toJson(view.credits),
    draws: view.draws.map((draw) => ({
      grantId: ids.grant(draw.grantNo),
      credits: toJson(draw.credits),
    })),
    balance: presentBalance(view.balance),
    thresholdsReached: view.thresholdsReached,
    createdAt: new Date(view.at).toISOString(),
    feature: view.attribution.feature,
    instance: instanceId === null ? null : { id: instanceId, name: instanceName ?? instanceId },
    trigger: view.attribution.trigger,
    integrationId: view.attribution.integrationId,
    memberId: view.attribution.memberId,
    teamId: view.attribution.teamId,
    rateCardVersion: view.rateCard,
    holdId: view.holdId === null ? null : ids.hold(view.holdId),
  }
}

/** The balance after something was charged, in an answer. */
export function presentBalance({ available, held, used, seq }: ChargeView['balance']) {
  const total = micros(available + held + used)
  return {
    available: toJson(available),
    held: toJson(held),
    used: toJson(used),
    total: toJson(total),
    usedPercent: percentOf(used, total),
    seq,
  }
}

/** How many of each price class, as a charge's first line keeps it. */
export function linesOf(rated: Rated): Lines {
  return Object.fromEntries(rated.lines.map((line) => [line.type, line.count]))
}

/**
 * The items to keep beside a charge, or undefined when its lines say all there is to say of them: so many
 * of a type, without identities, lengths or the caller's own metadata.
 */
export function detailOf(items: readonly Item[] | null, metadata: unknown) {
  const saysMore = items?.some((item) => item.type === 'call' || item.id !== undefined)
  const repeats = items && new Set(items.map((item) => item.type)).size < items.length
  if (!saysMore && !repeats && metadata === undefined) return undefined
  return { items: saysMore || repeats ? items : null, metadata: metadata ?? null }
}

/** The items of a charge, from its detail where there is one, else from its lines. */
export function itemsOf(detail: unknown, lines: Lines): Item[] {
  if (Array.isArray(detail)) return detail as Item[]
  return Object.entries(lines).map(([type, quantity]) => ({ type, quantity }))
}

/** The public id of a charge that a feature remembers by its place. */
export function chargeIdOf(companyId: string, at: Date, seq: bigint): string {
  return ledgerIds(companyId).charge(at.getTime(), Number(seq))
}
